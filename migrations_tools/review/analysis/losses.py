"""What existing tables lose in a revision, seen in the database before and after it was executed.

SQL in `op.execute()` counts like an operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrations_tools.catalog import Column, Constraint, Index, Table
from migrations_tools.review.analysis.objects import children
from migrations_tools.review.analysis.sql_keywords import names, words
from migrations_tools.review.context import ReviewContext
from migrations_tools.revision_runs import OperationRun, RevisionPass


@dataclass(frozen=True, slots=True)
class Loss:
    """A table, column, constraint or index that is gone, or has another name; `line` is that of the statement."""

    thing: Table | Column | Constraint | Index
    path: str
    file: str
    line: int
    renamed: bool = False
    # What goes with a column though no statement names it.
    silent: tuple[str, ...] = ()


def losses(facts: ReviewContext) -> Iterator[Loss]:
    """Yield what an existing table loses and which tables go, in a file that somebody wrote."""
    trip = facts.trip
    if not facts.by_hand or trip is None or trip.before is None or trip.after_up is None or trip.up is None:
        return
    after = {table.qualified_name: table for table in trip.after_up.catalog.tables}
    for table in trip.before.catalog.tables:
        now = after.get(table.qualified_name)
        if now is not None:
            yield from _from_table(trip.file, trip.up, table, now)
        elif table.kind in ("ordinary", "partitioned"):
            step = _step(trip.up, table.name)
            yield Loss(table, table.qualified_name, trip.file, step.line if step else 0, _renames(step))


def _from_table(file: str, up: RevisionPass, table: Table, now: Table) -> Iterator[Loss]:
    kept = {column.name for column in now.columns}
    gone = [column for column in table.columns if column.name not in kept]
    for column in gone:
        step = _step(up, table.name, column.name)
        silent = () if _renames(step) else tuple(_unnamed(up, table, column))
        path = f"{table.qualified_name}.{column.name}"
        yield Loss(column, path, file, step.line if step else 0, _renames(step), silent)
    lost = {column.name for column in gone}
    for thing in _parts(table, now):
        if lost.isdisjoint(thing.columns) and not _same_name(thing, now):
            step = _step(up, thing.name)
            yield Loss(thing, f"{table.qualified_name}.{thing.name}", file, step.line if step else 0)


def _parts(table: Table, now: Table) -> Iterator[Constraint | Index]:
    """Yield the constraints and indexes that have no like on the same columns."""
    definitions = {constraint.definition for constraint in now.constraints}
    yield from (constraint for constraint in table.constraints if constraint.definition not in definitions)
    covered = {index.columns for index in now.indexes} | {constraint.columns for constraint in now.constraints}
    yield from (index for index in table.indexes if index.columns not in covered)


def _same_name(item: Constraint | Index, now: Table) -> bool:
    """Return whether it is there in another form: changed, not dropped."""
    return any(other.name == item.name and other.noun == item.noun for other in (*now.constraints, *now.indexes))


def _unnamed(up: RevisionPass, table: Table, column: Column) -> Iterator[str]:
    """Name what rests on a column and goes with it though no statement drops it by name."""
    for item in children(table):
        if column.name in item.columns and not _is_dropped(up, item.name):
            yield f"{item.type} constraint {item.name}" if isinstance(item, Constraint) else f"index {item.name}"


def _is_dropped(up: RevisionPass, name: str) -> bool:
    return any("DROP" in words(each.sql) and names(each.sql, name) for _, each in up.statements)


def _step(up: RevisionPass, *wanted: str) -> OperationRun | None:
    """Return the step that took something away: the last one that sent a statement with all of its names."""
    found = [
        step
        for step, each in up.statements
        if {"DROP", "RENAME", "CASCADE"} & set(words(each.sql)) and all(names(each.sql, name) for name in wanted)
    ]
    return found[-1] if found else None


def _renames(step: OperationRun | None) -> bool:
    return step is not None and any("RENAME" in words(each.sql) for each in step.statements)
