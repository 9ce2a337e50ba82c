from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_unique_constraint("uq_users_email", "users", ["email"])


def downgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
