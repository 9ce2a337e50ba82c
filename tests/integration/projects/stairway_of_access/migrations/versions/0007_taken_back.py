"""What is taken back leaves no trace."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade():
    op.execute("GRANT DELETE ON notes TO PUBLIC")


def downgrade():
    op.execute("REVOKE DELETE ON notes FROM PUBLIC")
