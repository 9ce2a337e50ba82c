"""Let the owner change."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.execute("DROP TRIGGER IF EXISTS keep_owner ON notes")


def downgrade():
    pass
