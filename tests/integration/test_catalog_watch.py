"""What a step changed, read from what it touched alone: held against reading everything before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools import inapp
from migrations_tools.catalog import Catalog, Step, Watch, compare, read
from migrations_tools.catalog.statements import OR_ELSE

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
    "DROP TABLE people CASCADE",
    "DROP SCHEMA audit CASCADE; DROP DOMAIN short; DROP TABLE parts, parts_2026",
)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database) as made:
        yield made


class Asked:
    """Runs what a watch asks, and counts the rows that came."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.rows = 0
        self.prepared = 0

    def __call__(self, wanted: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        answers = []
        for statement in wanted:
            done = self.connection.execute(statement.encode())
            answers.append(done.fetchall() if done.description else [])
            if not answers[-1] and statement.startswith(OR_ELSE):
                break
        self.rows += sum(map(len, answers))
        self.prepared += sum(statement.startswith("PREPARE") for statement in wanted)
        return answers


def _whole(connection: psycopg.Connection[Any]) -> Catalog:
    return read(lambda sql, params=(): connection.execute(sql.encode(), params or None).fetchall())


def _said(step: Step) -> set[str]:
    return {item.sentence() for item in compare(step.before, step.after)}


@pytest.mark.parametrize("often", [False, True], ids=["plain", "prepared"])
@pytest.mark.parametrize("transactions", ["one", "each"])
def test_each_step_is_seen_as_by_reading_everything(
    connection: psycopg.Connection[Any], transactions: str, often: bool
) -> None:
    watch, ask = Watch(often), Asked(connection)
    watch.look(ask)
    before = _whole(connection)
    for statement in STEPS:
        connection.execute(statement.encode())
        if transactions == "each":
            connection.commit()
        step, after = watch.look(ask), _whole(connection)
        assert watch.catalog.by_identity() == after.by_identity(), statement
        assert _said(step) == {item.sentence() for item in compare(before, after)}, statement
        assert step.before != step.after, statement
        before = after


def test_a_step_that_does_nothing_changes_nothing_and_reads_next_to_nothing(
    connection: psycopg.Connection[Any],
) -> None:
    for number in range(40):
        connection.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY, a int, b int)".encode())
    connection.commit()
    watch, ask = Watch(), Asked(connection)
    watch.look(ask)
    everything, ask.rows = ask.rows, 0
    connection.execute(b"ALTER TABLE t7 ADD COLUMN c int")
    connection.commit()
    assert _said(watch.look(ask)) == {"column t7.c is missing: the models ask for integer NULL"}
    assert ask.rows < everything / 5
    ask.rows = 0
    step = watch.look(ask)
    assert step.before == step.after


def test_the_sessions_settings_are_as_before(connection: psycopg.Connection[Any]) -> None:
    connection.execute(b"CREATE SCHEMA shop; SET search_path TO shop; SET datestyle TO 'SQL'")
    Watch().look(Asked(connection))
    found = connection.execute(b"SELECT current_setting('search_path'), current_setting('datestyle')").fetchone()
    assert found == ("shop", "SQL, MDY")


def test_what_was_prepared_is_prepared_again_where_it_is_gone(connection: psycopg.Connection[Any]) -> None:
    connection.rollback()
    connection.autocommit = True
    connection.execute(b"SET DateStyle = German")
    watch, ask = Watch(often=True), Asked(connection)
    watch.look(ask)
    once = ask.prepared
    watch.look(ask)
    assert ask.prepared == once
    connection.execute(b"DISCARD ALL")
    connection.execute(b"CREATE TABLE more (id int); SET DateStyle = German")
    step = watch.look(ask)
    assert [table.name for table in step.after.tables] == ["more"]
    assert ask.prepared == 2 * once
    assert connection.execute(b"SHOW DateStyle").fetchall() == [("German, DMY",)]


def test_the_probe_and_the_watch_mean_the_same_by_nothing_more() -> None:
    source = (Path(inapp.__file__).parent / "probe" / "stairway.py").read_text(encoding="utf-8")
    assert f'_OR_ELSE = "{OR_ELSE}"' in source
