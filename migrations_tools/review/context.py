"""What a rule may look at: plain values, gathered before the review begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrations_tools.catalog import Catalog, Difference, Table, compare, qualified
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.review.lineage import Lineage
from migrations_tools.review.surroundings import BaseModels, Modules, Sources
from migrations_tools.revision_runs import Direction, Executed


@dataclass(frozen=True, slots=True)
class ChangeHints:
    """What the user has said of the change: renames (`users.full_name` to `name`) and values for existing rows.

    `renames` and `backfills` are by `table.column` (the old name), `table_renames` by the old table; a backfill is SQL.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    table_renames: Mapping[str, str] = field(default_factory=dict)
    backfills: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mended:
    """What the probe has mended by itself while it wrote the file; names, with their schema where they have one.

    `created` are enum types made first and dropped last, of which `wanted` ones are for columns of existing tables;
    `reused` were there already; `named` are constraints that had no name, `imported` modules that the file names,
    `distinct` what the way back would make with NULLS DISTINCT.
    """

    created: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()


@dataclass(slots=True)
class _Compared:
    """The last comparison of two catalogs, which many rules ask for."""

    pair: tuple[Catalog, Catalog] | None = None
    found: tuple[Difference, ...] = ()

    def of(self, before: Catalog, after: Catalog) -> tuple[Difference, ...]:
        """Return what differs between the two."""
        if self.pair is None or self.pair[0] is not before or self.pair[1] is not after:
            self.found, self.pair = compare(before, after), (before, after)
        return self.found


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """A revision to be judged.

    `operations` are those of `upgrade()`; `before` is the schema that it meets, `after` the one that it is to lead to
    (what the models' own DDL makes, or what a file by hand made); `history` comes newest first. `excluded` are tables,
    and parts of tables (`users.ix_name`), that env.py leaves out of its comparison, `members` tables that belong to an
    extension (its name by theirs). `server_version` is as libpq has it (170002). `held` are the operations that do not
    go into the file, for rules that are asked when that is decided; `mended` is what was done to a file; `allowed` are
    the ids of operations that the user has allowed by name. What is None was not looked at, and no rule may conclude
    from it.

    `executed` is what the file did on a scratch database with rows in its tables (`real` ones, where the user gave
    them), `empty` the same without rows, made
    when the first failed; `left` is what then differs from the models. `lineage` is the history against the base
    branch's. `large` names the tables that are large where it matters ("*": all). A file that somebody wrote is
    `by_hand`: what it drops is meant.
    """

    operations: tuple[Operation, ...] = ()
    before: Catalog = field(default_factory=Catalog)
    after: Catalog | None = None
    history: tuple[Revision, ...] = ()
    excluded: frozenset[str] = frozenset()
    wishes: ChangeHints = field(default_factory=ChangeHints)
    server_version: int = 0
    held: frozenset[int] = frozenset()
    mended: Mended = field(default_factory=Mended)
    executed: Executed | None = None
    empty: Executed | None = None
    real: bool = False
    left: tuple[Difference, ...] = ()
    lineage: Lineage | None = None
    large: frozenset[str] = frozenset()
    by_hand: bool = False
    members: Mapping[str, str] = field(default_factory=dict)
    base: BaseModels = field(default_factory=BaseModels)
    sources: Sources = field(default_factory=Sources)
    modules: Modules = field(default_factory=Modules)
    allowed: frozenset[int] = frozenset()
    _compared: _Compared = field(default_factory=_Compared, compare=False, repr=False)

    @property
    def trip(self) -> Executed | None:
        """The execution that came further: with rows in the tables, or without where only that one came up."""
        failed = self.executed is not None and self.executed.after_up is None
        return self.empty if failed and self.empty and self.empty.after_up else self.executed

    def needs_rows(self, direction: Direction) -> bool:
        """Return whether what failed with rows in the tables does not fail without."""
        done = [each for each in self.empty.passes if each.direction == direction] if self.empty else []
        return bool(done) and not any(each.failure for each in done)

    @property
    def kept(self) -> tuple[Operation, ...]:
        """The operations that go into the file, as far as that is decided."""
        return tuple(item for item in self.operations if item.id not in self.held)

    def existing(self, operation: Operation) -> Table | None:
        """Return the table that an operation is about as it is before the revision; None when it is new."""
        return self.before.table(table_name(operation))

    def wanted(self, operation: Operation) -> Table | None:
        """Return the table that an operation is about as the models have it; None where they have none."""
        return self.after.table(table_name(operation)) if self.after else None

    def renamed(self, table: str) -> set[str]:
        """Return the columns of a table that the user renames, by their old and new names."""
        own = {path: new for path, new in self.wishes.renames.items() if path.rpartition(".")[0] == table}
        pairs = {path.rpartition(".")[2]: new for path, new in own.items()}
        return {*pairs, *pairs.values()}

    def differences(self) -> tuple[Difference, ...]:
        """Return what differs between the schema before and the models', without what is excluded."""
        if self.after is None:
            return ()
        found = self._compared.of(self.before, self.after)
        return tuple(item for item in found if not {item.table, item.name} & self.excluded)


def table_name(operation: Operation) -> str:
    """Return an operation's table as catalogs print it: qualified outside `public`."""
    return qualified(operation.schema or "public", operation.table)
