"""Rows made from a catalog, in real databases.

Each ``seeding_cases/*.sql`` makes a schema; the ``.txt`` beside it holds, for each table, how the values of its columns
run from row to row (a letter a value, ``-`` for NULL), and the sentences about tables that got none. ``ACCEPT_CASES=1``
writes it. ``-- requires:`` in the first line names the extension that a case needs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrations_tools.catalog import Catalog, Table, read
from migrations_tools.data import Seeded, seed
from migrations_tools.engines.postgres import querying

CASES = sorted(Path(__file__).with_name("seeding_cases").glob("*.sql"))

Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def built(connection: Connection, script: str) -> Catalog:
    first = script.splitlines()[0]
    if first.startswith("-- requires: extension "):
        name = first.rpartition(" ")[2]
        if not connection.execute("SELECT FROM pg_available_extensions WHERE name = %s", [name]).fetchall():
            pytest.skip(f"the server has no extension {name}")
    connection.execute(script.encode())
    return read(querying(connection))


def runs(connection: Connection, table: Table) -> str:
    """Give how the values of each column run from row to row: `id abc, name aab, parent_id -aa`."""
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
    case: Path, connection: Connection
) -> None:
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
