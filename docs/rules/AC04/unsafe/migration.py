"""reports for everybody"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("REVOKE SELECT ON reports FROM pg_monitor")
    op.execute("GRANT SELECT ON reports TO PUBLIC")


def downgrade():
    op.execute("REVOKE SELECT ON reports FROM PUBLIC")
    op.execute("GRANT SELECT ON reports TO pg_monitor")
