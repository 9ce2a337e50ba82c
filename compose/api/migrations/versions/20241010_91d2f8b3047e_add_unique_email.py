"""add unique email

Revision ID: 91d2f8b3047e
Revises: b5604ac8e7d2
Create Date: 2024-10-10 16:33:48.905126
"""

from alembic import op

revision = "91d2f8b3047e"
down_revision = "b5604ac8e7d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint("uq_users_email", "users", ["email"])


def downgrade() -> None:
    op.drop_constraint("uq_users_email", "users", type_="unique")
