"""The repair that carries the rename of a column out: of the column itself, and of what is named after it."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.objects import column
from migrations_tools.review.analysis.replacements import rename
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit, Piece, alter_column, execute

Step = tuple[Piece, Piece]  # the way up, and the way back


def rename_column(drop: Operation, made: Operation, facts: ReviewContext) -> Edit:
    """Rename a column, with what is only about it: its indexes and constraints, its type, nullability and default."""
    ours, theirs = column(facts.existing(drop), drop.name), column(facts.wanted(made), made.name)
    steps = [
        new_name(made, drop.name, made.name),
        *(renaming(old, new) for old, new in _parts(drop, made, facts) if new.name and old.name != new.name),
        *(changes(made, ours, theirs) if ours and theirs else ()),
    ]
    return edit_of(f"Renamed as asked: {drop.object} to {made.name}.", of_column(drop, made, facts), steps)


def of_column(drop: Operation, made: Operation, facts: ReviewContext) -> set[int]:
    """Return the ids of all operations that a renamed column is behind."""
    return {drop.id, made.id, *(item.id for pair in _parts(drop, made, facts) for item in pair)}


def edit_of(comment: str, ids: set[int], steps: list[Step]) -> Edit:
    """Return steps in the place of operations."""
    return Edit(
        comment=comment,
        replaces=tuple(sorted(ids)),
        upgrade=tuple(up for up, _ in steps),
        downgrade=tuple(down for _, down in reversed(steps) if down),
    )


def new_name(table: Operation, old: str, new: str) -> Step:
    """Rename a column of an operation's table."""
    return (
        alter_column(table.table, old, table.schema, new_name=new),
        alter_column(table.table, new, table.schema, new_name=old),
    )


def renaming(old: Operation, new: Operation) -> Step:
    """Rename a constraint or index as its successor is called."""
    return rename(old, old.name, new.name), rename(old, new.name, old.name)


def _parts(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[tuple[Operation, Operation]]:
    """Pair what is dropped with the old column and made with the new one, and is the same but for the column."""
    own = facts.on_table(table_name(drop))
    taken: set[int] = set()
    for old in (item for item in own if item.kind in ("drop_index", "drop_constraint") and drop.name in item.columns):
        fits = (new for new in own if new.id not in taken and _same_but(old, new, drop.name, made.name))
        successor = next(fits, None)
        if successor:
            taken.add(successor.id)
            yield old, successor


def _same_but(old: Operation, new: Operation, name: str, new_name: str) -> bool:
    columns = tuple(new_name if item == name else item for item in old.columns)
    return (
        new.kind == old.kind.replace("drop", "create")
        and (new.constraint, new.unique, new.referent) == (old.constraint, old.unique, old.referent)
        and sorted(new.columns) == sorted(columns)
    )


def changes(table: Operation, ours: Column, theirs: Column) -> Iterator[Step]:
    """Yield what differs between a column as it was and as the models have it, beside the name."""
    if ours.type != theirs.type:
        yield _retyped(table, theirs, theirs), _retyped(table, theirs, ours)
    if ours.nullable != theirs.nullable:
        yield _altered(table, theirs, nullable=theirs.nullable), _altered(table, theirs, nullable=ours.nullable)
    if ours.default != theirs.default and not (ours.sequence_of or theirs.sequence_of):
        both = [_altered(table, theirs, server_default=each.default) for each in (theirs, ours)]
        yield both[0], both[1]


def _altered(table: Operation, column: Column, **said: object) -> Piece:
    return alter_column(table.table, column.name, table.schema, **said)


def _retyped(table: Operation, column: Column, to: Column) -> Piece:
    name = sql.name(column.name)
    return execute(f"ALTER TABLE {sql.operated(table)} ALTER COLUMN {name} TYPE {to.type} USING {name}::{to.type}")
