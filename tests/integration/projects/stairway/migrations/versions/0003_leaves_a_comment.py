"""leaves a comment"""

import sqlalchemy as sa  # noqa: F401
from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade():
    op.execute("COMMENT ON TABLE users IS 'people'")
    op.create_index("ix_users_name", "users", ["name"])


def downgrade():
    op.drop_index("ix_users_name")
