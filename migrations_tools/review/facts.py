"""What a rule may look at: plain values, gathered before the review begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrations_tools.catalog import Catalog, Difference, Table, compare, qualified
from migrations_tools.operations import Operation
from migrations_tools.review.provenance import Revision
from migrations_tools.review.surroundings import Base, Modules, Sources


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user has said of the change: renames (`users.full_name` to `name`) and values for existing rows.

    `renames` and `backfills` are by `table.column` (the old name), `table_renames` by the old table; a backfill is SQL.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    table_renames: Mapping[str, str] = field(default_factory=dict)
    backfills: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """A revision to be judged.

    `operations` are those of `upgrade()`; `before` is the schema that it meets, `after` the one that it is to lead to
    (what the models' own DDL makes, or what a file by hand made); `history` comes newest first. `excluded` are tables
    that env.py leaves out of its comparison, `members` those that belong to an extension (its name by theirs).
    `allowed` are the ids of operations that the user has allowed by name. What is None was not looked at, and no rule
    may conclude from it.
    """

    operations: tuple[Operation, ...] = ()
    before: Catalog = field(default_factory=Catalog)
    after: Catalog | None = None
    history: tuple[Revision, ...] = ()
    excluded: frozenset[str] = frozenset()
    wishes: Wishes = field(default_factory=Wishes)
    members: Mapping[str, str] = field(default_factory=dict)
    base: Base = field(default_factory=Base)
    sources: Sources = field(default_factory=Sources)
    modules: Modules = field(default_factory=Modules)
    allowed: frozenset[int] = frozenset()

    def existing(self, operation: Operation) -> Table | None:
        """Give the table that an operation is about as it is before the revision; None when it is new."""
        return self.before.table(table_name(operation))

    def wanted(self, operation: Operation) -> Table | None:
        """Give the table that an operation is about as the models have it; None where they have none."""
        return self.after.table(table_name(operation)) if self.after else None

    def differences(self) -> tuple[Difference, ...]:
        """Give what differs between the schema before and the models', without the excluded tables."""
        if self.after is None:
            return ()
        return tuple(item for item in compare(self.before, self.after) if item.table not in self.excluded)


def table_name(operation: Operation) -> str:
    """Give an operation's table as catalogs print it: qualified outside `public`."""
    return qualified(operation.schema or "public", operation.table)
