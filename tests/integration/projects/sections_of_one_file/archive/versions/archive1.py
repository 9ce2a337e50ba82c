"""create archive_old"""

import sqlalchemy as sa
from alembic import op

revision = "archive1"
down_revision = None
branch_labels = None


def upgrade():
    op.create_table("archive_old", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("archive_old")
