"""look up by age"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None


def upgrade():
    op.create_index("ix_users_age", "users", ["age"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("ix_users_age", "users")
