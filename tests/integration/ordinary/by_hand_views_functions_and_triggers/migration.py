from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("CREATE VIEW emails AS SELECT lower(email) AS email FROM users")
    op.execute(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.changed_at = now(); RETURN NEW; END $$"
    )
    op.execute("CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()")
    op.execute("CREATE SCHEMA audit")
    op.execute("CREATE TABLE audit.logins (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz)")
    op.execute("CREATE SEQUENCE invoice_numbers START 1000")


def downgrade():
    op.execute("DROP SEQUENCE invoice_numbers")
    op.execute("DROP TABLE audit.logins")
    op.execute("DROP SCHEMA audit")
    op.execute("DROP TRIGGER touch ON users")
    op.execute("DROP FUNCTION touch()")
    op.execute("DROP VIEW emails")
