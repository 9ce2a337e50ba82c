from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("DELETE FROM orders WHERE note IS NULL")
    op.alter_column("orders", "note", nullable=False)


def downgrade():
    op.alter_column("orders", "note", nullable=True)
