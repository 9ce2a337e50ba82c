"""Locks: what a revision makes others wait for, as it was measured while it ran.

Only tables that were there before count. How long a lock is held is a matter of how many rows there are, which nothing
here knows: a finding is a note, and a warning for tables that the setting `large_tables` names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from migrations_tools.review.analysis.sql_keywords import has, names, shown, words
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet
from migrations_tools.revision_runs import OperationRun, SentStatement

CATALOGUE = RuleSet()
_MANY = 10
# ACTIVE SQL TRANSACTION, https://www.postgresql.org/docs/current/errcodes-appendix.html
_IN_TRANSACTION = "25001"
# The modes that writers wait for.
_HEAVY = frozenset({"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"})


@dataclass(frozen=True, slots=True)
class _Taken:
    """A statement that works on tables which were there before, under a lock that others wait for."""

    step: OperationRun
    statement: SentStatement
    words: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def object(self) -> str:
        """What the statement is about, as far as that can be told."""
        operation = self.step.operation
        return operation.object if operation and operation.object else ", ".join(self.tables)

    def finding(self, facts: ReviewContext, sentence: str, *ways_out: str) -> Finding:
        """Return something of the statement, on its line."""
        return Finding(
            object=self.object,
            sentence=sentence,
            severity=severity(facts, self.tables),
            ways_out=ways_out,
            file=self.step.file,
            line=self.statement.line or self.step.line,
        )


def severity(facts: ReviewContext, tables: Collection[str]) -> Severity:
    """Return how grave a lock on tables is: more than a note only where one is known to be large."""
    return "warn" if facts.large & {"*", *tables} else "info"


def _taken(facts: ReviewContext) -> Iterator[_Taken]:
    """Yield what worked on tables that were there before and stay."""
    trip = facts.trip
    if trip is None or trip.up is None or trip.before is None:
        return
    stay = None if trip.after_up is None else {table.qualified_name for table in trip.after_up.catalog.tables}
    locked: dict[str, None] = {}
    for step, statement in trip.up.statements:
        fresh = {
            lock.relation.qualified_name
            for lock in statement.locks
            if lock.mode in _HEAVY and lock.relation.kind == "table"
        }
        again = {table for table in locked if names(statement.sql, table.rpartition(".")[2])}
        locked |= dict.fromkeys(fresh)
        own = {table_name(step.operation)} if step.operation and facts.existing(step.operation) else set()
        tables = sorted(table for table in fresh | again | own if stay is None or table in stay)
        if tables and not statement.failed:
            yield _Taken(step, statement, words(statement.sql), tuple(tables))


def _on(each: _Taken) -> str:
    return " and ".join(each.tables)


@CATALOGUE.rule(
    "LK01",
    "index-without-concurrently",
    "info",
    why="Nothing can be written to the table while its index is built.",
    way_out="`postgresql_concurrently=True` inside `with op.get_context().autocommit_block():`.",
)
def index_without_concurrently(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index that is created on an existing table without CONCURRENTLY."""
    for each in _taken(facts):
        if each.statement.sort == "CREATE INDEX" and "CONCURRENTLY" not in each.words:
            yield each.finding(
                facts,
                f"Nothing can be written to {_on(each)} while this index is built.",
                "Create it with postgresql_concurrently=True, inside `with op.get_context().autocommit_block():`.",
            )


@CATALOGUE.rule(
    "LK02",
    "concurrently-inside-a-transaction",
    "error",
    why="PostgreSQL refuses it, so that the upgrade fails.",
    way_out="Put it inside `with op.get_context().autocommit_block():`.",
)
def concurrently_inside_a_transaction(facts: ReviewContext) -> Iterator[Finding]:
    """Find CONCURRENTLY inside a transaction."""
    up = facts.executed.up if facts.executed else None
    failure = up.failure if up else None
    if up and failure and failure.sqlstate == _IN_TRANSACTION and "CONCURRENTLY" in words(failure.statement):
        operation = up.steps[failure.step].operation if failure.step is not None else None
        yield Finding(
            object=operation.object if operation else up.revision,
            file=failure.file,
            line=failure.line,
            sentence="CONCURRENTLY cannot be done inside a transaction, and Alembic opens one: the upgrade fails.",
            evidence=(f"The statement: {shown(failure.statement)}",),
            ways_out=("Put it inside `with op.get_context().autocommit_block():`.",),
        )


@CATALOGUE.rule(
    "LK03",
    "index-dropped-without-concurrently",
    "info",
    why="Dropping waits for everything that uses the table, and everything then waits for the drop.",
    way_out="`postgresql_concurrently=True` inside `with op.get_context().autocommit_block():`.",
)
def index_dropped_without_concurrently(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index of an existing table that is dropped without CONCURRENTLY."""
    for each in _taken(facts):
        # Of an index that goes for good it has been said already that it goes.
        worth = severity(facts, each.tables) == "warn" or not facts.by_hand
        if worth and each.statement.sort == "DROP INDEX" and "CONCURRENTLY" not in each.words:
            yield each.finding(
                facts,
                f"Nothing can use {_on(each)} from when this drop begins to wait until the transaction ends.",
                "Drop it with postgresql_concurrently=True, inside `with op.get_context().autocommit_block():`.",
            )


@CATALOGUE.rule(
    "LK04",
    "foreign-key-checked-under-lock",
    "info",
    why="Nothing can be written to both tables while every row is looked up.",
    way_out="`postgresql_not_valid=True`, then `ALTER TABLE … VALIDATE CONSTRAINT …` in a transaction of its own.",
)
def foreign_key_checked_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find a foreign key added to an existing table without NOT VALID."""
    for each in _adding(facts):
        if has(each.words, "FOREIGN", "KEY") and not has(each.words, "NOT", "VALID"):
            yield each.finding(
                facts,
                f"Nothing can be written to {_on(each)} while every row is checked for this foreign key.",
                "Add it with postgresql_not_valid=True, and ALTER TABLE … VALIDATE CONSTRAINT in a later revision.",
            )


@CATALOGUE.rule(
    "LK05",
    "check-checked-under-lock",
    "info",
    why="Nothing can use the table while every row is checked.",
    way_out="`ADD CONSTRAINT … NOT VALID`, then `ALTER TABLE … VALIDATE CONSTRAINT …` in a transaction of its own.",
)
def check_checked_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find a check constraint added to an existing table without NOT VALID."""
    for each in _adding(facts):
        if "CHECK" in each.words and "CONSTRAINT" in each.words and not has(each.words, "NOT", "VALID"):
            yield each.finding(
                facts,
                f"Nothing can use {_on(each)} while every row is checked for this constraint.",
                "Add it with NOT VALID, and ALTER TABLE … VALIDATE CONSTRAINT in a later revision.",
            )


@CATALOGUE.rule(
    "LK06",
    "unique-built-under-lock",
    "info",
    why="Nothing can use the table while the index of the constraint is built.",
    way_out="Create a unique index concurrently, then `ADD CONSTRAINT … UNIQUE USING INDEX …`.",
)
def unique_built_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint or primary key whose index is built under a lock on an existing table."""
    for each in _adding(facts):
        made = "UNIQUE" in each.words or has(each.words, "PRIMARY", "KEY")
        if made and "CONSTRAINT" in each.words and not has(each.words, "USING", "INDEX"):
            yield each.finding(
                facts,
                f"Nothing can use {_on(each)} while the index of this constraint is built.",
                "Create a unique index concurrently, then ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX ….",
            )


def _adding(facts: ReviewContext) -> Iterator[_Taken]:
    """Yield the statements that add something to a table, other than a column."""
    for each in _taken(facts):
        if each.statement.sort == "ALTER TABLE" and "ADD" in each.words and not has(each.words, "ADD", "COLUMN"):
            yield each


@CATALOGUE.rule(
    "LK07",
    "type-change-that-rewrites",
    "info",
    why="The whole table is written again, and nothing can use it meanwhile.",
    way_out="Add a column of the new type, fill it in portions, and take its name over.",
)
def type_change_that_rewrites(facts: ReviewContext) -> Iterator[Finding]:
    """Find a change of a column's type that PostgreSQL carries out by writing the table again."""
    for each in _rewriting(facts):
        if not has(each.words, "ADD", "COLUMN"):
            yield each.finding(
                facts,
                f"The whole of {_on(each)} is written again, and nothing can use it meanwhile (measured).",
                "Add a column of the new type, fill it in portions, then let it take the old one's place.",
            )


@CATALOGUE.rule(
    "LK08",
    "new-column-that-rewrites",
    "info",
    why="The whole table is written again, and nothing can use it meanwhile.",
    way_out="Add the column without its default, set the default for new rows, fill the old ones in portions.",
)
def new_column_that_rewrites(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new column with a volatile default, serial, identity or stored expression, which rewrites the table."""
    for each in _rewriting(facts):
        if has(each.words, "ADD", "COLUMN"):
            yield each.finding(
                facts,
                f"The whole of {_on(each)} is written again for this column, and nothing can use it meanwhile"
                " (measured): each row gets a value of its own.",
                "Add it without the default, set the default for new rows, and fill the old ones in portions.",
            )


def _rewriting(facts: ReviewContext) -> Iterator[_Taken]:
    for each in _taken(facts):
        tables = {relation.qualified_name for relation in each.statement.rewritten if relation.kind == "table"}
        if each.statement.sort == "ALTER TABLE" and tables & set(each.tables):
            yield each


@CATALOGUE.rule(
    "LK09",
    "no-lock-timeout",
    "warn",
    why="While it waits for one long query, everything else on the table waits behind it.",
    way_out="`op.execute(\"SET LOCAL lock_timeout = '5s'\")` at the top of `upgrade()`.",
)
def no_lock_timeout(facts: ReviewContext) -> Iterator[Finding]:
    """Find a revision that locks a large table and sets no lock_timeout."""
    up = facts.trip.up if facts.trip else None
    if up is None or any("lock_timeout" in statement.sql.lower() for _, statement in up.statements):
        return
    first = next((each for each in _taken(facts) if severity(facts, each.tables) == "warn"), None)
    if first and not first.statement.autocommit:
        yield first.finding(
            facts,
            f"{_on(first)} is locked without a lock_timeout in this file: behind one long query, everything on"
            " it would wait.",
            "Write op.execute(\"SET LOCAL lock_timeout = '5s'\") first, and run the upgrade again where it gave up.",
        )


@CATALOGUE.rule(
    "LK10",
    "many-statements-under-lock",
    "info",
    why="The lock is held until the transaction ends: nothing can use the table during all that follows.",
    way_out="Take the lock last, or split the revision.",
)
def many_statements_under_lock(facts: ReviewContext) -> Iterator[Finding]:
    """Find an ACCESS EXCLUSIVE lock on an existing table that is held for many further statements."""
    first, later = None, 0
    for each in _taken(facts):
        if first is None and any(lock.mode == "ACCESS EXCLUSIVE" for lock in each.statement.locks):
            first = each
    up = facts.trip.up if facts.trip else None
    if first is None or up is None:
        return
    statements = [statement for _, statement in up.statements]
    for statement in statements[statements.index(first.statement) + 1 :]:
        if statement.autocommit or statement.sort == "COMMIT":
            break
        later += statement.times
    if later > _MANY:
        yield first.finding(
            facts,
            f"Nothing can use {_on(first)} from here on, during {later} further statements.",
            "Do this last, or in a revision of its own.",
        )
