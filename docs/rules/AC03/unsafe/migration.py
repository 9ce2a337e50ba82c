"""the total for everybody"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("ALTER FUNCTION total() SECURITY DEFINER")


def downgrade():
    op.execute("ALTER FUNCTION total() SECURITY INVOKER")
