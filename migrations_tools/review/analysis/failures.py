"""What made upgrade() fail when it was executed, under the code of its kind."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.sql_keywords import has, shown, words
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet
from migrations_tools.revision_runs import Failure, RevisionPass

CATALOGUE = RuleSet()

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_NOT_NULL, _TYPES, _IN_TRANSACTION = "23502", "42804", "25001"
_BY_STATE = {
    "23505": ("DT03", "two rows may be alike"),
    "23503": ("DT07", "a row may point to nothing"),
    "23514": ("DT09", "a row may not be as the check wants it"),
    "23P01": ("DT09", "two rows may exclude each other"),
    "22001": ("DT04", "a value may be too long"),
    "22003": ("DT04", "a value may be too large"),
    "22P02": ("DT05", "a value may not be one of the new type"),
    "22007": ("DT05", "a value may not be one of the new type"),
    "22008": ("DT05", "a value may not be one of the new type"),
}


@CATALOGUE.rule(
    "AG12",
    "upgrade-fails",
    "error",
    why="The deploy stops there.",
    way_out="Look at the statement and at what PostgreSQL says.",
)
def upgrade_fails(facts: ReviewContext) -> Iterator[Finding]:
    """Find an upgrade() that fails when it is executed; a note only where it needs certain rows to fail."""
    yield from (finding for finding in failures(facts) if finding.code == "AG12")
    trip = facts.executed
    if trip and trip.before and trip.up is None and trip.stopped:
        yield Finding(object=trip.revision, file=trip.file, line=1, sentence=f"It was not executed: {trip.stopped}")


@CATALOGUE.rule(
    "DT09",
    "check-on-existing-rows",
    "info",
    why="It fails where a row is not as the check wants it.",
    way_out="Mend such rows first, in the same revision.",
)
def check_on_existing_rows(facts: ReviewContext) -> Iterator[Finding]:
    """Find a check or exclusion constraint that rows which were made up do not satisfy."""
    yield from (finding for finding in failures(facts) if finding.code == "DT09")


def failures_of_rows(facts: ReviewContext) -> Iterator[Finding]:
    """Yield, under the codes of the rules that foresee them, the failures that came with rows."""
    yield from (finding for finding in failures(facts) if finding.code not in ("AG12", "DT09"))


def failures(facts: ReviewContext) -> Iterator[Finding]:
    """Yield the error that ended upgrade(), under the code of its kind; CONCURRENTLY in a transaction is LK02's."""
    up = facts.executed.up if facts.executed else None
    if up is None or up.failure is None or _is_concurrently(up.failure):
        return
    failure = up.failure
    operation = up.steps[failure.step].operation if failure.step is not None else None
    code, severity, said = _kind(failure, operation, facts.needs_rows("upgrade"), facts.real)
    yield Finding(
        object=object_of(up, failure, operation),
        code=code,
        severity=severity,
        file=failure.file,
        line=failure.line,
        sentence=f"{what(failure, operation)} {said}",
        evidence=told(failure),
        operations=_ids(operation),
        ways_out=_WAYS_OUT.get(code, ()),
    )


_WAYS_OUT = {
    "DT01": ("Give the column a server_default; or add it nullable, fill it, and then set NOT NULL.",),
    "DT02": ('Fill the rows that have no value first: op.execute("UPDATE … SET … WHERE … IS NULL").',),
    "DT05": ('Say how old values become new ones: postgresql_using="…".',),
}


def _is_concurrently(failure: Failure) -> bool:
    return failure.sqlstate == _IN_TRANSACTION and "CONCURRENTLY" in words(failure.statement)


def _kind(failure: Failure, operation: Operation | None, by_rows: bool, real: bool) -> tuple[str, Severity, str]:
    """Return the code of an error's kind, how grave it is, and the end of a sentence."""
    found = words(failure.statement)
    severity: Severity = "error" if real else "info"
    which = "on the rows that were given" if real else "on rows that were made up"
    if failure.sqlstate == _TYPES and "TYPE" in found:
        return "DT05", "error", "fails: PostgreSQL knows no way from the old type to the new one."
    if not by_rows:
        return "AG12", "error", "fails, whatever is in the tables."
    if failure.sqlstate == _NOT_NULL and (has(found, "ADD", "COLUMN") or _is(operation, "add_column")):
        return "DT01", "error", "fails on every table that has a row: existing rows have no value for it."
    if failure.sqlstate == _NOT_NULL and has(found, "SET", "NOT", "NULL"):
        return "DT02", severity, f"failed {which}: a row may have no value."
    code, why = _BY_STATE.get(failure.sqlstate, ("AG12", "it depends on the rows"))
    return code, severity, f"failed {which}: {why}."


def _is(operation: Operation | None, kind: str) -> bool:
    return operation is not None and operation.kind == kind


def what(failure: Failure, operation: Operation | None) -> str:
    """Begin a sentence with what failed: "Add column users.country"."""
    if operation and operation.object:
        return operation.summary()[:1].upper() + operation.summary()[1:]
    return "This statement" if failure.statement else "This line"


def object_of(made: RevisionPass, failure: Failure, operation: Operation | None) -> str:
    """Return what an error is about, as far as that can be told: an object, else the file."""
    return operation.object if operation and operation.object else failure.file or made.revision


def _ids(operation: Operation | None) -> tuple[int, ...]:
    return (operation.id,) if operation else ()


def told(failure: Failure) -> tuple[str, ...]:
    """Return what the database, or Python, says of an error, and the statement."""
    lines = [f"The database says: {failure.message}" if failure.sqlstate else f"{failure.type}: {failure.message}"]
    lines += [failure.detail] if failure.detail else []
    return (*lines, *([f"The statement: {shown(failure.statement)}"] if failure.statement else []))
