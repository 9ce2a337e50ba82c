"""The statements that make a thing of a catalog again as it is there: a view, a generated column, a table's part."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column, Constraint, Index, Table, View
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.keys import adding


def view(made: View) -> Iterator[str]:
    """Yield what makes a view, with its options, its indexes and its comment."""
    path, kind = sql.path(made.schema, made.name), made.kind.upper()
    options = f" WITH ({', '.join(made.options)})" if made.options else ""
    query = made.description.strip()
    # What stands in quotes keeps its spaces.
    query = query if {"'", '"'} & set(query) else " ".join(query.split())
    yield f"CREATE {kind} {path}{options} AS {query}"
    yield from (index.definition for index in made.indexes)
    if made.comment is not None:
        yield f"COMMENT ON {kind} {path} IS {sql.quoted(made.comment)}"


def generated_column(made: Column) -> str:
    """Return the action of ALTER TABLE that adds a generated column."""
    expression, _, kept = str(made.generated).rpartition(" ")
    collation = f" COLLATE {made.collation}" if made.collation else ""
    required = "" if made.nullable else " NOT NULL"
    return (
        f"ADD COLUMN {sql.name(made.name)} {made.type}{collation} GENERATED ALWAYS AS ({expression}) {kept}{required}"
    )


def part(table: Table, made: Constraint | Index) -> str:
    """Return the statement that makes a constraint or an index of a table."""
    if isinstance(made, Index):
        return made.definition
    return f"ALTER TABLE {sql.table_path(table)} {adding(made)}"
