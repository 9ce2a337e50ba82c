"""check weights and widen donor name

Revision ID: 3b9fe4718d52
Revises: f27083b6c4ae
Create Date: 2025-04-07 08:36:20.471958
"""

import sqlalchemy as sa
from alembic import op

revision = "3b9fe4718d52"
down_revision = "f27083b6c4ae"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(op.f("ck_deposit_items_weight_positive"), "deposit_items", "weight_kg > 0")
    op.create_check_constraint(op.f("ck_products_weight_positive"), "products", "weight_kg > 0")
    op.create_check_constraint(op.f("ck_shipment_items_weight_positive"), "shipment_items", "weight_kg > 0")
    op.alter_column(
        "deposits",
        "donor_name",
        existing_type=sa.String(length=120),
        type_=sa.String(length=160),
        existing_nullable=True,
    )


def downgrade() -> None:
    op.alter_column(
        "deposits",
        "donor_name",
        existing_type=sa.String(length=160),
        type_=sa.String(length=120),
        existing_nullable=True,
        # Names that have become longer are cut rather than stopping the downgrade.
        postgresql_using="left(donor_name, 120)",
    )
    op.drop_constraint(op.f("ck_shipment_items_weight_positive"), "shipment_items", type_="check")
    op.drop_constraint(op.f("ck_products_weight_positive"), "products", type_="check")
    op.drop_constraint(op.f("ck_deposit_items_weight_positive"), "deposit_items", type_="check")
