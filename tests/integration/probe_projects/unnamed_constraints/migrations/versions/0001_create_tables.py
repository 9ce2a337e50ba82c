"""create tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ORDERS = "orders_of_the_customers_of_the_shop"
LONG = "a_column_with_a_name_that_is_much_longer_than_it_should_be"


def upgrade():
    op.execute("CREATE SCHEMA shop")
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(10)))
    op.create_table("users_nick_key", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        ORDERS,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer()),
        sa.Column(LONG, sa.Integer()),
        schema="shop",
    )


def downgrade():
    op.drop_table(ORDERS, schema="shop")
    op.drop_table("users_nick_key")
    op.drop_table("users")
    op.execute("DROP SCHEMA shop")
