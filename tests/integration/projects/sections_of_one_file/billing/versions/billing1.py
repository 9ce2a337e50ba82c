"""create billing_old"""

import sqlalchemy as sa
from alembic import op

revision = "billing1"
down_revision = None
branch_labels = None


def upgrade():
    op.create_table("billing_old", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("billing_old")
