"""The SQL that puts another enum type in a type's place, with all that hangs on its columns; to be printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migrations_tools.catalog import Catalog, Column, Constraint, Enum, Index, Table, on_one_line
from migrations_tools.review.analysis import remaking, sql, types
from migrations_tools.review.analysis.enum_use import enum_columns
from migrations_tools.review.analysis.objects import names_word

OPEN = "\N{HORIZONTAL ELLIPSIS}"  # stands for the label that is for the user to choose


def rebuilt(have: Enum, want: Enum, removed: Sequence[str], catalog: Catalog) -> Iterator[str]:
    """Yield the statements, in order: what names the type is taken away, and made again by the same text.

    The type gets its old name back before that, so that defaults, predicates and views can stay as they are written.
    """
    old, new = sql.path(have.schema, f"{have.name}_old"), sql.path(have.schema, have.name)
    columns = _columns(have, catalog)
    views = [view for view in catalog.views if {column.path for _, column in columns} & set(view.columns)]
    parts = [
        (table, part)
        for table in {table.qualified_name: table for table, _ in columns}.values()
        for part in _depending(table, have, {column.path for _, column in columns})
    ]
    keys = [
        (table, key)
        for table in catalog.tables
        for key in table.constraints
        if key.type == "foreign key" and _is_on(key, table, columns)
    ]
    yield from (f"DROP {view.kind.upper()} {sql.path(view.schema, view.name)};" for view in reversed(views))
    yield from (_dropped(table, part) for table, part in (*keys, *parts))
    yield f"ALTER TYPE {new} RENAME TO {sql.name(f'{have.name}_old')};"
    yield f"CREATE TYPE {new} AS ENUM {want.description};"
    for table, column in columns:
        yield from _retyped(table, column, new, removed)
    yield f"DROP TYPE {old};"
    yield from (f"{remaking.part(table, part)};" for table, part in (*parts, *keys))
    yield from (f"{on_one_line(statement)};" for view in views for statement in remaking.view(view))


def _columns(enum: Enum, catalog: Catalog) -> list[tuple[Table, Column]]:
    """Return the columns of the type; what a partition has from its table changes with it."""
    named = {(table, name) for table, name in enum_columns(catalog).get(enum.qualified_name, ())}
    return [
        (table, column)
        for table in catalog.tables
        for column in table.columns
        if (table.qualified_name, column.name) in named and not table.parents
    ]


def _depending(table: Table, enum: Enum, paths: set[str]) -> Iterator[Constraint | Index]:
    """Yield the checks, exclusions and indexes of a table that name the type, or use its columns in a predicate."""
    names = {path.rpartition(".")[2] for path in paths if path.rpartition(".")[0] == table.qualified_name}
    for check in table.constraints:
        if check.type in ("check", "exclusion") and _names(check.definition, enum, names):
            yield check
    for index in table.indexes:
        if _names(f"{index.predicate or ''} {index.expressions or ''}", enum, names):
            yield index


def _names(text: str, enum: Enum, columns: set[str]) -> bool:
    return any(names_word(text, word) for word in (enum.name, *columns))


def _is_on(key: Constraint, table: Table, columns: Sequence[tuple[Table, Column]]) -> bool:
    paths = {column.path for _, column in columns}
    there = (f"{key.referenced_table}.{name}" for name in key.referenced_columns)
    return bool(paths & {*(f"{table.qualified_name}.{name}" for name in key.columns), *there})


def _retyped(table: Table, column: Column, kind: str, removed: Sequence[str]) -> Iterator[str]:
    alter, name = f"ALTER TABLE {sql.table_path(table)} ALTER COLUMN {sql.name(column.name)}", sql.name(column.name)
    array = "[]" if types.parse(column.type).array else ""
    value = f"{name}::text{array}"
    for label in removed if array else ():
        value = f"array_replace({value}, {sql.quoted(label)}, '{OPEN}')"
    if removed and not array:
        cases = " ".join(f"WHEN {sql.quoted(label)} THEN '{OPEN}'" for label in removed)
        value = f"(CASE {value} {cases} ELSE {value} END)"
    default = column.default
    yield from ([f"{alter} DROP DEFAULT;"] if default else ())
    yield f"{alter} TYPE {kind}{array} USING {value if value.endswith(')') else f'({value})'}::{kind}{array};"
    if default:
        yield f"{alter} SET DEFAULT {_without(default, removed)};"


def _without(default: str, removed: Sequence[str]) -> str:
    """Return a default with the labels that go left open, in a text or in an array's text; its cast stays."""
    value, cast, kind = default.rpartition("::")
    for label in removed:
        value = re.sub(rf"(?<![\w ]){re.escape(label)}(?![\w ])", OPEN, value)
    return f"{value}{cast}{kind}"


def _dropped(table: Table, part: Constraint | Index) -> str:
    if isinstance(part, Index):
        return f"DROP INDEX {sql.path(table.schema, part.name)};"
    return f"ALTER TABLE {sql.table_path(table)} DROP CONSTRAINT {sql.name(part.name)};"
