"""create bills"""

import sqlalchemy as sa
from alembic import op

revision = "b1"
down_revision = None
branch_labels = ("billing",)


def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("bills")
