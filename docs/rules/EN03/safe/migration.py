import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    status = postgresql.ENUM("new", "paid", name="order_status", create_type=False)
    status.create(op.get_bind())
    op.add_column("orders", sa.Column("status", status))


def downgrade():
    op.drop_column("orders", "status")
    postgresql.ENUM(name="order_status").drop(op.get_bind())
