"""create users and sites

Revision ID: 7c1d0e5a92f4
Revises:
Create Date: 2024-09-02 09:41:17.302614
"""

import sqlalchemy as sa
from alembic import op

revision = "7c1d0e5a92f4"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column(
            "role",
            sa.Enum("volunteer", "employee", "manager", "admin", name="user_role"),
            server_default="volunteer",
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("shop", "warehouse", "collection_point", name="site_kind"),
            server_default="shop",
            nullable=False,
        ),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_sites_name")),
    )


def downgrade() -> None:
    op.drop_table("sites")
    op.drop_table("users")
    op.execute("DROP TYPE site_kind")
    op.execute("DROP TYPE user_role")
