"""The statements of a revision that work on tables which were there before, under locks that others wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrations_tools.review.analysis.descent import ancestors
from migrations_tools.review.analysis.sql_keywords import has, words
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.revision_runs import OperationRun, SentStatement

# The modes that writers wait for.
_HEAVY = frozenset({"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"})


@dataclass(frozen=True, slots=True)
class LockingStatement:
    """A statement, the step that sent it, its words, and the tables that it works on.

    `partitions` are those of the tables that stand below another one of them, by the partitioned table's name.
    """

    step: OperationRun
    statement: SentStatement
    words: tuple[str, ...]
    tables: tuple[str, ...]
    partitions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def object(self) -> str:
        """What the statement is about, as far as that can be told."""
        operation = self.step.operation
        return operation.object if operation and operation.object else self.on

    @property
    def on(self) -> str:
        """Name the tables, in words; partitions go with their table."""
        below = {name for parts in self.partitions.values() for name in parts}
        above = [name for name in self.tables if name not in below]
        return " and ".join(f"{name} with its partitions" if name in self.partitions else name for name in above)

    @property
    def is_exclusive(self) -> bool:
        """Whether nothing else can use the tables meanwhile."""
        return any(lock.mode == "ACCESS EXCLUSIVE" for lock in self.statement.locks)

    @property
    def adds(self) -> bool:
        """Whether it adds something to a table, other than a column."""
        return self.statement.sort == "ALTER TABLE" and "ADD" in self.words and not has(self.words, "ADD", "COLUMN")

    @property
    def rewrites(self) -> bool:
        """Whether it was seen to write a table again."""
        tables = {relation.qualified_name for relation in self.statement.rewritten if relation.kind == "table"}
        return self.statement.sort == "ALTER TABLE" and not tables.isdisjoint(self.tables)


def locking_statements(facts: ReviewContext) -> Iterator[LockingStatement]:
    """Yield what worked on tables that were there before and stay."""
    trip = facts.trip
    if trip is None or trip.up is None or trip.before is None:
        return
    stay = None if trip.after_up is None else {table.qualified_name for table in trip.after_up.catalog.tables}
    # The tables that are locked already, by their names without a schema, in both spellings of a word.
    locked: dict[str, set[str]] = defaultdict(set)
    for step, statement in trip.up.statements:
        found = words(statement.sql)
        tables = {table for word in set(found) for table in locked.get(word, ())}
        for lock in statement.locks:
            if lock.mode in _HEAVY and lock.relation.kind == "table":
                tables.add(lock.relation.qualified_name)
                for word in (lock.relation.name, lock.relation.name.upper()):
                    locked[word].add(lock.relation.qualified_name)
        if step.operation and facts.existing(step.operation):
            tables.add(table_name(step.operation))
        kept = sorted(table for table in tables if stay is None or table in stay)
        if kept and not statement.failed:
            yield LockingStatement(step, statement, found, tuple(kept), _partitions(facts, kept))


def _partitions(facts: ReviewContext, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the partitioned ones of some tables, each with those that are partitions of it, near or far."""
    known = [table for name in names if (table := facts.existing_table(name))]
    parts = [(table.qualified_name, {each.qualified_name for each in ancestors(table, facts)}) for table in known]
    whole = (table.qualified_name for table in known if table.kind == "partitioned")
    return {name: tuple(part for part, above in parts if name in above) for name in whole}
