import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("orders", sa.Column("a", sa.Text()))
    op.add_column("orders", sa.Column("b", sa.Text()))
    op.add_column("orders", sa.Column("c", sa.Text()))
    op.execute("UPDATE orders SET a = '', b = '', c = ''")


def downgrade():
    op.drop_column("orders", "c")
    op.drop_column("orders", "b")
    op.drop_column("orders", "a")
