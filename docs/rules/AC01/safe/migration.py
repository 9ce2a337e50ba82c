"""another policy beside it"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("CREATE POLICY read ON notes FOR SELECT USING (owner = session_user)")


def downgrade():
    op.execute("DROP POLICY read ON notes")
