"""name users"""

import sqlalchemy as sa
from alembic import op

revision = "u2"
down_revision = "u1"
branch_labels = None


def upgrade():
    op.add_column("users", sa.Column("name", sa.String(80)))


def downgrade():
    op.drop_column("users", "name")
