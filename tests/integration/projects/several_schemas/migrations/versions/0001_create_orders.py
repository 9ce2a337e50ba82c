"""create orders"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None


def upgrade():
    op.execute("CREATE SCHEMA shop")
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user", sa.Integer(), sa.ForeignKey("users.id")),
        schema="shop",
    )


def downgrade():
    op.drop_table("orders", schema="shop")
    op.drop_table("users")
    op.execute("DROP SCHEMA shop")
