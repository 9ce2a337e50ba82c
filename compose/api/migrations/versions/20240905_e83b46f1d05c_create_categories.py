"""create categories

Revision ID: e83b46f1d05c
Revises: 7c1d0e5a92f4
Create Date: 2024-09-05 14:08:52.771930
"""

import sqlalchemy as sa
from alembic import op

revision = "e83b46f1d05c"
down_revision = "7c1d0e5a92f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("is_reusable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_categories_not_own_parent")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id_categories"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"])


def downgrade() -> None:
    op.drop_table("categories")
