"""cannot be taken back"""

import sqlalchemy as sa  # noqa: F401
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    op.execute("COMMENT ON TABLE users IS NULL")


def downgrade():
    raise NotImplementedError("the comment is gone")
