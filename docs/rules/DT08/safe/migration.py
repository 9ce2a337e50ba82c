from alembic import op

revision = "2b7e"
down_revision = None


def upgrade():
    op.execute("UPDATE orders SET note = '' WHERE note IS NULL")


def downgrade():
    pass
