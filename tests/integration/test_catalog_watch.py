"""What a step changed, read from what it touched alone: held against reading everything before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools import inapp
from migrations_tools.catalog import Catalog, SchemaChange, SchemaWatch, compare_all, read
from migrations_tools.catalog.change_queries import PRESENT
from migrations_tools.catalog.look_queries import CAN_BE_MADE, FUNCTION, OR_ELSE
from migrations_tools.catalog.snapshots import PlainStatements, SessionFunction, Way, answered

# Each a step of a migration; together they touch everything that a catalog knows.
STEPS = (
    "CREATE TABLE users (id serial PRIMARY KEY, email varchar(80) CONSTRAINT uq_email UNIQUE, age int CHECK (age > 0))",
    "CREATE SCHEMA audit; CREATE TABLE audit.events (id bigint GENERATED ALWAYS AS IDENTITY, user_id int)",
    "ALTER TABLE audit.events ADD CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE",
    "ALTER TABLE users DROP CONSTRAINT uq_email",
    "CREATE UNIQUE INDEX ix_email ON users (lower(email)) WHERE age > 3",
    "ALTER TABLE users ADD COLUMN locale text DEFAULT 'fr' NOT NULL",
    "ALTER TABLE users ALTER COLUMN locale SET DEFAULT 'en'",
    "ALTER TABLE users ALTER COLUMN locale DROP DEFAULT",
    "ALTER TABLE users ALTER COLUMN locale DROP NOT NULL",
    "COMMENT ON COLUMN users.locale IS 'language'; COMMENT ON TABLE users IS 'people'",
    "COMMENT ON COLUMN users.locale IS NULL",
    "DROP INDEX ix_email",
    "CREATE TYPE mood AS ENUM ('glad', 'sad'); ALTER TABLE users ADD COLUMN mood mood",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'low'",
    "ALTER TABLE users ALTER COLUMN age TYPE bigint",
    "CREATE VIEW adults AS SELECT id FROM users WHERE age > 17",
    "CREATE OR REPLACE VIEW adults AS SELECT id FROM users WHERE age > 20",
    "CREATE MATERIALIZED VIEW names AS SELECT email FROM users; CREATE INDEX ix_names ON names (email)",
    "DROP MATERIALIZED VIEW names; DROP VIEW adults",
    "CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day)",
    "CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "ALTER TABLE parts DETACH PARTITION parts_2026",
    "CREATE SEQUENCE numbers INCREMENT 5; ALTER SEQUENCE numbers OWNED BY users.age",
    "ALTER SEQUENCE numbers OWNED BY NONE",
    "ALTER SEQUENCE users_id_seq INCREMENT 7",
    "CREATE DOMAIN short AS text CHECK (length(VALUE) < 9)",
    "ALTER DOMAIN short SET NOT NULL; ALTER TYPE mood RENAME TO moods",
    "ALTER SCHEMA audit RENAME TO logs; ALTER TABLE parts RENAME TO pieces",
    "ALTER SCHEMA logs RENAME TO audit; ALTER TABLE pieces RENAME TO parts; ALTER TYPE moods RENAME TO mood",
    "ALTER TABLE users RENAME TO people",
    "ALTER TABLE people RENAME COLUMN email TO address",
    "CREATE UNLOGGED TABLE notes (id int); ALTER TABLE notes SET LOGGED",
    "ALTER TABLE people DROP COLUMN mood; DROP TYPE mood",
    "CREATE EXTENSION hstore",
    "DROP EXTENSION hstore",
    "ALTER SEQUENCE numbers SET SCHEMA audit",
    "DROP TABLE audit.events",
    "CREATE TABLE memos (id int PRIMARY KEY, who text); ALTER TABLE memos ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON memos USING (who = current_user)",
    "ALTER POLICY own ON memos USING (who = session_user)",
    "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER note BEFORE INSERT ON memos FOR EACH ROW EXECUTE FUNCTION noted()",
    "ALTER TABLE memos DISABLE TRIGGER note",
    "ALTER FUNCTION noted() RENAME TO remarked",
    "ALTER FUNCTION remarked() SECURITY DEFINER; COMMENT ON FUNCTION remarked() IS 'remarks'",
    "REVOKE EXECUTE ON FUNCTION remarked() FROM PUBLIC; GRANT SELECT ON memos TO pg_monitor",
    "GRANT UPDATE (who) ON memos TO pg_monitor; GRANT CREATE ON SCHEMA public TO pg_monitor",
    "REVOKE ALL ON memos FROM pg_monitor; ALTER TABLE memos OWNER TO pg_monitor",
    "CREATE RULE none AS ON DELETE TO memos DO INSTEAD NOTHING; COMMENT ON RULE none ON memos IS 'no'",
    "ALTER TABLE memos RENAME TO papers; ALTER TABLE papers ALTER who SET STORAGE EXTERNAL, ALTER who SET STATISTICS 9",
    "CREATE STATISTICS pairs ON id, who FROM papers; ALTER TABLE papers SET (fillfactor = 60)",
    "CREATE INDEX ix_who ON papers (who); COMMENT ON INDEX ix_who IS 'who'; CLUSTER papers USING ix_who",
    "ALTER INDEX ix_who RENAME TO ix_whose; ALTER TABLE papers REPLICA IDENTITY FULL",
    "CREATE INDEX ix_long ON papers (length(who))",
    "ALTER INDEX ix_long ALTER COLUMN 1 SET STATISTICS 77",
    "ALTER TABLE papers ADD COLUMN whose text",
    "ALTER TABLE papers DROP COLUMN whose; ALTER TABLE papers RENAME COLUMN who TO whose",
    "ALTER TABLE papers RENAME COLUMN whose TO who; DROP INDEX ix_long",
    "CREATE TYPE pair AS (a int, b text); GRANT USAGE ON TYPE pair TO pg_monitor",
    "CREATE TYPE span AS RANGE (subtype = int)",
    "ALTER TYPE pair ADD ATTRIBUTE c int; ALTER TYPE span OWNER TO pg_monitor",
    "CREATE FUNCTION first(p pair) RETURNS int LANGUAGE sql AS 'SELECT p.a'; ALTER TYPE pair RENAME TO couple",
    "CREATE PUBLICATION news FOR TABLE papers; ALTER TABLE papers RENAME TO memos",
    'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor; CREATE COLLATION plain FROM "C"',
    "ALTER PUBLICATION news DROP TABLE memos; DROP COLLATION plain",
    "CREATE FOREIGN DATA WRAPPER files; CREATE SERVER disk FOREIGN DATA WRAPPER files OPTIONS (host 'a')",
    "CREATE USER MAPPING FOR PUBLIC SERVER disk OPTIONS (password 'b')",
    "DROP USER MAPPING FOR PUBLIC SERVER disk; COMMENT ON CONSTRAINT memos_pkey ON memos IS 'key'",
    "ALTER TABLE memos NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY; DROP POLICY own ON memos",
    "DROP TRIGGER note ON memos; DROP FUNCTION remarked; DROP RULE none ON memos",
    "DROP FUNCTION first; DROP TYPE couple; DROP TYPE span; DROP PUBLICATION news",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM pg_monitor",
    "DROP FOREIGN DATA WRAPPER files CASCADE",
    "DROP TABLE people CASCADE",
    "DROP SCHEMA audit CASCADE; DROP DOMAIN short; DROP TABLE parts, parts_2026",
)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database) as made:
        yield made


class Asked:
    """Runs what a watch asks, and counts what came, in letters, and what was asked."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.letters = 0
        self.statements: list[str] = []

    def __call__(self, wanted: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        answers = answered(self._run, wanted)
        self.letters += len(str(answers))
        self.statements += wanted[: len(answers)]
        return answers

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        done = self.connection.execute(statement.encode())
        return done.fetchall() if done.description else []


def _whole(connection: psycopg.Connection[Any]) -> Catalog:
    return read(lambda sql, params=(): connection.execute(sql.encode(), params or None).fetchall())


def _said(step: SchemaChange) -> set[str]:
    return {item.sentence() for item in compare_all(step.before, step.after)}


@pytest.mark.parametrize("way", [PlainStatements, SessionFunction], ids=["plain", "kept"])
@pytest.mark.parametrize("transactions", ["one", "each"])
def test_each_step_is_seen_as_by_reading_everything(
    connection: psycopg.Connection[Any], transactions: str, way: type[Way]
) -> None:
    watch, ask = SchemaWatch(way()), Asked(connection)
    watch.look(ask)
    before = _whole(connection)
    for statement in STEPS:
        connection.execute(statement.encode())
        if transactions == "each":
            connection.commit()
        step, after = watch.look(ask), _whole(connection)
        assert watch.catalog.by_identity() == after.by_identity(), statement
        assert watch.catalog.others == after.others, statement
        assert _said(step) == {item.sentence() for item in compare_all(before, after)}, statement
        assert step.before != step.after, statement
        before = after


def test_a_step_that_does_nothing_changes_nothing_and_reads_next_to_nothing(
    connection: psycopg.Connection[Any],
) -> None:
    for number in range(40):
        connection.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY, a int, b int)".encode())
    connection.commit()
    watch, ask = SchemaWatch(), Asked(connection)
    watch.look(ask)
    everything, ask.letters = ask.letters, 0
    connection.execute(b"ALTER TABLE t7 ADD COLUMN c int")
    connection.commit()
    assert _said(watch.look(ask)) == {"column t7.c is missing: the models ask for integer NULL"}
    assert ask.letters < everything / 5
    ask.letters = 0
    step = watch.look(ask)
    assert step.same
    assert step.before == step.after
    assert ask.letters < 200


def test_the_sessions_settings_are_as_before(connection: psycopg.Connection[Any]) -> None:
    connection.execute(b"CREATE SCHEMA shop; SET search_path TO shop; SET datestyle TO 'SQL'")
    SchemaWatch().look(Asked(connection))
    found = connection.execute(b"SELECT current_setting('search_path'), current_setting('datestyle')").fetchone()
    assert found == ("shop", "SQL, MDY")


def test_what_was_kept_is_made_again_where_it_is_gone(connection: psycopg.Connection[Any]) -> None:
    connection.rollback()
    connection.autocommit = True
    connection.execute(b"SET DateStyle = German")
    watch, ask = SchemaWatch(), Asked(connection)
    watch.look(ask)
    watch.look(ask)
    assert ask.statements.count(FUNCTION) == 1
    connection.execute(b"DISCARD ALL")
    connection.execute(b"CREATE TABLE more (id int); SET DateStyle = German")
    step = watch.look(ask)
    assert [table.name for table in step.after.tables] == ["more"]
    assert ask.statements.count(FUNCTION) == 2
    assert connection.execute(b"SHOW DateStyle").fetchall() == [("German, DMY",)]


def test_the_probe_and_the_watch_mean_the_same_by_nothing_more() -> None:
    source = (Path(inapp.__file__).parent / "probe" / "walk.py").read_text(encoding="utf-8")
    assert f'_OR_ELSE = "{OR_ELSE}"' in source


def test_what_is_taken_back_is_seen_without_asking_for_everything_that_is_there(
    connection: psycopg.Connection[Any],
) -> None:
    connection.autocommit = True
    connection.execute(b"CREATE TABLE users (id serial PRIMARY KEY, email text); CREATE DOMAIN short AS text")
    watch, ask = SchemaWatch(), Asked(connection)
    watch.look(ask)
    point = watch.point()
    connection.execute(b"ALTER TABLE users ADD CONSTRAINT uq UNIQUE (email); CREATE TYPE mood AS ENUM ('glad')")
    watch.look(ask)
    assert not watch.since(point).same
    connection.execute(b"ALTER TABLE users DROP CONSTRAINT uq; DROP TYPE mood")
    watch.look(ask, point)
    assert watch.since(point).same
    assert PRESENT not in ask.statements
    connection.execute(b"DROP DOMAIN short")
    assert [domain.name for domain in watch.look(ask).before.domains] == ["short"]
    assert ask.statements.count(PRESENT) == 1


def test_where_the_function_cannot_be_made_statements_do_instead(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = True
    connection.execute(b"CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END'")
    connection.execute(b"CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted()")
    watch, ask = SchemaWatch(), Asked(connection)
    watch.look(ask)
    connection.execute(b"CREATE TABLE more (id int)")
    assert [table.name for table in watch.look(ask).after.tables] == ["more"]
    assert FUNCTION not in ask.statements
    assert ask.statements.count(CAN_BE_MADE) == 1


def test_what_another_transaction_has_yet_to_commit_is_seen_once_it_has(
    connection: psycopg.Connection[Any], database: str
) -> None:
    connection.autocommit = True
    watch, ask = SchemaWatch(), Asked(connection)
    with psycopg.connect(database) as other:
        other.execute("CREATE TABLE early (id int)")
        connection.execute(b"CREATE TABLE late (id int)")
        watch.look(ask)
        assert [table.name for table in watch.catalog.tables] == ["late"]
        other.commit()
    assert "early" in [table.name for table in watch.look(ask).after.tables]
