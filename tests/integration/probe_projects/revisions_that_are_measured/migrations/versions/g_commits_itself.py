"""a revision of the other branch that ends the transaction itself, and must begin with what nothing may precede"""

from alembic import op

revision = "g"
down_revision = "e"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE users RENAME TO members")
    op.execute("ALTER TABLE members RENAME TO users")
    op.drop_table("orders")
