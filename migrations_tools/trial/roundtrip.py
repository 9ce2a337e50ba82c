"""Revisions tried out on scratch databases: with rows in every table, and without where that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrations_tools.catalog import Catalog, Query
from migrations_tools.data import Contents, ContentsWatch, Seeded, seed
from migrations_tools.operations import Operation
from migrations_tools.progress import Counted
from migrations_tools.provenance import Revision
from migrations_tools.revision_runs import Executed
from migrations_tools.trial.install import Migrated
from migrations_tools.trial.observer import RowSource
from migrations_tools.trial.prefilled import Prepared
from migrations_tools.trial.run_revisions import execute
from migrations_tools.trial.scratch import ScratchDatabases


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a revision on one database with rows; and without, where that failed."""

    executed: Executed
    empty: Executed | None = None

    @property
    def before(self) -> Catalog:
        """The schema that the revision met."""
        return self.executed.before.catalog if self.executed.before else Catalog()

    @property
    def further(self) -> Executed:
        """The execution that came up; with rows, or else without."""
        return self.executed if self.executed.after_up or not self.empty else self.empty

    @property
    def unseeded(self) -> tuple[str, ...]:
        """The tables that got no rows, with the reason, in words."""
        return tuple(f"the table {each.table} stood empty: {each.reason}" for each in self.executed.unseeded)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations as they ran, as far as they came."""
        done = self.further
        return tuple(step.operation for step in done.up.steps if step.operation) if done.up else ()


def _made_rows(query: Query, catalog: Catalog, count: Counted) -> Seeded:
    return seed(query, catalog, tell=lambda done, total: count(done, total, "tables with rows"))


def _no_rows(_query: Query, _catalog: Catalog, _count: Counted) -> Seeded:
    return Seeded({})


def _watch() -> Callable[[Query, Catalog], Contents]:
    return ContentsWatch().look


WITH_ROWS, WITHOUT = RowSource(_made_rows, _watch), RowSource(_no_rows, _watch)


def try_out(
    scratch: ScratchDatabases,
    migrated: Migrated,
    revisions: Sequence[Revision],
    files: Sequence[Mapping[str, Any]] = (),
    prepared: Prepared | None = None,
) -> tuple[Tried, ...]:
    """Execute revisions, in the order in which they come; `files` are those that no versions folder has yet.

    `prepared` are copies that stand where the first one begins, with rows.
    """
    done = execute(scratch, migrated, revisions, WITHOUT if scratch.dump else WITH_ROWS, files, prepared)
    failed = {each.revision for each in done if each.failure and not each.refuses_downgrade}
    again = [revision for revision in revisions if revision.revision in failed]
    bare = replace(scratch, dump=None)
    empty = {(each.revision, each.database): each for each in _one_by_one(bare, migrated, again, files)}
    return tuple(Tried(each, empty.get((each.revision, each.database))) for each in done)


def _one_by_one(
    scratch: ScratchDatabases, migrated: Migrated, revisions: Sequence[Revision], files: Sequence[Mapping[str, Any]]
) -> Iterator[Executed]:
    for revision in revisions:
        yield from execute(scratch, migrated, [revision], WITHOUT, files)
