from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("UPDATE users SET email = upper(email || 'x')")


def downgrade():
    pass
