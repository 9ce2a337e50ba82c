"""What became of the database when a revision was executed: rows that went, a way back that is none, traces."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from migrations_tools.catalog import Difference, compare
from migrations_tools.data import ContentsChange
from migrations_tools.data import compare as compare_rows
from migrations_tools.review.analysis.failures import object_of, told, what
from migrations_tools.review.analysis.sql_keywords import names
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet
from migrations_tools.revision_runs import Executed, RevisionPass, State

CATALOGUE = RuleSet()
_FEW = 3
_REFUSES = "NotImplementedError"

# --- rows --------------------------------------------------------------------------------------------------------


@CATALOGUE.rule(
    "DT08",
    "rows-lost",
    "hold",
    why="What was in the tables is gone after the upgrade, and no statement of the file says so.",
    way_out="Look at what the line does besides what it says: ON DELETE CASCADE, a conversion, a trigger.",
)
def rows_lost(facts: ReviewContext) -> Iterator[Finding]:
    """Find rows or values that are lost in upgrade() with no statement on their table that explains it."""
    trip = facts.executed
    if trip is None or trip.before is None or trip.after_up is None or trip.up is None:
        return
    for change in _changes(trip.before, trip.after_up):
        if _is_unsaid(trip.up, change):
            line = _line_about(trip.up, change.table)
            yield Finding(
                object=".".join(filter(None, (change.table, change.column))),
                severity="error" if facts.by_hand else "",
                sentence=f"{change.sentence.removesuffix('.')} in upgrade(), and no statement on it says so.",
                file=trip.file,
                line=line,
                evidence=("Seen with rows that were made up for every table.",),
                ways_out=("Look at the line: ON DELETE CASCADE, a trigger, or a conversion to NULL does this.",),
            )


def _changes(before: State, after: State) -> tuple[ContentsChange, ...]:
    return compare_rows(before.contents, after.contents) if before.contents and after.contents else ()


_CHANGES_ROWS = frozenset({"DELETE", "TRUNCATE", "UPDATE", "MERGE", "INSERT", "WITH", "DO", "SELECT", "CALL"})


def _is_unsaid(up: RevisionPass, change: ContentsChange) -> bool:
    """Return whether something is lost without a statement that changes rows and names the table."""
    local = change.table.rpartition(".")[2]
    said = any(each.sort in _CHANGES_ROWS and names(each.sql, local) for _, each in up.statements)
    return change.kind in ("rows lost", "values lost") and not said


def _line_about(up: RevisionPass, table: str) -> int:
    """Return the line that most likely changed the rows of a table: by its statement, its locks, or its name."""
    local = table.rpartition(".")[2]
    named = [(step.line, each.sort in _CHANGES_ROWS) for step, each in up.statements if names(each.sql, local)]
    locked = [step.line for step, each in up.statements if any(lock.relation.name == local for lock in each.locks)]
    said = [line for line, changes in named if changes]
    lines = (*said[-1:], *locked[-1:], *(line for line, _ in named[-1:]), *(step.line for step in up.steps[-1:]))
    return next(iter(lines), 0)


@CATALOGUE.rule(
    "DG06",
    "data-without-a-way-back",
    "info",
    why="After a downgrade the rows are not what they were.",
    way_out="Keep the old values where downgrade() can take them from, or say in it that there is no way back.",
)
def data_without_a_way_back(facts: ReviewContext) -> Iterator[Finding]:
    """Find rows or values that upgrade() changes and downgrade() does not change back."""
    trip = facts.trip
    if trip is None or trip.before is None or trip.after_up is None or trip.after_down is None or trip.up is None:
        return
    changes = [each for each in _changes(trip.before, trip.after_up) if each.is_of_data]
    during = {(each.table, each.column): each for each in changes if not _is_unsaid(trip.up, each)}
    after = {(each.table, each.column) for each in _changes(trip.before, trip.after_down) if each.is_of_data}
    for place, change in during.items():
        if place in after:
            yield Finding(
                object=".".join(filter(None, place)),
                file=trip.file,
                line=_line_about(trip.up, change.table),
                sentence=f"{change.sentence.removesuffix('.')}, and downgrade() does not bring back what was.",
            )


# --- downgrade() -------------------------------------------------------------------------------------------------


@CATALOGUE.rule(
    "DG01",
    "no-way-back",
    "warn",
    why="A deploy that goes wrong cannot be taken back, and Alembic believes that it was.",
    way_out='Write what undoes upgrade(), or `raise NotImplementedError("why not")`.',
)
def no_way_back(facts: ReviewContext) -> Iterator[Finding]:
    """Find a downgrade() that is missing or does nothing while upgrade() changes the schema."""
    trip = facts.trip
    if trip is None or trip.after_up is None or trip.before is None or trip.down is None:
        return
    line = _line_of(facts, trip, "downgrade")
    missing = trip.refuses_downgrade and not line
    if (trip.omits_downgrade or missing) and compare(trip.after_up.catalog, trip.before.catalog):
        made = _few(compare(trip.after_up.catalog, trip.before.catalog), _MADE)
        yield Finding(
            object=trip.revision,
            file=trip.file,
            line=line or _line_of(facts, trip, "upgrade") or 1,
            sentence=f"{'There is no downgrade()' if missing else 'downgrade() does nothing'}, and upgrade() does:"
            f" {made}.",
            effect="After a downgrade Alembic believes to be where it is not, and the next upgrade fails.",
            ways_out=('Write what undoes it, or `raise NotImplementedError("why not")`.',),
        )


_MADE = {"missing": "is gone", "unexpected": "is new", "renamed": "has another name", "different": "is different"}
_LEFT = {"missing": "is gone", "unexpected": "is left", "renamed": "has another name", "different": "is different"}


def _few(found: Sequence[Difference], said: dict[str, str]) -> str:
    words = list(dict.fromkeys(f"{item.object} {said[item.sort]}" for item in found))
    more = f" and {len(words) - _FEW} more" if len(words) > _FEW else ""
    return ", ".join(words[:_FEW]) + more


def _line_of(facts: ReviewContext, trip: Executed, function: str) -> int:
    source = next((each.source for each in facts.history if each.revision == trip.revision), "")
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return 0
    return next((node.lineno for node in body if isinstance(node, ast.FunctionDef) and node.name == function), 0)


@CATALOGUE.rule(
    "DG03",
    "downgrade-fails",
    "error",
    why="A deploy that goes wrong cannot be taken back.",
    way_out='Mend downgrade(), or `raise NotImplementedError("why not")`.',
)
def downgrade_fails(facts: ReviewContext) -> Iterator[Finding]:
    """Find a downgrade() that fails; a warning where it takes rows to fail."""
    trip = facts.trip
    down = trip.down if trip else None
    if trip is None or down is None or down.failure is None or down.failure.type == _REFUSES:
        return
    failure = down.failure
    operation = down.steps[failure.step].operation if failure.step is not None else None
    rows = facts.needs_rows("downgrade")
    yield Finding(
        object=object_of(down, failure, operation),
        severity="warn" if rows else "",
        file=failure.file,
        line=failure.line,
        evidence=told(failure),
        sentence=f"{what(failure, operation)} fails in downgrade(){' when there are rows' if rows else ''}.",
    )


@CATALOGUE.rule(
    "DG04",
    "trace-left",
    "warn",
    why="After upgrade and downgrade the database is not what it was; often the next upgrade fails.",
    way_out="Let downgrade() undo everything that upgrade() does.",
)
def trace_left(facts: ReviewContext) -> Iterator[Finding]:
    """Find something that is left, gone or different after upgrade() and downgrade(), or that the next upgrade meets.

    An error where the second upgrade fails; a note for an extension or an enum's new label, which nobody takes back.
    """
    trip = facts.trip
    if trip is None or trip.before is None or trip.after_down is None or trip.omits_downgrade:
        return
    different = compare(trip.after_down.catalog, trip.before.catalog)
    found = [item for item in different if item.notable and not _came_back(trip, item)]
    failure = trip.again.failure if trip.again else None
    if not found and failure is None:
        return
    grave: Severity = "error" if failure else "info" if all(map(_stays, found)) else "warn"
    left = _few(found, _LEFT) if found else "the same schema, and other rows"
    yield Finding(
        object=trip.revision,
        severity=grave,
        file=trip.file,
        line=_line_of(facts, trip, "downgrade") or 1,
        sentence=f"downgrade() leaves something behind: {left}.",
        effect="The next upgrade fails." if failure else "",
        evidence=told(failure) if failure else (),
    )


def _came_back(trip: Executed, item: Difference) -> bool:
    """Return whether a column was gone in between: it comes back without values, and where there are rows nullable."""
    up = trip.after_up
    return item.aspect == "nullability" and up is not None and item.object not in up.catalog.by_identity()


def _stays(item: Difference) -> bool:
    return item.kind == "extension" or (item.kind == "enum" and item.sort == "different")


# --- against the models ------------------------------------------------------------------------------------------


@CATALOGUE.rule(
    "AG09",
    "not-convergent",
    "error",
    why="After the upgrade the schema is still not the models', so that a fresh install is not what the models say.",
    way_out="Write the rest into the file by hand, or mend the model.",
)
def not_convergent(facts: ReviewContext) -> Iterator[Finding]:
    """Find what still differs from the models when the generated file has been executed, beyond what was held back."""
    trip = facts.executed
    for item in facts.left:
        yield Finding(
            object=item.name,
            file=trip.file if trip else "",
            sentence=f"Still different after the upgrade: {item.sentence()}.",
            effect="Autogenerate does not see this, or does not write it.",
            ways_out=("Write it into the file by hand, or mend the model.",),
        )
