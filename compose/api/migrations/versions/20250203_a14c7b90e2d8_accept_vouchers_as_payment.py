"""accept vouchers as payment

Revision ID: a14c7b90e2d8
Revises: 0d8a62f7c59b
Create Date: 2025-02-03 11:54:18.716045
"""

from alembic import op

revision = "a14c7b90e2d8"
down_revision = "0d8a62f7c59b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TYPE payment_method ADD VALUE 'voucher'")


def downgrade() -> None:
    # PostgreSQL cannot take a label out of a type, so it is made anew; vouchers become cheques.
    op.execute("ALTER TYPE payment_method RENAME TO payment_method_with_voucher")
    op.execute("CREATE TYPE payment_method AS ENUM ('cash', 'card', 'cheque')")
    op.execute(
        "ALTER TABLE payments ALTER COLUMN method TYPE payment_method USING "
        "(CASE method WHEN 'voucher' THEN 'cheque' ELSE method::text END)::payment_method"
    )
    op.execute("DROP TYPE payment_method_with_voucher")
