"""Let everybody write."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.execute("GRANT UPDATE ON notes TO PUBLIC")


def downgrade():
    pass
