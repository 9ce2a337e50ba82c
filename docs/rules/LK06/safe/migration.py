from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY uq_users_email ON users (email)")
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE USING INDEX uq_users_email")


def downgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
