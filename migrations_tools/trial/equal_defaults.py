"""Server defaults that are equal and written differently: PostgreSQL says which, and the models' take its spelling.

It is asked with EXPLAIN, which folds constants and calls of immutable functions, and calls no other: `nextval()` or
`gen_random_uuid()` is compared by how it is written.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migrations_tools.catalog import Catalog, Column, Table, attributes
from migrations_tools.catalog.read_queries import PRINTING, SET_SETTINGS
from migrations_tools.engines.postgres import Server
from migrations_tools.review.analysis import types

if TYPE_CHECKING:
    import psycopg

_EXPLAIN = "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT"


def spelled_alike(server: Server, database: str, actual: Catalog, models: Catalog) -> Catalog:
    """Return the models' schema, made in `database`, with its defaults as `actual` writes them where they are equal.

    A column whose type changes keeps its default where PostgreSQL casts it by itself, so that it is compared too.
    """
    have = {column.path: column for table in actual.tables for column in table.columns}
    asked = {
        column.path: (have[column.path], column)
        for table in models.tables
        for column in table.columns
        if column.path in have and _may_be_equal(have[column.path], column)
    }
    if not asked:
        return models
    with server.connect(database) as connection:
        connection.execute(SET_SETTINGS.encode(), (json.dumps(PRINTING),))
        equal = {path: one.default for path, (one, other) in asked.items() if _are_equal(connection, one, other)}
    return replace(models, tables=tuple(_with_defaults(table, equal) for table in models.tables))


def _may_be_equal(have: Column, want: Column) -> bool:
    if have.default is None or want.default is None or attributes.same_default(have, want):
        return False
    drawn = have.sequence_of or want.sequence_of
    return not drawn and types.cast(types.parse(have.type), types.parse(want.type)) == "assignment"


def _are_equal(connection: psycopg.Connection[Any], have: Column, want: Column) -> bool:
    """Ask whether two defaults are one value, or one expression, of the models' type."""
    import psycopg

    sides = [f"({column.default})::{want.type}" for column in (have, want)]
    # By their own equality an interval of a month is one of 30 days; of numbers alone it means the same value.
    is_number = types.parse(want.type).name == "numeric"
    try:
        outputs = _folded(connection, [*sides, *([" = ".join(sides)] if is_number else [])])
    except psycopg.errors.Error:
        return False  # what the models' schema has no type or label for is another default
    return outputs[0] == outputs[1] or outputs[2:] == ["true"]


def _folded(connection: psycopg.Connection[Any], expressions: list[str]) -> list[str]:
    row = connection.execute(f"{_EXPLAIN} {', '.join(expressions)}".encode()).fetchone()
    output: list[str] = row[0][0]["Plan"]["Output"] if row else []
    return [attributes.one_moment(text) for text in output]


def _with_defaults(table: Table, defaults: dict[str, str | None]) -> Table:
    if not any(column.path in defaults for column in table.columns):
        return table
    columns = (replace(column, default=defaults.get(column.path, column.default)) for column in table.columns)
    return replace(table, columns=tuple(columns))
