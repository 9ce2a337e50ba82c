"""What the database is asked for the rows: the types and partitions that a catalog does not hold, and its verdicts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from migrations_tools.catalog import Catalog, Query, qualified
from migrations_tools.catalog.read_queries import PRINTING
from migrations_tools.data.choosing import Combination
from migrations_tools.data.column_types import ColumnType, Composite, Definition, Range
from migrations_tools.data.outline import Check, Outline
from migrations_tools.data.sql_text import as_parameterized, condition, literal, name, name_of

_COMPOSITES = """
SELECT n.nspname::text, t.typname::text, ARRAY(SELECT format_type(a.atttypid, a.atttypmod)
       FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind IN ('c', 'r')
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
# The multirange of a range (PostgreSQL 14) by way of JSON: older servers have no such column.
_RANGES = """
SELECT n.nspname::text, t.typname::text, format_type(r.rngsubtype, NULL), t.oid <> r.rngtypid
FROM pg_catalog.pg_range r
JOIN pg_catalog.pg_type t ON t.oid IN (r.rngtypid, (to_jsonb(r)->>'rngmultitypid')::oid)
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_PARTITIONS = """
SELECT n.nspname::text, r.relname::text, pg_get_partition_constraintdef(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_class r ON r.oid = pg_partition_root(c.oid)
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE c.relispartition AND c.relkind = 'r'
ORDER BY n.nspname, r.relname, pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', c.relname
"""
_MOST_PARTITIONS = 12
_MOST_TRIES = 40
_PATH = PRINTING["search_path"]


class Refused(Exception):
    """The server refused a statement; the message is the first line of what it said."""


@dataclass(slots=True)
class RowSession:
    """A transaction of the seeding on one database: what is refused in it undoes itself alone.

    `query` gives the rows of the first of several statements in one text, as psycopg does. `own_path` is the
    search_path to write rows under, empty where it leads to the same names as the catalog's.
    """

    query: Query
    own_path: str = ""
    verdicts: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)

    def judge(self, statement: str, given: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that judges some values: many tables have the same checks."""
        key = statement, given
        if key not in self.verdicts:
            self.verdicts[key] = self.ask(statement, [given])
        return self.verdicts[key]

    def ask(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that changes nothing. Raises Refused, with all as before, when it fails."""
        try:
            return self.query(statement, parameters)
        except Exception as error:
            # Whichever driver it is: what the server refuses carries an SQLSTATE.
            if not getattr(error, "sqlstate", None) and not getattr(error, "pgcode", None):
                raise
            self.query("ROLLBACK TO SAVEPOINT seeding")
            raise Refused(str(error).splitlines()[0]) from error

    def change(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that puts some in. Raises Refused, with all as before, when it fails."""
        return self.ask(f"{statement}; RELEASE SAVEPOINT seeding; SAVEPOINT seeding")

    @contextmanager
    def as_printed(self) -> Iterator[None]:
        """Read names as the catalog printed them, for the time of the block."""
        if not self.own_path:
            yield
            return
        self.query(f"SELECT pg_catalog.set_config('search_path', {literal(_PATH)}, true)")
        try:
            yield
        finally:
            self.query(f"SELECT pg_catalog.set_config('search_path', {literal(self.own_path)}, true)")


def opened(query: Query) -> RowSession:
    """Begin the transaction; deferrable constraints are checked at once in it, so that none fails at its end."""
    ((path, schemas),) = query("SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_schemas(false)")
    query("BEGIN")
    query("SET CONSTRAINTS ALL IMMEDIATE")
    query("SAVEPOINT seeding")
    return RowSession(query, "" if list(schemas) == ["public"] else str(path))


def more_types(query: Query) -> dict[tuple[str, str], Definition]:
    """Return the composite and range types of the database."""
    found: dict[tuple[str, str], Definition] = {
        (schema, local): Range(subtype, multi) for schema, local, subtype, multi in query(_RANGES)
    }
    return {**{(schema, local): Composite(tuple(fields)) for schema, local, fields in query(_COMPOSITES)}, **found}


def partitions(query: Query, catalog: Catalog) -> dict[str, list[str]]:
    """Return the conditions of the partitions that can hold rows, of each partitioned table the first dozen."""
    found: dict[str, list[str]] = defaultdict(list)
    if any(table.kind == "partitioned" for table in catalog.tables):
        for schema, local, bounds in query(_PARTITIONS):
            group = found[qualified(schema, local)]
            if len(group) < _MOST_PARTITIONS:
                group.append(bounds or "true")
    return found


def counts(query: Query, tables: Sequence[tuple[str, str]], most: int) -> dict[str, int]:
    """Return how many rows tables have, counted up to a number; `tables` are names, and names as SQL writes them."""
    found: dict[str, int] = {}
    for start in range(0, len(tables), 200):
        parts = (
            f"SELECT {literal(known)}, (SELECT count(*) FROM (SELECT FROM {written} LIMIT {most}) AS counted)"  # noqa: S608
            for known, written in tables[start : start + 200]
        )
        found |= {str(known): int(count) for known, count in query(" UNION ALL ".join(parts))}
    return found


# Verdicts ------------------------------------------------------------------------------------------------------------


def passing_values(session: RowSession, type_: ColumnType, values: Sequence[str]) -> list[str]:
    """Return the values that the checks of a domain, or of an array's, let through."""
    if not type_.checks and not (type_.element and type_.element.checks):
        return list(values)
    conditions = [condition(each) for each in type_.checks] or ["true"]
    kept = _passing(session, '"value"', {"value": type_.printed}, (), conditions, [(value,) for value in values])
    return [value for (value,) in kept if value is not None]


def passing(
    session: RowSession,
    outline: Outline,
    columns: Sequence[str],
    checks: Sequence[Check],
    combinations: Sequence[Combination],
) -> list[Combination]:
    """Return the combinations of values of some columns that the checks let through, in their order."""
    types = {each: outline.types[each].printed for each in columns}
    generated = tuple({made: expression for check in checks for made, expression in check.generated}.items())
    conditions = [check.expression for check in checks]
    # A check over the whole row names the table.
    alias = name(outline.table.name) if any(".*" in each for each in conditions) else '"row"'
    return _passing(session, alias, types, generated, conditions, combinations)


def _passing(
    session: RowSession,
    alias: str,
    types: Mapping[str, str],
    generated: Sequence[tuple[str, str]],
    conditions: Sequence[str],
    combinations: Sequence[Combination],
) -> list[Combination]:
    """Ask which combinations the conditions are not false for; where one raises an error, its halves are asked."""
    made = "".join(f", ({expression}) AS {name(column)}" for column, expression in generated)
    given = ", ".join(f"(one->>{at})::{type_} AS {name(column)}" for at, (column, type_) in enumerate(types.items()))
    tests = " AND ".join(f"(({each}) IS NOT FALSE)" for each in conditions)
    statement = (
        f'SELECT {alias}."#" FROM (SELECT {alias}.*{made} FROM (SELECT {given}, at AS "#"'  # noqa: S608
        f" FROM pg_catalog.json_array_elements(%s::json) WITH ORDINALITY AS t (one, at)) AS {alias}) AS {alias}"
        f" WHERE {tests} ORDER BY 1"
    ).replace("%s", "\0")
    statement = as_parameterized(statement).replace("\0", "%s")
    tries = _MOST_TRIES

    def ask(some: Sequence[Combination]) -> list[Combination]:
        nonlocal tries
        tries -= 1
        try:
            rows = session.judge(statement, json.dumps(some))
        except Refused:
            half = len(some) // 2
            return ask(some[:half]) + ask(some[half:]) if half and tries > 0 else []
        return [some[at - 1] for (at,) in rows]

    with session.as_printed():
        return ask(combinations) if combinations else []


def unwritable(session: RowSession, outline: Outline, values: Mapping[str, str]) -> frozenset[str]:
    """Return the columns whose type does not take such a value here: a server may be built without XML."""
    try:
        session.ask(
            "SELECT " + ", ".join(f"{literal(text)}::{outline.types[each].printed}" for each, text in values.items())
        )
    except Refused:
        if len(values) == 1:
            return frozenset(values)
        half = dict(list(values.items())[: len(values) // 2])
        rest = {each: text for each, text in values.items() if each not in half}
        return unwritable(session, outline, half) | unwritable(session, outline, rest)
    return frozenset()


def defaults(session: RowSession, outline: Outline, columns: Sequence[str], rows: int) -> list[Combination]:
    """Let the database make the values of columns that it would make itself, for some rows."""
    made = ", ".join(f"({_maker(outline, column)})::text" for column in columns)
    statement = f"SELECT {as_parameterized(made)} FROM pg_catalog.generate_series(1, %s::integer)"  # noqa: S608
    with session.as_printed():
        return session.ask(statement, [rows])


def _maker(outline: Outline, column: str) -> str:
    if not outline.columns[column].identity_generation:
        return outline.default_of(column) or "NULL"
    table = literal(name_of(outline.table))
    return f"pg_catalog.nextval(pg_catalog.pg_get_serial_sequence({table}, {literal(column)})::regclass)"
