"""Open the notes."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DROP POLICY IF EXISTS own ON notes")
    op.execute("ALTER TABLE notes DISABLE ROW LEVEL SECURITY")


def downgrade():
    pass
