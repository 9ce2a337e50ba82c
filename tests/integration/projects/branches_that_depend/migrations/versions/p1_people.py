"""people"""

import sqlalchemy as sa
from alembic import op

revision = "p1"
down_revision = None
branch_labels = ("people",)


def upgrade():
    op.create_table("people", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("people")
