"""What a revision did to the rows when it was executed, and which statement of it did so."""

from __future__ import annotations

from collections.abc import Iterable

from migrations_tools.data import ContentsChange
from migrations_tools.data import compare as compare_rows
from migrations_tools.review.analysis.sql_keywords import names, words
from migrations_tools.revision_runs import Executed, RevisionPass, State

_CHANGES_ROWS = frozenset({"DELETE", "TRUNCATE", "UPDATE", "MERGE", "INSERT", "WITH", "DO", "SELECT", "CALL"})


def row_changes(before: State, after: State) -> tuple[ContentsChange, ...]:
    """Return how the tables' contents differ between two states; nothing where one of them was not read."""
    return compare_rows(before.contents, after.contents) if before.contents and after.contents else ()


def is_unsaid(trip: Executed, change: ContentsChange) -> bool:
    """Return whether something is lost without a statement that says so.

    Said is what a statement does that changes rows and names the table or a partition of it, or that takes a partition
    away, whose rows are the table's.
    """
    if change.kind not in ("rows lost", "values lost") or trip.up is None:
        return False
    parts = _partitions(trip.before, change.table)
    gone = parts - _partitions(trip.after_up, change.table)
    for _, each in trip.up.statements:
        if each.sort in _CHANGES_ROWS and _names_one(each.sql, {change.table, *parts}):
            return False
        if {"DROP", "DETACH"} & set(words(each.sql)) and _names_one(each.sql, gone):
            return False
    return True


def _names_one(statement: str, tables: Iterable[str]) -> bool:
    return any(names(statement, table.rpartition(".")[2]) for table in tables)


def _partitions(state: State | None, table: str) -> set[str]:
    """Return the partitions of a table, and those of its partitions."""
    found: set[str] = set()
    todo = {table}
    while state and todo:
        parts = (each for each in state.catalog.tables if each.kind == "partition" and todo & set(each.parents))
        todo = {each.qualified_name for each in parts} - found
        found |= todo
    return found


def line_about(up: RevisionPass, table: str) -> int:
    """Return the line that most likely changed the rows of a table: by its statement, its locks, or its name."""
    local = table.rpartition(".")[2]
    named = [(step.line, each.sort in _CHANGES_ROWS) for step, each in up.statements if names(each.sql, local)]
    locked = [step.line for step, each in up.statements if any(lock.relation.name == local for lock in each.locks)]
    said = [line for line, changes in named if changes]
    lines = (*said[-1:], *locked[-1:], *(line for line, _ in named[-1:]), *(step.line for step in up.steps[-1:]))
    return next(iter(lines), 0)
