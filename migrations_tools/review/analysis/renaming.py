"""The repair that carries a rename out: of the object itself, and of what is named after it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrations_tools.catalog import Column, Constraint, Index, Table
from migrations_tools.operations import Operation
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.objects import children, column
from migrations_tools.review.analysis.relations import same_table
from migrations_tools.review.analysis.replacements import rename, rename_constraint
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit, Piece, alter_column, execute
from migrations_tools.review.edits import rename_table as renamed

Step = tuple[Piece, Piece]  # the way up, and the way back


def rename_column(drop: Operation, made: Operation, facts: ReviewContext) -> Edit:
    """Rename a column, with what is only about it: its indexes and constraints, its type, nullability and default."""
    steps = [
        (
            alter_column(drop.table, drop.name, drop.schema, new_name=made.name),
            alter_column(drop.table, made.name, drop.schema, new_name=drop.name),
        ),
        *(_renaming(old, new) for old, new in _parts(drop, made, facts) if new.name and old.name != new.name),
        *_changes(drop, made, facts),
    ]
    return _edit(f"Renamed as asked: {drop.object} to {made.name}.", of_column(drop, made, facts), steps)


def of_column(drop: Operation, made: Operation, facts: ReviewContext) -> set[int]:
    """Return the ids of all operations that a renamed column is behind."""
    return {drop.id, made.id, *(item.id for pair in _parts(drop, made, facts) for item in pair)}


def _edit(comment: str, ids: set[int], steps: list[Step]) -> Edit:
    return Edit(
        comment=comment,
        replaces=tuple(sorted(ids)),
        upgrade=tuple(up for up, _ in steps),
        downgrade=tuple(down for _, down in reversed(steps)),
    )


def _renaming(old: Operation, new: Operation) -> Step:
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


def _changes(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[Step]:
    """Yield what differs between the column as it was and as the models have it, beside the name."""
    ours, theirs = column(facts.existing(drop), drop.name), column(facts.wanted(made), made.name)
    if ours is None or theirs is None:
        return
    if ours.type != theirs.type:
        yield _retyped(made, theirs), _retyped(made, ours)
    if ours.nullable != theirs.nullable:
        yield _altered(made, nullable=theirs.nullable), _altered(made, nullable=ours.nullable)
    if ours.default != theirs.default and not (ours.sequence_of or theirs.sequence_of):
        yield _altered(made, server_default=theirs.default), _altered(made, server_default=ours.default)


def _altered(made: Operation, **changes: object) -> Piece:
    return alter_column(made.table, made.name, made.schema, **changes)


def _retyped(made: Operation, to: Column) -> Piece:
    name = sql.name(made.name)
    return execute(f"ALTER TABLE {sql.operated(made)} ALTER COLUMN {name} TYPE {to.type} USING {name}::{to.type}")


# --- tables ---------------------------------------------------------------------------------------------------------


def rename_table(drop: Operation, made: Operation, facts: ReviewContext) -> Edit:
    """Rename a table, and its sequences, indexes and constraints as far as the models' names say."""
    steps = [
        (renamed(drop.table, made.table, drop.schema), renamed(made.table, drop.table, drop.schema)),
        *_named_after(drop, made, facts),
        *(_renaming(old, new) for old, new in _keys(drop, made, facts) if new.name and old.name != new.name),
    ]
    return _edit(f"Renamed as asked: {drop.object} to {made.table}.", of_table(drop, made, facts), steps)


def of_table(drop: Operation, made: Operation, facts: ReviewContext) -> set[int]:
    """Return the ids of all operations that a renamed table is behind."""
    ids = {drop.id, made.id, *(item.id for pair in _keys(drop, made, facts) for item in pair)}
    ids |= {item.id for item in facts.on_table(table_name(drop)) if item.is_drop}
    return ids | {item.id for item in facts.on_table(table_name(made)) if item.kind.startswith("create")}


def left_to_do(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[str]:
    """Yield what the rename of a table leaves out."""
    ours, theirs = facts.existing(drop), facts.wanted(made)
    if ours is None or theirs is None:
        yield "Its constraints and indexes keep their names: the models' schema, which has the new ones, is not known."
    elif {(item.name, item.type) for item in ours.columns} != {(item.name, item.type) for item in theirs.columns}:
        yield "Its columns differ too: once this file is applied, `invoke generate` finds the rest under the new name."


def _keys(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[tuple[Operation, Operation]]:
    """Pair the foreign keys of other tables that led to the old table and are to lead to the new one."""
    for old in facts.operations:
        if old.kind == "drop_constraint" and old.referent == drop.table and not same_table(old, drop):
            yield from (
                (old, new)
                for new in facts.on_table(table_name(old))
                if new.kind == "create_constraint" and new.referent == made.table and new.columns == old.columns
            )


def _named_after(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[Step]:
    ours, theirs = facts.existing(drop), facts.wanted(made)
    if ours is None or theirs is None:
        return
    table = sql.operated(made)
    for old, new in _same_children(ours, theirs):
        if old.name != new.name and isinstance(old, Constraint):
            yield rename_constraint(table, old.name, new.name), rename_constraint(table, new.name, old.name)
        elif old.name != new.name:
            yield _by_sql("INDEX", made.schema, old.name, new.name)
    for one, other in _sequences(ours, theirs, facts):
        yield _by_sql("SEQUENCE", made.schema, one, other)


def _by_sql(noun: str, schema: str, old: str, new: str) -> Step:
    return (
        execute(f"ALTER {noun} {sql.path(schema, old)} RENAME TO {sql.name(new)}"),
        execute(f"ALTER {noun} {sql.path(schema, new)} RENAME TO {sql.name(old)}"),
    )


def _same_children(ours: Table, theirs: Table) -> Iterator[tuple[Constraint | Index, Constraint | Index]]:
    """Pair constraints and indexes that say the same, one table's name put in the place of the other's."""
    left = list(children(theirs))
    for old in children(ours):
        said = re.sub(rf"(?<!\w){re.escape(ours.qualified_name)}(?=\()", theirs.qualified_name, old.description)
        found = next((new for new in left if type(new) is type(old) and new.description == said), None)
        if found is not None:
            left.remove(found)
            yield old, found


def _sequences(ours: Table, theirs: Table, facts: ReviewContext) -> Iterator[tuple[str, str]]:
    """Pair the sequences that the same columns draw from, where their names differ."""
    if facts.after is None:
        return
    new = {item.owned_by: item.name for item in facts.after.sequences if item.owner == theirs.qualified_name}
    for item in facts.before.sequences:
        if item.owner == ours.qualified_name and item.owned_by:
            name = new.get(f"{theirs.qualified_name}.{item.owned_by.rpartition('.')[2]}")
            if name and name != item.name:
                yield item.name, name
