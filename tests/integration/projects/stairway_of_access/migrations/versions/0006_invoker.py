"""Read notes as the view's owner."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.execute("ALTER VIEW my_notes RESET (security_invoker)")


def downgrade():
    pass
