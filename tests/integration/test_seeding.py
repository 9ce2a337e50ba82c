"""Rows made from a catalog, in real databases.

Each `seeding_cases/*.sql` makes a schema; the `.txt` beside it holds, for each table, how the values of its columns
run from row to row (a letter a value, `-` for NULL), and the sentences about tables that got none. `ACCEPT_CASES=1`
writes it. `-- requires:` in the first line names the version and extension that a case needs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrations_tools.catalog import Catalog, Table, read
from migrations_tools.data import Seeded, seed
from migrations_tools.engines.postgres import querying
from tests.support.requirements import skip_unless_met
from tests.support.schemas import schema

CASES = sorted(Path(__file__).with_name("seeding_cases").glob("*.sql"))

Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def built(connection: Connection, script: str) -> Catalog:
    connection.execute(script.encode())
    return read(querying(connection))


def runs(connection: Connection, table: Table) -> str:
    """Return how the values of each column run from row to row: `id abc, name aab, parent_id -aa`."""
    if not table.columns:
        count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(_name(table))).fetchone()
        return str(count)
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(each.name)) for each in table.columns)
    select = sql.SQL("SELECT {} FROM {} ORDER BY tableoid::regclass::text, ctid").format(texts, _name(table))
    columns = zip(*connection.execute(select).fetchall(), strict=True)
    return ", ".join(f"{each.name} {letters(values)}" for each, values in zip(table.columns, columns, strict=False))


def _name(table: Table) -> sql.Composable:
    return sql.SQL("ONLY {}" if table.kind == "ordinary" else "{}").format(sql.Identifier(table.schema, table.name))


def letters(values: Sequence[str | None]) -> str:
    known = [value for value in dict.fromkeys(values) if value is not None]
    return "".join("-" if value is None else "abcdefghij"[known.index(value)] for value in values)


def told(connection: Connection, catalog: Catalog, seeded: Seeded) -> str:
    tables = [table for table in catalog.tables if table.kind in ("ordinary", "partitioned")]
    lines = [f"{table.qualified_name}: {runs(connection, table)}" for table in tables]
    return "\n".join([*lines, *(each.sentence for each in seeded.unseeded)]) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_table_gets_rows_with_duplicates_and_gaps_or_is_named_with_the_reason(
    case: Path, database: str, connection: Connection
) -> None:
    skip_unless_met(database, case.read_text())
    catalog = built(connection, case.read_text())
    found = told(connection, catalog, seed(querying(connection), catalog))
    expected = case.with_suffix(".txt")
    if os.environ.get("ACCEPT_CASES"):
        expected.write_text(found)
    assert found == expected.read_text()


def test_a_type_that_the_server_was_built_without_leaves_only_its_own_column_empty(connection: Connection) -> None:
    catalog = built(connection, "CREATE TABLE papers (id serial PRIMARY KEY, text xml, words text)")
    has_xml = connection.execute(
        "SELECT setting FROM pg_config WHERE name = 'CONFIGURE' AND setting ~ 'libxml'"
    ).fetchall()
    assert seed(querying(connection), catalog) == Seeded({"papers": 3})
    assert runs(connection, catalog.tables[0]) == f"id abc, text {'aa-' if has_xml else '---'}, words aa-"


def test_the_same_schema_gets_the_same_rows(connection: Connection) -> None:
    script = (CASES[0].parent / "checks.sql").read_text()
    contents = []
    for _ in range(2):
        catalog = built(connection, script)
        seed(querying(connection), catalog)
        contents.append(connection.execute("SELECT checked::text FROM checked").fetchall())
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    assert contents[0] == contents[1]
    assert len(contents[0]) == 3


@pytest.mark.parametrize("rows", [2, 7])
def test_as_many_rows_come_as_are_asked_for(rows: int, connection: Connection) -> None:
    catalog = built(connection, (CASES[0].parent / "circles.sql").read_text())
    assert seed(querying(connection), catalog, rows) == Seeded({table.name: rows for table in catalog.tables})


def test_a_transaction_is_left_neither_open_nor_half_done_when_the_connection_breaks(
    connection: Connection, database: str
) -> None:
    catalog = built(connection, "CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id serial PRIMARY KEY)")
    own = querying(connection)

    def query(statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if 'INTO "public"."b"' in statement:
            raise ConnectionError("gone")
        return own(statement, parameters)

    with pytest.raises(ConnectionError, match="gone"):
        seed(query, catalog)
    assert connection.execute("SELECT count(*) FROM a").fetchall() == [(0,)]
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_names_lead_where_the_catalog_says_whatever_the_search_path(connection: Connection) -> None:
    script = """
        CREATE SCHEMA shop; CREATE TYPE shop.size AS ENUM ('s', 'm');
        CREATE FUNCTION shop.is_small(shop.size) RETURNS boolean LANGUAGE sql AS $$ SELECT $1 = 's' $$;
        CREATE TABLE shop.shirts (id serial PRIMARY KEY, size shop.size CHECK (shop.is_small(size)));
        CREATE TABLE public.size (size integer CHECK (size > 7));
    """
    catalog = built(connection, script)
    connection.execute("SET search_path = shop")
    assert seed(querying(connection), catalog) == Seeded({"shop.shirts": 3, "size": 3})
    assert connection.execute("SHOW search_path").fetchall() == [("shop",)]


def many_tables(count: int) -> str:
    """Write tables that refer to each other, with keys, checks, defaults and every usual type."""
    return ";".join(
        f"CREATE TABLE t{number} (id serial PRIMARY KEY, code varchar(20) NOT NULL UNIQUE, name text, tags text[],"
        " price numeric(10,2) NOT NULL CHECK (price > 0), status text NOT NULL DEFAULT 'new', data jsonb,"
        " created timestamptz NOT NULL DEFAULT now(), starts date, ends date, CHECK (ends > starts),"
        f" first integer NOT NULL REFERENCES t{number // 2}, second integer REFERENCES t{number // 3})"
        for number in range(count)
    )


def test_many_tables_are_filled_by_a_few_questions_each(connection: Connection) -> None:
    catalog = built(connection, many_tables(300))
    own, count = querying(connection), 0

    def query(statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        nonlocal count
        count += 1
        return own(statement, parameters)

    assert seed(query, catalog) == Seeded(
        {table.name: 3 for table in sorted(catalog.tables, key=lambda each: each.name)}
    )
    assert count < 5 * 300


SCHEMAS = int(os.environ.get("SEEDED_SCHEMAS", "12"))


def test_schemas_by_chance_are_filled_whole_with_duplicates_and_gaps(connection: Connection) -> None:
    for number in range(SCHEMAS):
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        catalog = built(connection, schema(number))
        assert seed(querying(connection), catalog) == Seeded({table.name: 3 for table in catalog.tables}), number
        for table in catalog.tables:
            assert list(_unlike_real_ones(connection, table)) == [], number


def _unlike_real_ones(connection: Connection, table: Table) -> Iterator[str]:
    """Yield the columns that could have NULL and have none, or could repeat a value and do not."""
    keys = {name for each in table.constraints if each.type in ("primary key", "unique") for name in each.columns}
    for column in table.columns:
        values = letters(_texts(connection, table, column.name))
        if column.nullable and "-" not in values:
            yield f"{column.path} has no gap"
        if column.name not in keys and len(set(values) - {"-"}) == len(values.replace("-", "")):
            yield f"{column.path} has no duplicate"


def test_the_examples_own_tables_are_filled_whole(connection: Connection, database: str) -> None:
    folder = Path(__file__).parents[2] / "compose" / "api"
    url = database.replace("postgresql://", "postgresql+psycopg://")
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    query = querying(connection)
    catalog = read(query).without_tables({"alembic_version"})
    seeded = seed(query, catalog)
    assert seeded.unseeded == ()
    assert seeded.rows == {table.name: 3 for table in catalog.tables}
    without_null = [
        column.path
        for table in catalog.tables
        for column in table.columns
        if column.nullable and not column.default and "-" not in letters(_texts(connection, table, column.name))
    ]
    assert without_null == []


def _texts(connection: Connection, table: Table, column: str) -> list[str | None]:
    select = sql.SQL("SELECT {}::text FROM {}").format(sql.Identifier(column), _name(table))
    return [text for (text,) in connection.execute(select).fetchall()]
