"""Notes, each seen by its owner alone."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE notes (id serial PRIMARY KEY, owner text NOT NULL)")
    op.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY own ON notes USING (owner = current_user)")
    op.execute(
        "CREATE FUNCTION keep_owner() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN NEW.owner := OLD.owner; RETURN NEW; END'"
    )
    op.execute("CREATE TRIGGER keep_owner BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION keep_owner()")
    op.execute("GRANT SELECT ON notes TO PUBLIC")
    op.execute("""CREATE FUNCTION count_notes() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM notes'""")
    op.execute("CREATE VIEW my_notes AS SELECT id FROM notes")
    op.execute("ALTER VIEW my_notes SET (security_invoker = true)")


def downgrade():
    op.execute("DROP VIEW my_notes")
    op.execute("DROP FUNCTION count_notes")
    op.execute("DROP TABLE notes")
    op.execute("DROP FUNCTION keep_owner")
