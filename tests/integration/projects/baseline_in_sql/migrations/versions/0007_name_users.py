"""name users"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = None
branch_labels = None


def upgrade():
    op.add_column("users", sa.Column("name", sa.String(80)))


def downgrade():
    op.drop_column("users", "name")
