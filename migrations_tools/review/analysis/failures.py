"""What made upgrade() or downgrade() fail when it was executed: the kind of error, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.sql_keywords import has, shown, words
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.revision_runs import Failure, RevisionPass

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_NOT_NULL, _TYPES, _IN_TRANSACTION, _UNSAFE_NEW_LABEL = "23502", "42804", "25001", "55P04"
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """The code of an error's kind, how grave it is, and the end of a sentence."""

    code: str
    severity: Severity
    words: str


def failure_of(facts: ReviewContext) -> Finding | None:
    """Return the error that ended upgrade(), under the code of its kind; CONCURRENTLY in a transaction is LK02's."""
    up = facts.executed.up if facts.executed else None
    if up is None or up.failure is None or is_concurrently(up.failure):
        return None
    failure, operation = up.failure, failed_operation(up)
    effect, ways_out = advice_on(failure.sqlstate)
    kind = _kind(failure, operation, facts.needs_rows("upgrade"), facts.real)
    return Finding(
        object=object_of(up, failure, operation),
        code=kind.code,
        severity=kind.severity,
        file=failure.file,
        line=failure.line,
        sentence=f"{what(failure, operation)} {kind.words}",
        evidence=told(failure),
        effect=effect,
        ways_out=ways_out,
        operations=(operation.id,) if operation else (),
    )


_NEW_LABEL = (
    "PostgreSQL lets nothing use a label before the transaction that adds it has ended, and env.py runs all revisions"
    " in one."
)
_LET_ALEMBIC_BEGIN = (
    "Let Alembic open the transactions: in env.py write `with engine.connect() as connection:` where it has"
    " `with engine.begin() as connection:`, and `transaction_per_migration=True` in context.configure()."
)
_COMMIT_FIRST = (
    _LET_ALEMBIC_BEGIN,
    "In a file of your own, add the label inside `with op.get_context().autocommit_block():`.",
)


def advice_on(sqlstate: str) -> tuple[str, tuple[str, ...]]:
    """Return the effect and the ways out of a label's use in the transaction that adds it; nothing on other errors."""
    return (_NEW_LABEL, _COMMIT_FIRST) if sqlstate == _UNSAFE_NEW_LABEL else ("", ())


def is_concurrently(failure: Failure) -> bool:
    """Return whether it is CONCURRENTLY inside a transaction that failed."""
    return failure.sqlstate == _IN_TRANSACTION and "CONCURRENTLY" in words(failure.statement)


def failed_operation(made: RevisionPass) -> Operation | None:
    """Return the operation that failed, if it was one."""
    step = made.failure.step if made.failure else None
    return made.steps[step].operation if step is not None else None


def _kind(failure: Failure, operation: Operation | None, by_rows: bool, real: bool) -> _Kind:
    found = words(failure.statement)
    severity: Severity = "error" if real else "info"
    which = "on the rows of your dump" if real else "on rows that were made up"
    if failure.sqlstate == _TYPES and "TYPE" in found:
        return _Kind("DT05", "error", "fails: PostgreSQL does not cast the old type to the new one.")
    if not by_rows:
        return _Kind("AG12", "error", "fails, whatever is in the tables.")
    adds = has(found, "ADD", "COLUMN") or (operation is not None and operation.kind == "add_column")
    if failure.sqlstate == _NOT_NULL and adds:
        return _Kind("DT01", "error", "fails on every table that has a row: existing rows have no value for it.")
    if failure.sqlstate == _NOT_NULL and has(found, "SET", "NOT", "NULL"):
        return _Kind("DT02", severity, f"failed {which}: a row may have no value.")
    code, why = _BY_STATE.get(failure.sqlstate, ("AG12", "it depends on the rows"))
    return _Kind(code, severity, f"failed {which}: {why}.")


def what(failure: Failure, operation: Operation | None) -> str:
    """Begin a sentence with what failed: "Add column users.country"."""
    if operation and operation.object:
        return begun(operation.summary())
    return "This statement" if failure.statement else "This line"


def begun(words: str) -> str:
    """Return words as a sentence begins with them."""
    return words[:1].upper() + words[1:]


def object_of(made: RevisionPass, failure: Failure, operation: Operation | None) -> str:
    """Return what an error is about, as far as that can be told: an object, else the file."""
    return operation.object if operation and operation.object else failure.file or made.revision


def told(failure: Failure) -> tuple[str, ...]:
    """Return what the database, or Python, says of an error, and the statement."""
    lines = [f"The database says: {failure.message}" if failure.sqlstate else f"{failure.type}: {failure.message}"]
    lines += [failure.detail] if failure.detail else []
    return (*lines, *([f"The statement: {shown(failure.statement)}"] if failure.statement else []))
