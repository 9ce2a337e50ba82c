import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'held' AFTER 'open'")
    priority = postgresql.ENUM("low", "high", name="priority", create_type=False)
    priority.create(op.get_bind())
    op.add_column("tickets", sa.Column("priority", priority, server_default="low", nullable=False))


def downgrade():
    op.drop_column("tickets", "priority")
    postgresql.ENUM(name="priority").drop(op.get_bind())
