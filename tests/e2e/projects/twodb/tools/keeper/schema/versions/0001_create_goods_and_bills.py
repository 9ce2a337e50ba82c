"""create goods and bills"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade(name):
    if name == "shop":
        op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(80)))
    else:
        op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade(name):
    op.drop_table({"shop": "goods", "billing": "bills"}[name])
