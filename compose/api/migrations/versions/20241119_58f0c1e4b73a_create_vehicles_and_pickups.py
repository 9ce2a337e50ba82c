"""create vehicles and pickups

Revision ID: 58f0c1e4b73a
Revises: d06b3e82a9c5
Create Date: 2024-11-19 13:47:39.020568
"""

import sqlalchemy as sa
from alembic import op

revision = "58f0c1e4b73a"
down_revision = "d06b3e82a9c5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vehicles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("payload_kg", sa.Integer(), nullable=False),
        sa.Column("is_available", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("payload_kg > 0", name=op.f("ck_vehicles_payload_positive")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_vehicles_site_id_sites"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("plate", name=op.f("uq_vehicles_plate")),
    )
    op.create_table(
        "pickups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.Integer(), nullable=True),
        sa.Column("driver_id", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=32), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("scheduled_on", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum("requested", "scheduled", "done", "cancelled", name="pickup_status"),
            server_default="requested",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["users.id"], name=op.f("fk_pickups_driver_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_pickups_site_id_sites"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_pickups_vehicle_id_vehicles"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickups")),
    )
    op.create_index("ix_pickups_status_scheduled_on", "pickups", ["status", "scheduled_on"])


def downgrade() -> None:
    op.drop_table("pickups")
    op.drop_table("vehicles")
    op.execute("DROP TYPE pickup_status")
