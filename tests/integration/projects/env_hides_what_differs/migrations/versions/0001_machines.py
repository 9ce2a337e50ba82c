"""machines, with a column and an index that the models have no more, and a table of others"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("machines", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("rack", sa.String(9)))
    op.create_index("ix_machines_rack", "machines", ["rack"])
    op.create_table("scratch", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("scratch")
    op.drop_table("machines")
