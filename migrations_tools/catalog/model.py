"""The nouns of a database schema: frozen, slotted, each with a stable printable identity.

Every object has `noun` (the first word of its identity), `identity` (`column users.email`), `owner`
(the qualified name of the table it belongs to, or `""`) and `description` (its definition on one line,
without its name). Names are schema-qualified only outside `public`; they are printed as stored, without
quotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, TypeAlias

from migrations_tools.catalog.table_model import (
    Column,
    Constraint,
    ConstraintType,
    IdentityGeneration,
    Index,
    Noun,
    OfDatabase,
    OfSchema,
    Table,
    TableKind,
    qualified,
    quoted,
)

__all__ = [
    "Catalog",
    "Column",
    "Constraint",
    "ConstraintType",
    "Domain",
    "Enum",
    "Extension",
    "IdentityGeneration",
    "Index",
    "Noun",
    "Object",
    "OtherObject",
    "Schema",
    "Sequence",
    "Table",
    "TableKind",
    "View",
    "as_json",
    "qualified",
    "quoted",
]

# CREATE SEQUENCE, PostgreSQL manual: the bounds which a sequence has when none are given.
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True, slots=True)
class Schema(OfDatabase):
    """A schema (`pg_namespace`)."""

    noun: ClassVar[Noun] = "schema"


@dataclass(frozen=True, slots=True)
class Extension(OfDatabase):
    """An installed extension (`pg_extension`), by its name alone."""

    noun: ClassVar[Noun] = "extension"


@dataclass(frozen=True, slots=True)
class View(OfSchema):
    """A view or materialized view; `definition` is what `pg_get_viewdef` prints.

    `columns` are the columns that it reads, of tables and of other views, by their paths (`orders.total`).
    """

    definition: str
    materialized: bool = False
    options: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    comment: str | None = None
    columns: tuple[str, ...] = ()
    noun: ClassVar[Noun] = "view"

    @property
    def kind(self) -> str:
        """`view` or `materialized view`."""
        return f"{'materialized ' * self.materialized}view"

    @property
    def identity(self) -> str:
        """`view totals` or `materialized view totals`."""
        return f"{self.kind} {self.qualified_name}"

    @property
    def owner(self) -> str:
        """The view itself, as its indexes call it."""
        return self.qualified_name

    @property
    def description(self) -> str:
        """The query."""
        return self.definition.rstrip(";")


@dataclass(frozen=True, slots=True)
class Enum(OfSchema):
    """An enum type, its labels in sort order (`pg_enum.enumsortorder`)."""

    labels: tuple[str, ...]
    noun: ClassVar[Noun] = "enum"

    @property
    def description(self) -> str:
        """The labels in order, quoted."""
        return "(" + ", ".join(map(quoted, self.labels)) + ")"


@dataclass(frozen=True, slots=True)
class Domain(OfSchema):
    """A domain; `checks` are its CHECK definitions in alphabetical order, without their names."""

    type: str
    nullable: bool = True
    default: str | None = None
    collation: str | None = None
    checks: tuple[str, ...] = ()
    noun: ClassVar[Noun] = "domain"

    @property
    def description(self) -> str:
        """The base type and what restricts it."""
        default = [f"DEFAULT {self.default}"] if self.default else []
        return " ".join([self.type, *([] if self.nullable else ["NOT NULL"]), *default, *self.checks])


@dataclass(frozen=True, slots=True)
class Sequence(OfSchema):
    """A sequence (`pg_sequence`); `owned_by` is the path of its column (`users.id`), None when free.

    `implicit` says that the owning column draws from it: by its default (serial) or as its identity.
    """

    type: str = "bigint"
    start: int = 1
    increment: int = 1
    minimum: int = 1
    maximum: int = _LARGEST["bigint"]
    cache: int = 1
    cycle: bool = False
    owned_by: str | None = None
    owned_by_table: str | None = None
    implicit: bool = False
    noun: ClassVar[Noun] = "sequence"

    @property
    def owner(self) -> str:
        """The qualified name of the owning column's table."""
        return self.owned_by_table or ""

    @property
    def default_bounds(self) -> tuple[int, int]:
        """Minimum and maximum that the type and the direction give (CREATE SEQUENCE, PostgreSQL manual)."""
        largest = _LARGEST[self.type]
        return (1, largest) if self.increment > 0 else (-largest - 1, -1)

    @property
    def description(self) -> str:
        """The type, start and increment."""
        return f"{self.type} START {self.start} INCREMENT {self.increment}"


@dataclass(frozen=True, slots=True)
class OtherObject:
    """What models seldom state: a policy, a trigger, a function, a grant, an owner; `kinds.KINDS` lists them.

    `of` is the identity of the object that it belongs to, `table` the qualified name of its table or view, both ""
    where there is none; `definition` is what PostgreSQL prints.
    """

    kind: str
    identity: str
    of: str
    table: str
    definition: str

    @property
    def noun(self) -> str:
        """The kind."""
        return self.kind

    @property
    def owner(self) -> str:
        """The table."""
        return self.table

    @property
    def description(self) -> str:
        """The definition."""
        return self.definition


Object: TypeAlias = Schema | Extension | Table | Column | Constraint | Index | Enum | Domain | Sequence | View


@dataclass(frozen=True, slots=True)
class Catalog:
    """One database's schema; every tuple is sorted by schema and name."""

    schemas: tuple[Schema, ...] = ()
    extensions: tuple[Extension, ...] = ()
    enums: tuple[Enum, ...] = ()
    domains: tuple[Domain, ...] = ()
    tables: tuple[Table, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    views: tuple[View, ...] = ()
    others: tuple[OtherObject, ...] = ()

    def objects(self) -> Iterator[Object]:
        """Yield every object but `others`; what belongs to a table or materialized view follows it."""
        yield from self.schemas
        yield from self.extensions
        yield from self.enums
        yield from self.domains
        for table in self.tables:
            yield table
            yield from table.columns
            yield from table.constraints
            yield from table.indexes
        yield from self.sequences
        for view in self.views:
            yield view
            yield from view.indexes

    def by_identity(self) -> dict[str, Object]:
        """Return every object under its printed identity."""
        return {thing.identity: thing for thing in self.objects()}

    def table(self, name: str) -> Table | None:
        """Return the table of this qualified name, or None."""
        return next((table for table in self.tables if table.qualified_name == name), None)

    def without_tables(self, names: Collection[str]) -> Catalog:
        """Leave out the tables of these qualified names and all that belongs to them, owned sequences too."""
        gone = {*names, *(each.qualified_name for each in self.sequences if each.owner in names)}
        return replace(
            self,
            others=tuple(each for each in self.others if each.table not in gone),
            tables=tuple(table for table in self.tables if table.qualified_name not in names),
            sequences=tuple(sequence for sequence in self.sequences if sequence.owner not in names),
        )


def as_json(catalog: Catalog) -> dict[str, Any]:
    """Return the catalog as dictionaries, sequences, strings, numbers and None: what `json.dumps` takes."""
    return asdict(catalog)
