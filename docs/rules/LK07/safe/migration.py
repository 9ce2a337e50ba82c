import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.alter_column("orders", "note", type_=sa.Text())


def downgrade():
    op.alter_column("orders", "note", type_=sa.String(80))
