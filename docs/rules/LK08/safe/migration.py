import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("orders", sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.text("now()")))


def downgrade():
    op.drop_column("orders", "placed_at")
