"""What a file that somebody wrote takes away: it is meant, so nothing is held back, but it is said what goes with it.

What is gone is seen in the database, before and after, so that SQL in `op.execute()` counts like an operation.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column, Constraint, Index, Table
from migrations_tools.review.analysis.sql_keywords import names, words
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.revision_runs import Executed, OperationRun, RevisionPass

_CODES: dict[str, tuple[str, Severity, str]] = {
    "unique": ("FD01", "info", "Duplicates become possible; ON CONFLICT and lookups that rely on it break."),
    "check": ("FD09", "info", "A rule of the data is lost."),
    "exclusion": ("FD14", "info", "A rule of the data is lost."),
    "foreign key": ("FD10", "info", "Rows can point to nothing."),
    "primary key": ("AG06", "warn", "Rows can no longer be told apart."),
}
_RENAMED = "The version that still runs uses the old name until it is replaced."
_TWO_DEPLOYS = "In one deploy, let the application do without it; drop it in a later one."


def taken_away(facts: ReviewContext) -> Iterator[Finding]:
    """Yield, under the codes of the rules about drops, what an existing table loses and which tables go."""
    trip = facts.trip
    if not facts.by_hand or trip is None or trip.before is None or trip.after_up is None or trip.up is None:
        return
    before, after = trip.before.catalog, trip.after_up.catalog
    for table in before.tables:
        now = after.table(table.qualified_name)
        if now is not None:
            yield from _from_table(trip, trip.up, table, now)
        elif table.kind in ("ordinary", "partitioned"):
            yield _table_gone(trip, trip.up, table)


def _table_gone(trip: Executed, up: RevisionPass, table: Table) -> Finding:
    step = _step(up, table.name)
    renamed = _renames(step)
    return Finding(
        code="BC03" if renamed else "BC02",
        severity="warn",
        object=table.qualified_name,
        sentence=f"The table {table.qualified_name} {'gets another name' if renamed else 'is dropped, with its rows'}.",
        effect=_RENAMED if renamed else "The version that still runs uses it until it is replaced.",
        ways_out=(_TWO_DEPLOYS,) if not renamed else (),
        file=trip.file,
        line=step.line if step else 0,
    )


def _from_table(trip: Executed, up: RevisionPass, table: Table, now: Table) -> Iterator[Finding]:
    kept = {column.name for column in now.columns}
    gone = [column for column in table.columns if column.name not in kept]
    for column in gone:
        yield _column_gone(trip, up, table, column)
    lost = {column.name for column in gone}
    definitions = {constraint.definition for constraint in now.constraints}
    for constraint in table.constraints:
        meant = constraint.definition not in definitions and constraint.type in _CODES
        if meant and not lost & set(constraint.columns) and not _same_name(constraint, now):
            yield _constraint_gone(trip, up, table, constraint)
    covered = {index.columns for index in now.indexes} | {constraint.columns for constraint in now.constraints}
    for index in table.indexes:
        if not lost & set(index.columns) and not _same_name(index, now) and index.columns not in covered:
            yield _index_gone(trip, up, table, index)


def _same_name(item: Constraint | Index, now: Table) -> bool:
    """Return whether it is there in another form: changed, not dropped."""
    return any(other.name == item.name and other.noun == item.noun for other in (*now.constraints, *now.indexes))


def _column_gone(trip: Executed, up: RevisionPass, table: Table, column: Column) -> Finding:
    step = _step(up, table.name, column.name)
    renamed = _renames(step)
    path = f"{table.qualified_name}.{column.name}"
    silent = [] if renamed else [item for item in _resting_on(table, column) if not _dropped(up, item.name)]
    with_it = tuple(f"With it goes, unsaid: {_words(item)}" for item in silent)
    return Finding(
        code="BC03" if renamed else "BC01",
        severity="warn",
        object=path,
        evidence=with_it,
        sentence=f"The column {path} {'gets another name' if renamed else 'is dropped, with its values'}.",
        effect=_RENAMED if renamed else "The version that still runs uses it until it is replaced.",
        ways_out=(_TWO_DEPLOYS,) if not renamed else (),
        file=trip.file,
        line=step.line if step else 0,
        aliases=("FD11",) if silent else (),
    )


def _resting_on(table: Table, column: Column) -> list[Constraint | Index]:
    constraints = [item for item in table.constraints if column.name in item.columns]
    return [*constraints, *(item for item in table.indexes if column.name in item.columns)]


def _words(item: Constraint | Index) -> str:
    return f"{item.type} constraint {item.name}" if isinstance(item, Constraint) else f"index {item.name}"


def _dropped(up: RevisionPass, name: str) -> bool:
    return any("DROP" in words(each.sql) and names(each.sql, name) for _, each in up.statements)


def _constraint_gone(trip: Executed, up: RevisionPass, table: Table, constraint: Constraint) -> Finding:
    code, severity, effect = _CODES[constraint.type]
    step = _step(up, constraint.name)
    return Finding(
        code=code,
        severity=severity,
        object=f"{table.qualified_name}.{constraint.name}",
        effect=effect,
        sentence=f"The {constraint.type}{'' if ' ' in constraint.type else ' constraint'} {constraint.name} of table"
        f" {table.qualified_name} is dropped.",
        file=trip.file,
        line=step.line if step else 0,
    )


def _index_gone(trip: Executed, up: RevisionPass, table: Table, index: Index) -> Finding:
    step = _step(up, index.name)
    effect = "Duplicates become possible." if index.unique else "Lookups that used it read the whole table."
    return Finding(
        code="FD08",
        severity="info",
        object=f"{table.qualified_name}.{index.name}",
        effect=effect,
        sentence=f"The {'unique ' if index.unique else ''}index {index.name} of table {table.qualified_name} is"
        " dropped.",
        file=trip.file,
        line=step.line if step else 0,
    )


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
