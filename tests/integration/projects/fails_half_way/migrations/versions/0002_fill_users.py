"""fill users"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None


def upgrade():
    op.execute("INSERT INTO users (id, name) VALUES (1, 'Ada')")
    op.execute("INSERT INTO users (id, name) VALUES (1, 'Bob')")


def downgrade():
    op.execute("DELETE FROM users")
