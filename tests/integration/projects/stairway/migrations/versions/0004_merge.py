"""merge"""

import sqlalchemy as sa  # noqa: F401
from alembic import op  # noqa: F401

revision = "0004"
down_revision = ("0002", "0003")


def upgrade():
    pass


def downgrade():
    pass
