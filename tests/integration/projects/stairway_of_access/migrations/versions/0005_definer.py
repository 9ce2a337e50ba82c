"""Count all notes."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    op.execute("ALTER FUNCTION count_notes() SECURITY DEFINER")


def downgrade():
    pass
