"""create deposits

Revision ID: 2f9a7d3c6b18
Revises: e83b46f1d05c
Create Date: 2024-09-16 10:22:30.118457
"""

import sqlalchemy as sa
from alembic import op

revision = "2f9a7d3c6b18"
down_revision = "e83b46f1d05c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deposits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("received_by_id", sa.Integer(), nullable=True),
        sa.Column("donor_name", sa.String(length=120), nullable=True),
        sa.Column(
            "status",
            sa.Enum("received", "sorting", "sorted", "refused", name="deposit_status"),
            server_default="received",
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["users.id"], name=op.f("fk_deposits_received_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_deposits_site_id_sites"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposits")),
    )
    op.create_index(op.f("ix_deposits_received_at"), "deposits", ["received_at"])
    op.create_index(op.f("ix_deposits_received_by_id"), "deposits", ["received_by_id"])
    op.create_index(op.f("ix_deposits_site_id"), "deposits", ["site_id"])

    op.create_table(
        "deposit_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deposit_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.Enum("new", "good", "worn", "broken", name="item_condition"), nullable=False),
        sa.Column("weight_kg", sa.Numeric(precision=8, scale=3), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_deposit_items_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.id"],
            name=op.f("fk_deposit_items_category_id_categories"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["deposit_id"], ["deposits.id"], name=op.f("fk_deposit_items_deposit_id_deposits"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_items")),
    )
    op.create_index(op.f("ix_deposit_items_category_id"), "deposit_items", ["category_id"])
    op.create_index(op.f("ix_deposit_items_deposit_id"), "deposit_items", ["deposit_id"])


def downgrade() -> None:
    op.drop_table("deposit_items")
    op.drop_table("deposits")
    op.execute("DROP TYPE item_condition")
    op.execute("DROP TYPE deposit_status")
