"""The nouns of a database schema: frozen, slotted, each with a stable printable identity.

Every object has `noun` (the first word of its identity), `identity` (`column users.email`), `owner`
(the qualified name of the table it belongs to, or `""`) and `description` (its definition on one line,
without its name). Names are schema-qualified only outside `public`; they are printed as stored, without
quotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal, TypeAlias

ConstraintType: TypeAlias = Literal["primary key", "unique", "foreign key", "check", "exclusion"]
Noun: TypeAlias = Literal[
    "schema", "extension", "enum", "domain", "table", "column", "constraint", "index", "sequence", "view"
]
IdentityGeneration: TypeAlias = Literal["", "ALWAYS", "BY DEFAULT"]
TableKind: TypeAlias = Literal["ordinary", "partitioned", "partition", "foreign"]

# CREATE SEQUENCE, PostgreSQL manual: the bounds which a sequence has when none are given.
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def quoted(text: str) -> str:
    """Return the text as SQL writes a string literal."""
    return "'" + text.replace("'", "''") + "'"


def qualified(schema: str, name: str) -> str:
    """Return the printed name: schema-qualified only when the schema is not `public`."""
    return name if schema == "public" else f"{schema}.{name}"


@dataclass(frozen=True, slots=True)
class _OfDatabase:
    """What a database has by name alone."""

    name: str
    noun: ClassVar[Noun]
    owner: ClassVar[str] = ""
    description: ClassVar[str] = ""

    @property
    def identity(self) -> str:
        """Noun and name: `schema audit`."""
        return f"{self.noun} {self.name}"


@dataclass(frozen=True, slots=True)
class _OfSchema:
    """What a schema has by name."""

    schema: str
    name: str
    noun: ClassVar[Noun]

    @property
    def qualified_name(self) -> str:
        """`users`, or `audit.users` outside `public`."""
        return qualified(self.schema, self.name)

    @property
    def identity(self) -> str:
        """Noun and qualified name: `table users`."""
        return f"{self.noun} {self.qualified_name}"

    @property
    def owner(self) -> str:
        """No table."""
        return ""


@dataclass(frozen=True, slots=True)
class _OfTable:
    """What a table has by name; `table` is the table's qualified name."""

    table: str
    name: str
    noun: ClassVar[Noun]

    @property
    def path(self) -> str:
        """Table and name: `users.email`."""
        return f"{self.table}.{self.name}"

    @property
    def identity(self) -> str:
        """Noun and path: `column users.email`."""
        return f"{self.noun} {self.path}"

    @property
    def owner(self) -> str:
        """The qualified name of the table."""
        return self.table


@dataclass(frozen=True, slots=True)
class Schema(_OfDatabase):
    """A schema (`pg_namespace`)."""

    noun: ClassVar[Noun] = "schema"


@dataclass(frozen=True, slots=True)
class Extension(_OfDatabase):
    """An installed extension (`pg_extension`), by its name alone."""

    noun: ClassVar[Noun] = "extension"


@dataclass(frozen=True, slots=True)
class Column(_OfTable):
    """A column (`pg_attribute`); `table` is the qualified name of its table.

    `sequence_of` names the column (`users.id`) owning the sequence that the default draws from: a serial
    column names itself. `generated` is the expression with `STORED` or `VIRTUAL`; `collation` is None
    when it is the type's own; `not_null_valid` is False for PostgreSQL 18's `NOT NULL … NOT VALID`.
    """

    type: str
    nullable: bool = True
    default: str | None = None
    sequence_of: str | None = None
    identity_generation: IdentityGeneration = ""
    generated: str | None = None
    collation: str | None = None
    comment: str | None = None
    not_null_valid: bool = True
    noun: ClassVar[Noun] = "column"

    @property
    def nullability(self) -> str:
        """`NULL`, `NOT NULL` or `NOT NULL NOT VALID`."""
        if self.nullable:
            return "NULL"
        return "NOT NULL" if self.not_null_valid else "NOT NULL NOT VALID"

    @property
    def description(self) -> str:
        """What stands after the name in `CREATE TABLE`."""
        clauses = (
            ("COLLATE", self.collation),
            ("DEFAULT", self.default),
            ("GENERATED ALWAYS AS", self.generated),
            ("GENERATED AS IDENTITY", self.identity_generation),
        )
        given = [f"{word} {value}" for word, value in clauses if value]
        return " ".join([self.type, self.nullability, *given])


@dataclass(frozen=True, slots=True)
class Constraint(_OfTable):
    """A table's constraint (`pg_constraint`); `definition` is what `pg_get_constraintdef` prints.

    `columns` are in the constraint's order; `referenced_table` is given for foreign keys only.
    """

    type: ConstraintType
    definition: str
    columns: tuple[str, ...] = ()
    referenced_table: str | None = None
    deferrable: bool = False
    deferred: bool = False
    validated: bool = True
    noun: ClassVar[Noun] = "constraint"

    @property
    def description(self) -> str:
        """The definition, which holds deferrability and validity too."""
        return self.definition


@dataclass(frozen=True, slots=True)
class Index(_OfTable):
    """An index that backs no constraint (`pg_index`); `definition` is what `pg_get_indexdef` prints.

    `columns` are the key's columns or expressions in order, `included` those of INCLUDE.
    """

    definition: str
    method: str = "btree"
    unique: bool = False
    columns: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    predicate: str | None = None
    expressions: str | None = None
    valid: bool = True
    noun: ClassVar[Noun] = "index"

    @property
    def description(self) -> str:
        """The definition from the method on: without the names of index and table."""
        using = f" USING {self.method} ("
        body = self.definition[self.definition.index(using) + 1 :]
        return f"{'UNIQUE ' * self.unique}{body}{'' if self.valid else ' INVALID'}"


@dataclass(frozen=True, slots=True)
class Table(_OfSchema):
    """A table with all that belongs to it (`pg_class`).

    `parents` are the qualified names of the tables it is a partition of or inherits from; constraints and
    indexes that a partition has from its parent stand with the parent only.
    """

    kind: TableKind = "ordinary"
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    comment: str | None = None
    unlogged: bool = False
    partition_key: str | None = None
    partition_bound: str | None = None
    parents: tuple[str, ...] = ()
    noun: ClassVar[Noun] = "table"

    @property
    def owner(self) -> str:
        """The table itself."""
        return self.qualified_name

    @property
    def description(self) -> str:
        """The kind and the names of the columns in their order."""
        names = ", ".join(column.name for column in self.columns)
        return f"{self.kind} table ({names})"


@dataclass(frozen=True, slots=True)
class View(_OfSchema):
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
class Enum(_OfSchema):
    """An enum type, its labels in sort order (`pg_enum.enumsortorder`)."""

    labels: tuple[str, ...]
    noun: ClassVar[Noun] = "enum"

    @property
    def description(self) -> str:
        """The labels in order, quoted."""
        return "(" + ", ".join(map(quoted, self.labels)) + ")"


@dataclass(frozen=True, slots=True)
class Domain(_OfSchema):
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
class Sequence(_OfSchema):
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
