from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("UPDATE orders SET note = '' WHERE note IS NULL")


def downgrade():
    pass
