"""What a revision did to the rows when it was executed, and which statement of it did so."""

from __future__ import annotations

from migrations_tools.data import ContentsChange
from migrations_tools.data import compare as compare_rows
from migrations_tools.review.analysis.sql_keywords import names
from migrations_tools.revision_runs import RevisionPass, State

_CHANGES_ROWS = frozenset({"DELETE", "TRUNCATE", "UPDATE", "MERGE", "INSERT", "WITH", "DO", "SELECT", "CALL"})


def row_changes(before: State, after: State) -> tuple[ContentsChange, ...]:
    """Return how the tables' contents differ between two states; nothing where one of them was not read."""
    return compare_rows(before.contents, after.contents) if before.contents and after.contents else ()


def is_unsaid(up: RevisionPass, change: ContentsChange) -> bool:
    """Return whether something is lost without a statement that changes rows and names the table."""
    local = change.table.rpartition(".")[2]
    said = any(each.sort in _CHANGES_ROWS and names(each.sql, local) for _, each in up.statements)
    return change.kind in ("rows lost", "values lost") and not said


def line_about(up: RevisionPass, table: str) -> int:
    """Return the line that most likely changed the rows of a table: by its statement, its locks, or its name."""
    local = table.rpartition(".")[2]
    named = [(step.line, each.sort in _CHANGES_ROWS) for step, each in up.statements if names(each.sql, local)]
    locked = [step.line for step, each in up.statements if any(lock.relation.name == local for lock in each.locks)]
    said = [line for line, changes in named if changes]
    lines = (*said[-1:], *locked[-1:], *(line for line, _ in named[-1:]), *(step.line for step in up.steps[-1:]))
    return next(iter(lines), 0)
