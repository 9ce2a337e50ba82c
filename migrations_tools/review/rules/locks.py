"""Locks: what a revision makes others wait for, as it was measured while it ran.

Only tables that were there before count. How long a lock is held is a matter of how many rows there are, which nothing
here knows: a finding is a note, and a warning for tables that the setting `large_tables` names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from migrations_tools.review.analysis.failures import failed_operation, is_concurrently
from migrations_tools.review.analysis.lock_statements import LockingStatement, locking_statements
from migrations_tools.review.analysis.sql_keywords import has, shown
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet("executed")
_MANY = 10
_CONCURRENTLY = "`postgresql_concurrently=True`, inside `with op.get_context().autocommit_block():`."


def severity(facts: ReviewContext, tables: Collection[str]) -> Severity:
    """Return how grave a lock on tables is: more than a note only where one is known to be large."""
    return "warn" if facts.large & {"*", *tables} else "info"


def _finding(
    facts: ReviewContext, each: LockingStatement, sentence: str, partitioned: Callable[[str, str], str] | None = None
) -> Finding:
    """Return a finding; `partitioned` is the way out of a partitioned table, of its name and its partitions."""
    ways = (partitioned(name, ", ".join(parts)) for name, parts in each.partitions.items()) if partitioned else ()
    return Finding(
        object=each.object,
        sentence=sentence,
        ways_out=tuple(ways),
        severity=severity(facts, each.tables),
        file=each.step.file,
        line=each.statement.line or each.step.line,
    )


@FAMILY.rule(
    "LK01 index-without-concurrently",
    "info",
    why="Nothing can be written to the table while its index is built.",
    way_out=f"Create it with {_CONCURRENTLY}",
)
def index_without_concurrently(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index that is created on an existing table without CONCURRENTLY."""
    for each in locking_statements(facts):
        if each.statement.sort == "CREATE INDEX" and "CONCURRENTLY" not in each.words:
            yield _finding(facts, each, f"An index of {each.on} is created without CONCURRENTLY.", _index_by_parts)


def _index_by_parts(table: str, partitions: str) -> str:
    return (
        f"PostgreSQL builds no index of a partitioned table concurrently: CREATE INDEX … ON ONLY {table}, then one with"
        f" CONCURRENTLY on each partition ({partitions}), and ALTER INDEX … ATTACH PARTITION for each."
    )


@FAMILY.rule(
    "LK02 concurrently-inside-a-transaction",
    "error",
    why="PostgreSQL refuses it, so that the upgrade fails.",
    way_out="Put it inside `with op.get_context().autocommit_block():`.",
)
def concurrently_inside_a_transaction(facts: ReviewContext) -> Iterator[Finding]:
    """Find CONCURRENTLY inside a transaction."""
    up = facts.executed.up if facts.executed else None
    if up and up.failure and is_concurrently(up.failure):
        operation = failed_operation(up)
        yield Finding(
            object=operation.object if operation else up.revision,
            file=up.failure.file,
            line=up.failure.line,
            sentence="CONCURRENTLY stands inside a transaction, which Alembic opens for every revision.",
            evidence=(f"The statement: {shown(up.failure.statement)}",),
        )


@FAMILY.rule(
    "LK03 index-dropped-without-concurrently",
    "info",
    why="Dropping waits for everything that uses the table, and everything then waits for the drop.",
    way_out=f"Drop it with {_CONCURRENTLY}",
)
def index_dropped_without_concurrently(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index of an existing table that is dropped without CONCURRENTLY."""
    for each in locking_statements(facts):
        # Of an index that goes for good it has been said already that it goes.
        worth = severity(facts, each.tables) == "warn" or not facts.by_hand
        if worth and each.statement.sort == "DROP INDEX" and "CONCURRENTLY" not in each.words:
            yield _finding(facts, each, f"An index of {each.on} is dropped without CONCURRENTLY.", _dropped_whole)


def _dropped_whole(table: str, _partitions: str) -> str:
    return (
        f"PostgreSQL drops no index of a partitioned table concurrently: set a short lock_timeout, and drop it when"
        f" little uses {table}."
    )


@FAMILY.rule(
    "LK04 foreign-key-checked-under-lock",
    "info",
    why="Nothing can be written to either table while every row is looked up.",
    way_out="Add it with `postgresql_not_valid=True`, and ALTER TABLE … VALIDATE CONSTRAINT in a later revision.",
)
def foreign_key_checked_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find a foreign key added to an existing table without NOT VALID."""
    for each in locking_statements(facts):
        if each.adds and has(each.words, "FOREIGN", "KEY") and not has(each.words, "NOT", "VALID"):
            said = f"A foreign key is added without NOT VALID; it locks {each.on}."
            yield _finding(facts, each, said, _key_of_a_whole)


def _key_of_a_whole(table: str, _partitions: str) -> str:
    return (
        f"Before PostgreSQL 18 a partitioned table's own foreign key cannot be NOT VALID; a key to {table} can:"
        " add it with `postgresql_not_valid=True`, and ALTER TABLE … VALIDATE CONSTRAINT in a later revision."
    )


@FAMILY.rule(
    "LK05 check-checked-under-lock",
    "info",
    why="Nothing can use the table while every row is checked.",
    way_out="Add it with NOT VALID, and ALTER TABLE … VALIDATE CONSTRAINT in a later revision.",
)
def check_checked_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find a check constraint added to an existing table without NOT VALID."""
    for each in locking_statements(facts):
        made = each.adds and "CHECK" in each.words and "CONSTRAINT" in each.words
        if made and not has(each.words, "NOT", "VALID"):
            yield _finding(facts, each, f"A check constraint of {each.on} is added without NOT VALID.")


@FAMILY.rule(
    "LK06 unique-built-under-lock",
    "info",
    why="Nothing can use the table while the index of the constraint is built.",
    way_out="Create a unique index concurrently, then ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX ….",
)
def unique_built_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint or primary key whose index is built under a lock on an existing table."""
    for each in locking_statements(facts):
        primary = has(each.words, "PRIMARY", "KEY")
        made = each.adds and "CONSTRAINT" in each.words and ("UNIQUE" in each.words or primary)
        if made and not has(each.words, "USING", "INDEX"):
            noun = "primary key" if primary else "unique constraint"
            yield _finding(facts, each, f"A {noun} of {each.on} is added without USING INDEX.", _key_by_parts)


def _key_by_parts(table: str, partitions: str) -> str:
    return (
        f"PostgreSQL refuses USING INDEX on a partitioned table: ALTER TABLE ONLY {table} ADD CONSTRAINT …, for each"
        f" partition ({partitions}) a unique index with CONCURRENTLY and ADD CONSTRAINT … USING INDEX, and ALTER INDEX"
        " … ATTACH PARTITION."
    )


@FAMILY.rule(
    "LK07 type-change-that-rewrites",
    "info",
    why="Nothing can use the table meanwhile.",
    way_out="Add a column of the new type, fill it in portions, then let it take the old one's place.",
)
def type_change_that_rewrites(facts: ReviewContext) -> Iterator[Finding]:
    """Find a change of a column's type that PostgreSQL carries out by writing the table again."""
    for each in locking_statements(facts):
        if each.rewrites and not has(each.words, "ADD", "COLUMN"):
            yield _finding(facts, each, f"PostgreSQL writes all of {each.on} again for this change (measured).")


@FAMILY.rule(
    "LK08 new-column-that-rewrites",
    "info",
    why="Each row gets a value of its own, and nothing can use the table meanwhile.",
    way_out="Add the column without its default, set the default for new rows, and fill the old ones in portions.",
)
def new_column_that_rewrites(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new column with a volatile default, serial, identity or stored expression, which rewrites the table."""
    for each in locking_statements(facts):
        if each.rewrites and has(each.words, "ADD", "COLUMN"):
            yield _finding(facts, each, f"PostgreSQL writes all of {each.on} again for this column (measured).")


@FAMILY.rule(
    "LK09 no-lock-timeout",
    "warn",
    why="While it waits for one long query, everything else on the table waits behind it.",
    way_out="Write op.execute(\"SET LOCAL lock_timeout = '5s'\") first, and run the upgrade again where it gave up.",
)
def no_lock_timeout(facts: ReviewContext) -> Iterator[Finding]:
    """Find a revision that locks a large table and sets no lock_timeout."""
    up = facts.trip.up if facts.trip else None
    if up is None or any("lock_timeout" in statement.sql.lower() for _, statement in up.statements):
        return
    first = next((each for each in locking_statements(facts) if severity(facts, each.tables) == "warn"), None)
    if first and not first.statement.autocommit:
        yield _finding(facts, first, f"This file locks {first.on} and sets no lock_timeout.")


@FAMILY.rule(
    "LK10 many-statements-under-lock",
    "info",
    why="A lock is held until the transaction ends: nothing can use the table until then.",
    way_out="Do this last, or in a revision of its own.",
)
def many_statements_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find an ACCESS EXCLUSIVE lock on an existing table that is held for many further statements."""
    exclusive = (each for each in locking_statements(facts) if each.is_exclusive)
    first, up = next(exclusive, None), facts.trip.up if facts.trip else None
    if first is None or up is None:
        return
    statements, later = [statement for _, statement in up.statements], 0
    for statement in statements[statements.index(first.statement) + 1 :]:
        if statement.autocommit or statement.sort == "COMMIT":
            break
        later += statement.times
    if later > _MANY:
        yield _finding(facts, first, f"This locks {first.on}, and {later} further statements follow.")
