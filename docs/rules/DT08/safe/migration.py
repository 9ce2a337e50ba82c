from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("DELETE FROM orders")
    op.execute("DELETE FROM users WHERE name <> ''")


def downgrade():
    pass
