"""What tables hold before and after something was done to them, in a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools.catalog import read
from migrations_tools.data import Contents, ContentsChange, ContentsWatch, compare, fingerprint, seed
from migrations_tools.engines.postgres import querying

Connection = psycopg.Connection[Any]
SHOP = """
CREATE TABLE users (id integer PRIMARY KEY, name text, mail varchar(40), since timestamptz, note text);
INSERT INTO users VALUES
    (1, 'Ada', 'ada@example.org', '2024-01-01 12:00+00', NULL), (2, 'Bo', 'bo@example.org', NULL, NULL),
    (3, 'Ada', NULL, '2024-03-01 12:00+00', NULL);
CREATE TABLE "odd %s" ("a b" integer);
INSERT INTO "odd %s" VALUES (1), (1);
CREATE TABLE empty ();
"""
CHANGED = "values changed: The values of users.name are not what they were."


@pytest.fixture(scope="module")
def shared(new_database_for_module: Callable[[], str]) -> Iterator[Connection]:
    with psycopg.connect(new_database_for_module(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def connection(shared: Connection) -> Iterator[Connection]:
    """Yield a connection whose changes are undone after the test."""
    with shared.transaction(force_rollback=True):
        yield shared


def contents(connection: Connection) -> Contents:
    query = querying(connection)
    return fingerprint(query, read(query))


def changes(connection: Connection, script: str, **options: bool) -> list[ContentsChange]:
    before = contents(connection)
    connection.execute(script.encode())
    return list(compare(before, contents(connection), **options))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("DELETE FROM users WHERE id = 2", "rows lost: The table users has lost 1 of its 3 rows."),
        ("DELETE FROM users", "rows lost: The table users has lost 3 of its 3 rows."),
        ("INSERT INTO users VALUES (4)", "rows added: The table users has 1 row more than before."),
        ("UPDATE users SET name = 'Eve' WHERE id = 1", CHANGED),
        ("UPDATE users SET name = 'Bo' WHERE id = 1", CHANGED),
        ("UPDATE users SET name = NULL", "values lost: 3 values of users.name became NULL."),
        ("UPDATE users SET note = 'x' WHERE id = 1", "values changed: In users.note, 1 NULL became a value."),
        (
            "ALTER TABLE users DROP COLUMN name; ALTER TABLE users ADD COLUMN first text",
            (
                "column gone: The column users.name is gone, with 3 values."
                " column came: The column users.first is new, with no values."
            ),
        ),
        (
            "ALTER TABLE users RENAME COLUMN name TO first",
            "column renamed: The values of users.name stand in users.first now.",
        ),
        ("ALTER TABLE users RENAME TO people", "table renamed: The table users is called people now."),
        ("DROP TABLE users", "table gone: The table users is gone, with 3 rows."),
        ("CREATE TABLE more (a integer)", "table came: The table more is new, with no rows."),
        (
            "ALTER TABLE users ALTER COLUMN since TYPE date",
            (
                "values changed: The values of users.since are not what they were"
                " (its type was timestamp with time zone and is date)."
            ),
        ),
        ('UPDATE "odd %s" SET "a b" = 7', "values changed: The values of odd %s.a b are not what they were."),
    ],
)
def test_what_was_done_to_the_rows_is_told(script: str, expected: str, connection: Connection) -> None:
    connection.execute(SHOP.encode())
    found = changes(connection, script)
    assert " ".join(f"{each.kind}: {each.sentence}" for each in found) == expected


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("UPDATE users SET name = name", id="rows in another order"),
        pytest.param("ALTER TABLE users ALTER COLUMN id TYPE bigint", id="a type whose texts are the same"),
        pytest.param("CREATE INDEX ON users (name); ALTER TABLE users ADD UNIQUE (mail)", id="the schema alone"),
        pytest.param("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'", id="settings that texts depend on"),
    ],
)
def test_rows_that_stay_as_they_were_are_no_change(script: str, connection: Connection) -> None:
    connection.execute(SHOP.encode())
    assert changes(connection, script) == []


def test_a_column_of_another_type_is_left_alone_on_request(connection: Connection) -> None:
    connection.execute(SHOP.encode())
    assert changes(connection, "ALTER TABLE users ALTER COLUMN since TYPE date", retyped=False) == []


def test_a_change_says_whether_it_is_one_of_the_data(connection: Connection) -> None:
    connection.execute(SHOP.encode())
    found = changes(connection, "ALTER TABLE users DROP COLUMN name; DELETE FROM users")
    assert [(each.kind, each.is_of_data) for each in found] == [("column gone", False), ("rows lost", True)]


def test_every_type_is_fingerprinted_in_few_questions(database: str) -> None:
    cases = Path(__file__).with_name("seeding_cases")
    with psycopg.connect(database, autocommit=True) as connection:
        for name in ("types.sql", "circles.sql"):
            connection.execute((cases / name).read_bytes())
        query = querying(connection)
        catalog = read(query)
        seed(query, catalog)
        questions: list[str] = []
        found = fingerprint(_noting(query, questions), catalog)
        assert sum("hashtextextended" in each for each in questions) == 1
        assert found.tables["every_type"].rows == 3
        assert {each.values for name, each in found.tables["every_type"].columns.items() if name != "k4"} == {2, 3}
        assert compare(found, fingerprint(query, catalog)) == ()


def _noting(query: Callable[..., list[tuple[Any, ...]]], questions: list[str]) -> Callable[..., list[tuple[Any, ...]]]:
    def ask(statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        questions.append(statement)
        return query(statement, parameters)

    return ask


@pytest.mark.parametrize(
    "script",
    [
        "",
        "UPDATE users SET name = 'Eve' WHERE id = 1",
        "UPDATE users SET name = CASE id WHEN 1 THEN 'Bo' WHEN 2 THEN 'Ada' ELSE name END",
        "DELETE FROM users",
        "INSERT INTO empty DEFAULT VALUES",
        'ALTER TABLE "odd %s" RENAME "a b" TO "a row"',
        "ALTER TABLE users ALTER mail TYPE text",
        "ALTER TABLE users DROP note",
        "ALTER TABLE users RENAME TO people",
        "DROP TABLE users",
        "CREATE TABLE more AS SELECT * FROM users",
        "CREATE TABLE p (n int) PARTITION BY LIST (n); CREATE TABLE q PARTITION OF p DEFAULT; INSERT INTO p VALUES (1)",
    ],
)
def test_a_second_look_sees_what_a_whole_reading_sees(connection: Connection, script: str) -> None:
    connection.execute(SHOP.encode())
    query, watch = querying(connection), ContentsWatch()
    assert watch.look(query, read(query)) == contents(connection)
    connection.execute(script.encode())
    assert watch.look(query, read(query)) == contents(connection)


def test_a_table_that_nothing_happened_to_is_not_read_again(connection: Connection) -> None:
    asked: list[str] = []
    connection.execute(SHOP.encode())
    plain, watch = querying(connection), ContentsWatch()

    def query(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        asked.append(statement)
        return plain(statement, *parameters)

    watch.look(query, read(query))
    connection.execute("UPDATE users SET name = 'Eve' WHERE id = 1")
    asked.clear()
    watch.look(query, read(plain))
    detailed = [each for each in asked if "ARRAY" in each]
    assert len(detailed) == 1
    assert "users" in detailed[0]
    assert "odd" not in detailed[0]
