"""create goods"""

import shop_types
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None


def upgrade():
    op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("code", shop_types.CODE))


def downgrade():
    op.drop_table("goods")
