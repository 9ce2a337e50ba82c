"""one more role"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("GRANT SELECT ON reports TO pg_read_all_stats")


def downgrade():
    op.execute("REVOKE SELECT ON reports FROM pg_read_all_stats")
