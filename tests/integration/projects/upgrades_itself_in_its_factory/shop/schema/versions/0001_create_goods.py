"""create goods"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(80)))


def downgrade():
    op.drop_table("goods")
