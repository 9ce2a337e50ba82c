"""pg_dump as the judge: what it prints otherwise after a change, our comparison tells too."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from migrations_tools.catalog import Catalog, compare_all, read
from tests.support.embedded import Server, binaries_for_tests

# A database with something of everything, and changes of it, each of which pg_dump sees.
BASE = """
CREATE SCHEMA audit;
CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN short AS text CONSTRAINT brief CHECK (length(VALUE) < 9);
CREATE TABLE notes (id serial PRIMARY KEY, who text NOT NULL, mood mood, day date, CONSTRAINT long CHECK (who <> ''));
CREATE INDEX ix_who ON notes (who); ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (who = current_user);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION noted();
CREATE RULE kept AS ON DELETE TO notes DO INSTEAD NOTHING;
CREATE VIEW readers WITH (security_barrier) AS SELECT id, who FROM notes;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS number FROM notes;
CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ix_parts ON parts (id);
CREATE TABLE mother (a int); CREATE TABLE child (b int) INHERITS (mother);
CREATE SEQUENCE numbers; CREATE STATISTICS both_of ON id, who FROM notes;
CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int);
CREATE FOREIGN DATA WRAPPER files; CREATE SERVER disk FOREIGN DATA WRAPPER files OPTIONS (host 'a');
CREATE FOREIGN TABLE far (a int) SERVER disk OPTIONS (path 'p');
CREATE PUBLICATION news FOR TABLE notes;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE FUNCTION fired() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE EVENT TRIGGER fire ON ddl_command_end EXECUTE FUNCTION fired();
GRANT SELECT ON notes TO pg_monitor; CREATE COLLATION letters FROM "C";
"""
CHANGES = (
    "DROP POLICY own ON notes",
    "ALTER POLICY own ON notes TO pg_monitor",
    "ALTER TABLE notes DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
    "DROP TRIGGER note ON notes",
    "ALTER TABLE notes ENABLE ALWAYS TRIGGER note",
    "ALTER FUNCTION noted() SECURITY DEFINER",
    "ALTER FUNCTION noted() SET search_path = audit",
    "ALTER FUNCTION noted() COST 7",
    "ALTER FUNCTION noted() OWNER TO pg_monitor",
    "REVOKE ALL ON FUNCTION noted() FROM PUBLIC",
    "COMMENT ON FUNCTION noted() IS 'noted'",
    "COMMENT ON COLUMN readers.who IS 'reader'",
    "COMMENT ON CONSTRAINT long ON notes IS 'long'",
    "COMMENT ON INDEX ix_who IS 'who'",
    "COMMENT ON TYPE mood IS 'mood'",
    "DROP RULE kept ON notes",
    "ALTER TABLE notes DISABLE RULE kept",
    "ALTER VIEW readers RESET (security_barrier)",
    "ALTER VIEW readers ALTER who SET DEFAULT 'me'",
    "ALTER MATERIALIZED VIEW totals OWNER TO pg_monitor",
    "CREATE UNIQUE INDEX ix_totals ON totals (number)",
    "GRANT UPDATE ON notes TO pg_monitor WITH GRANT OPTION",
    "GRANT UPDATE (who) ON notes TO PUBLIC",
    "REVOKE SELECT ON notes FROM pg_monitor",
    "GRANT USAGE ON SCHEMA audit TO pg_monitor",
    "GRANT CREATE ON SCHEMA public TO pg_monitor",
    "REVOKE USAGE ON TYPE mood FROM PUBLIC",
    "GRANT USAGE ON SEQUENCE numbers TO PUBLIC",
    "GRANT USAGE ON FOREIGN SERVER disk TO pg_monitor",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT SELECT ON TABLES TO pg_monitor",
    "ALTER SCHEMA audit OWNER TO pg_monitor",
    "ALTER TYPE mood OWNER TO pg_monitor",
    "ALTER TABLE notes SET (fillfactor = 60)",
    "ALTER TABLE notes SET (toast.autovacuum_enabled = false)",
    "ALTER INDEX notes_pkey SET (fillfactor = 60)",
    "ALTER INDEX ix_who SET (fillfactor = 60)",
    "ALTER TABLE notes REPLICA IDENTITY FULL",
    "ALTER TABLE notes REPLICA IDENTITY USING INDEX notes_pkey",
    "ALTER TABLE notes CLUSTER ON notes_pkey",
    "ALTER TABLE mother SET UNLOGGED",
    "ALTER TABLE notes ALTER who SET STORAGE EXTERNAL",
    "ALTER TABLE notes ALTER who SET STATISTICS 7",
    "ALTER TABLE notes ALTER who SET (n_distinct = 5)",
    "ALTER TABLE notes ALTER who SET COMPRESSION pglz",
    "ALTER TABLE parts DETACH PARTITION parts_2026",
    "CREATE INDEX ix_more ON parts_2026 (day)",
    "ALTER TABLE child NO INHERIT mother",
    "ALTER SEQUENCE numbers CACHE 5 CYCLE",
    "ALTER SEQUENCE numbers OWNED BY notes.id",
    "ALTER STATISTICS both_of SET STATISTICS 9",
    "DROP STATISTICS both_of",
    "ALTER TYPE pair ADD ATTRIBUTE c int",
    "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'sad'",
    "ALTER DOMAIN short RENAME CONSTRAINT brief TO terse",
    "ALTER DOMAIN short SET DEFAULT 'x'",
    "CREATE TYPE span AS RANGE (subtype = int)",
    "DROP AGGREGATE total (int)",
    "ALTER SERVER disk OPTIONS (SET host 'b')",
    "ALTER FOREIGN TABLE far OPTIONS (SET path 'q')",
    "CREATE USER MAPPING FOR pg_monitor SERVER disk",
    "ALTER PUBLICATION news SET (publish = 'insert')",
    "ALTER PUBLICATION news ADD TABLE mother",
    "ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING FOR word",
    "CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple)",
    "DROP OPERATOR === (int, int)",
    "CREATE OPERATOR FAMILY ours USING btree",
    "CREATE CAST (int AS pair) WITH INOUT",
    "CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    "ALTER EVENT TRIGGER fire DISABLE",
    "DROP COLLATION letters",
    "CREATE PROCEDURE run() LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE notes ALTER day SET DEFAULT now()",
    "ALTER TABLE notes ADD EXCLUDE USING gist (daterange(day, day) WITH &&)",
    "CREATE LANGUAGE words HANDLER plpgsql_call_handler",
    "CREATE ACCESS METHOD ours TYPE TABLE HANDLER heap_tableam_handler",
    "ALTER TABLE notes ADD FOREIGN KEY (id) REFERENCES notes NOT VALID",
)
# What pg_dump prints otherwise and is no difference to us, and why.
EXCEPTIONS = {
    "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC": "a privilege on PostgreSQL's own",
    "ALTER SERVER disk OPTIONS (ADD password 'x')": "the name of the option is told, and no value of it",
    "ALTER SERVER disk OPTIONS (SET password 'y')": "a secret is not read",
}
_VERSION = re.compile(r"\d+")


@pytest.fixture(scope="module")
def pg_dump(postgres_server: Server) -> str:
    """Return a pg_dump that is no older than the server; without one there is no judge."""
    with psycopg.connect(postgres_server.url()) as connection:
        server = connection.info.server_version // 10000
    beside = Path(binaries_for_tests().folder) / "pg_dump"
    known = [str(beside), *map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_dump")), shutil.which("pg_dump") or ""]
    for program in filter(None, known):
        if not Path(program).exists():
            continue
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        found = _VERSION.search(done.stdout)
        if done.returncode == 0 and found and int(found.group()) >= server:
            return program
    pytest.skip(f"no pg_dump for PostgreSQL {server}")


def _dumped(program: str, url: str) -> list[str]:
    done = subprocess.run(
        [program, "--schema-only", url], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}
    )
    # The order and the key of \\restrict differ from run to run.
    return sorted(line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\")))


def _catalog(connection: psycopg.Connection) -> Catalog:
    return read(lambda sql, params=(): connection.execute(sql.encode(), params or None).fetchall())


def _seen(pg_dump: str, url: str, statement: str) -> tuple[bool, bool]:
    """Return whether pg_dump, and whether our comparison, sees what a statement changes."""
    with psycopg.connect(url, autocommit=True) as connection:
        before, dumped = _catalog(connection), _dumped(pg_dump, url)
        connection.execute(statement.encode())
        return _dumped(pg_dump, url) != dumped, bool(compare_all(_catalog(connection), before))


@pytest.fixture
def filled(new_database: Callable[[], str]) -> str:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(BASE.encode())
    return url


@pytest.mark.parametrize("statement", CHANGES)
def test_what_pg_dump_sees_we_see(statement: str, filled: str, pg_dump: str) -> None:
    try:
        theirs, ours = _seen(pg_dump, filled, statement)
    except psycopg.errors.SyntaxError as error:
        pytest.skip(str(error).splitlines()[0])
    assert theirs, "pg_dump does not see it: it is no case for a judge"
    assert ours


def test_the_exceptions_are_real(filled: str, pg_dump: str) -> None:
    found = {statement: _seen(pg_dump, filled, statement) for statement in EXCEPTIONS}
    assert [theirs for theirs, _ in found.values()] == [True, True, True]
    assert [ours for _, ours in found.values()] == [False, True, False]


def test_a_database_restored_from_its_dump_has_the_same_catalog(
    filled: str, pg_dump: str, new_database: Callable[[], str]
) -> None:
    with psycopg.connect(filled, autocommit=True) as connection:
        connection.execute("; ".join(CHANGES[2:4]).encode())
        before = _catalog(connection)
    script = subprocess.run([pg_dump, "--schema-only", filled], capture_output=True, text=True, check=True).stdout
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        lines = (line for line in script.splitlines() if not line.startswith("\\"))
        connection.execute("\n".join(lines).encode())
        connection.execute(b"RESET ALL")
    with psycopg.connect(url, autocommit=True) as connection:
        assert [item.sentence() for item in compare_all(_catalog(connection), before)] == []
