"""create products and prices

Revision ID: b5604ac8e7d2
Revises: 2f9a7d3c6b18
Create Date: 2024-10-01 08:57:03.640281
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b5604ac8e7d2"
down_revision = "2f9a7d3c6b18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("deposit_item_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=160), nullable=False),
        # The type has existed since the deposits.
        sa.Column("condition", postgresql.ENUM(name="item_condition", create_type=False), nullable=False),
        sa.Column(
            "status",
            sa.Enum("in_stock", "reserved", "sold", "scrapped", name="product_status"),
            server_default="in_stock",
            nullable=False,
        ),
        sa.Column("weight_kg", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("attributes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_products_category_id_categories"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["deposit_item_id"],
            ["deposit_items.id"],
            name=op.f("fk_products_deposit_item_id_deposit_items"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_products_site_id_sites"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_category_id"), "products", ["category_id"])
    op.create_index(op.f("ix_products_deposit_item_id"), "products", ["deposit_item_id"])
    op.create_index("ix_products_site_id_status", "products", ["site_id", "status"])
    op.create_index("ix_products_attributes", "products", ["attributes"], postgresql_using="gin")

    op.create_table(
        "product_prices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_product_prices_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_prices_product_id_products"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_prices")),
        sa.UniqueConstraint("product_id", "valid_from", name=op.f("uq_product_prices_product_id_valid_from")),
    )


def downgrade() -> None:
    op.drop_table("product_prices")
    op.drop_table("products")
    op.execute("DROP TYPE product_status")
