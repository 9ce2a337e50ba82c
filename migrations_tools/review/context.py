"""What a rule may look at: plain values, gathered before the review begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from migrations_tools.catalog import (
    Catalog,
    Constraint,
    Difference,
    Table,
    compare_all,
    compare_stated,
    hidden_differences,
    qualified,
)
from migrations_tools.catalog.model import Object
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.review.analysis.drops import DropAnalysis
from migrations_tools.review.lineage import Lineage
from migrations_tools.revision_runs import Direction, Executed

T = TypeVar("T")
_NOT_LOOKED_AT = "it was not looked at"


@dataclass(frozen=True, slots=True)
class ChangeHints:
    """What the user has said of the change: renames (`users.full_name` to `name`) and values for existing rows.

    All are by `table.column` (the old name), but `table_renames` by the old table. A backfill is SQL, and so is one of
    `usings`, which says how values become those of a new type.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    table_renames: Mapping[str, str] = field(default_factory=dict)
    backfills: Mapping[str, str] = field(default_factory=dict)
    usings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mended:
    """What the probe has repaired while it wrote the file; names, with their schema where they have one."""

    # Enum types that are created first and dropped last, and those of them that existing tables' columns get.
    created: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    # Enum types that exist already.
    reused: tuple[str, ...] = ()
    # Constraints that had no name.
    named: tuple[str, ...] = ()
    # Modules that the file names.
    imported: tuple[str, ...] = ()
    # Constraints and indexes that downgrade() would make with NULLS DISTINCT.
    distinct: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BaseModels:
    """The base branch: its name and commit, the schema that its models make, the revision files that it has.

    Without a schema, `missing` is the reason.
    """

    name: str = ""
    schema: Catalog | None = None
    revisions: frozenset[str] = frozenset()
    missing: str = _NOT_LOOKED_AT


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the project's sources name what is dropped: `file:line`, by the object's full name.

    `searched` is the number of files that were read; with none, `missing` is the reason.
    """

    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    searched: int = 0
    missing: str = "they were not searched"


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules that define tables which no metadata of env.py's has, by the table's qualified name.

    `missing` is the reason why they are not known, `failed` the modules whose import failed, with the error. `holders`
    are, by table, what its module calls something that has its metadata, where that is none which env.py gives.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: str = "the modules were not imported"
    holders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unrunnable:
    """What stopped a file whatever was in the tables: the operation as it ran, if it was one, and what was said."""

    operation: Operation | None
    statement: str
    told: tuple[str, ...]
    # Whether it was the server that refused it, and not Alembic or SQLAlchemy that could not send it; with which code.
    refused: bool = True
    sqlstate: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """The schema that a file led to, and what still differed from the models there."""

    catalog: Catalog
    left: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """A revision to be judged. What is None was not looked at, and no rule may conclude from it."""

    # The operations of upgrade().
    operations: tuple[Operation, ...] = ()
    # The schema that the revision meets.
    before: Catalog = field(default_factory=Catalog)
    # The schema that it is to lead to: what the models' own DDL makes, or what a file by hand made.
    after: Catalog | None = None
    # The revisions, newest first.
    history: tuple[Revision, ...] = ()
    # Tables, and parts of tables (`users.ix_name`), that env.py leaves out of its comparison.
    excluded: frozenset[str] = frozenset()
    wishes: ChangeHints = field(default_factory=ChangeHints)
    # As libpq has it: 170002.
    server_version: int = 0
    # Whether env.py runs the revisions inside a transaction of its own (`engine.begin()`), which Alembic cannot end.
    outer_transaction: bool = False
    # The ids of operations that do not go into the file, for the rules that are asked when that is decided.
    held: frozenset[int] = frozenset()
    mended: Mended = field(default_factory=Mended)
    # What the file did on a scratch database with rows in its tables, and without rows where the former failed.
    executed: Executed | None = None
    empty: Executed | None = None
    # Whether the rows are those of a dump of the user's.
    real: bool = False
    # What differs from the models after the upgrade.
    left: tuple[Difference, ...] = ()
    lineage: Lineage | None = None
    # The tables that are large where it matters; "*" is all.
    large: frozenset[str] = frozenset()
    # Whether env.py has Alembic compare types.
    compares_types: bool = True
    # Whether somebody wrote the file, so that its drops are meant.
    by_hand: bool = False
    # The tables that belong to an extension, with its name.
    members: Mapping[str, str] = field(default_factory=dict)
    base: BaseModels = field(default_factory=BaseModels)
    sources: Sources = field(default_factory=Sources)
    modules: Modules = field(default_factory=Modules)
    # Whether what the modules show is to be said here: once for all databases.
    tells_modules: bool = False
    # The ids of operations that the user has allowed by name.
    allowed: frozenset[int] = frozenset()
    # The tables that env.py makes from the models itself, beside the revisions.
    own_tables: tuple[str, ...] = ()
    drops: DropAnalysis = field(default_factory=DropAnalysis)
    # What the same file, written before, could not do, and where it led to.
    unrunnable: tuple[Unrunnable, ...] = ()
    reached: tuple[Reached, ...] = ()
    # The differences that no operation accounts for, when it is decided what is held back.
    uncovered: tuple[Difference, ...] = ()
    _lookups: dict[str, tuple[tuple[Any, ...], Any]] = field(default_factory=dict, compare=False, repr=False)

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

    def on_table(self, name: str) -> tuple[Operation, ...]:
        """Return the operations on a table, by its qualified name."""
        return self._once("operations", _operations_by_table, self.operations).get(name, ())

    def existing(self, operation: Operation) -> Table | None:
        """Return the table that an operation is about as it is before the revision; None when it is new."""
        return self.existing_table(table_name(operation))

    def existing_table(self, name: str) -> Table | None:
        """Return a table as it is before the revision, by its qualified name."""
        return self._once("tables before", _tables, self.before).get(name)

    def wanted(self, operation: Operation) -> Table | None:
        """Return the table that an operation is about as the models have it; None where they have none."""
        return self.wanted_table(table_name(operation))

    def wanted_table(self, name: str) -> Table | None:
        """Return a table as the models have it, by its qualified name."""
        return self._once("tables after", _tables, self.after).get(name) if self.after else None

    def both(self, identity: str) -> tuple[Object | None, Object | None]:
        """Return an object, by its printed identity, as the database and as the models have it."""
        have = self._once("objects before", Catalog.by_identity, self.before)
        want = self._once("objects after", Catalog.by_identity, self.after) if self.after else {}
        return have.get(identity), want.get(identity)

    def keys_to(self, table: str) -> tuple[Constraint, ...]:
        """Return the foreign keys that refer to a table before the revision, by its qualified name."""
        return self._once("keys", _keys_by_referent, self.before).get(table, ())

    def renamed(self, table: str) -> set[str]:
        """Return the columns of a table that the user renames, by their old and new names."""
        own = {path: new for path, new in self.wishes.renames.items() if path.rpartition(".")[0] == table}
        pairs = {path.rpartition(".")[2]: new for path, new in own.items()}
        return {*pairs, *pairs.values()}

    def differences(self) -> tuple[Difference, ...]:
        """Return what differs between the schema before and the models', without what is excluded."""
        if self.after is None:
            return ()
        found = self._once("differences", compare_stated, self.before, self.after)
        return tuple(item for item in found if not {item.table, item.name} & self.excluded)

    def hidden(self) -> tuple[Difference, ...]:
        """Return what differs and is excluded."""
        if self.after is None:
            return ()
        return hidden_differences(self._once("differences", compare_stated, self.before, self.after), self.excluded)

    def upgraded(self) -> tuple[Difference, ...]:
        """Return what upgrade() changed where it was executed; `expected` is what was there before."""
        trip = self.trip
        if trip is None or trip.before is None or trip.after_up is None:
            return ()
        return self._once("upgraded", compare_all, trip.after_up.catalog, trip.before.catalog)

    def _once(self, name: str, make: Callable[..., T], *parts: Any) -> T:
        """Return what is made of these very parts; it is made once for all rules."""
        known = self._lookups.get(name)
        if known is None or any(one is not other for one, other in zip(known[0], parts, strict=True)):
            known = self._lookups[name] = (parts, make(*parts))
        made: T = known[1]
        return made


def table_name(operation: Operation) -> str:
    """Return an operation's table as catalogs print it: qualified outside `public`."""
    return qualified(operation.schema or operation.default, operation.table)


def _operations_by_table(operations: tuple[Operation, ...]) -> dict[str, tuple[Operation, ...]]:
    found: dict[str, list[Operation]] = defaultdict(list)
    for item in operations:
        if item.table:
            found[table_name(item)].append(item)
    return {name: tuple(own) for name, own in found.items()}


def _tables(catalog: Catalog) -> dict[str, Table]:
    return {table.qualified_name: table for table in catalog.tables}


def _keys_by_referent(catalog: Catalog) -> dict[str, tuple[Constraint, ...]]:
    found: dict[str, list[Constraint]] = defaultdict(list)
    for table in catalog.tables:
        for each in table.constraints:
            if each.type == "foreign key" and each.referenced_table:
                found[each.referenced_table].append(each)
    return {name: tuple(keys) for name, keys in found.items()}
