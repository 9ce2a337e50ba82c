"""index names"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None


def upgrade():
    op.create_index("ix_users_name", "users", ["name"])


def downgrade():
    op.drop_index("ix_users_name", "users")
