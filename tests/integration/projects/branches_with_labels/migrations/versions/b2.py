"""pay bills"""

import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "b1"
branch_labels = None


def upgrade():
    op.add_column("bills", sa.Column("paid", sa.String(20)))


def downgrade():
    op.drop_column("bills", "paid")
