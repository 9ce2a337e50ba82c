"""may lack a way back"""

import sqlalchemy as sa  # noqa: F401
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade():
    op.drop_index("ix_users_lower")


def downgrade():
    op.drop_index("ix_gone")
