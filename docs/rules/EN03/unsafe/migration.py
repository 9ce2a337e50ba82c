import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.add_column("orders", sa.Column("status", sa.Enum("new", "paid", name="order_status")))


def downgrade():
    op.drop_column("orders", "status")
    sa.Enum(name="order_status").drop(op.get_bind())
