"""clean branch"""

import sqlalchemy as sa  # noqa: F401
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
    op.execute("DISCARD TEMP")  # what the session keeps for itself is gone too


def downgrade():
    op.execute("DROP TYPE mood")
