"""A table and what belongs to it, as values: see `model`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

ConstraintType: TypeAlias = Literal["primary key", "unique", "foreign key", "check", "exclusion"]
Noun: TypeAlias = Literal[
    "schema", "extension", "enum", "domain", "table", "column", "constraint", "index", "sequence", "view"
]
IdentityGeneration: TypeAlias = Literal["", "ALWAYS", "BY DEFAULT"]
TableKind: TypeAlias = Literal["ordinary", "partitioned", "partition", "foreign"]

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")


def quoted(text: str) -> str:
    """Return the text as SQL writes a string literal."""
    return "'" + text.replace("'", "''") + "'"


def qualified(schema: str, name: str) -> str:
    """Return the printed name: schema-qualified only when the schema is not `public`."""
    return name if schema == "public" else f"{schema}.{name}"


@dataclass(frozen=True, slots=True)
class OfDatabase:
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
class OfSchema:
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
class OfTable:
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
class Column(OfTable):
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
class Constraint(OfTable):
    """A table's constraint (`pg_constraint`); `definition` is what `pg_get_constraintdef` prints.

    `columns` are in the constraint's order; `referenced_table` and its `referenced_columns` are given for foreign
    keys only.
    """

    type: ConstraintType
    definition: str
    columns: tuple[str, ...] = ()
    referenced_table: str | None = None
    referenced_columns: tuple[str, ...] = ()
    deferrable: bool = False
    deferred: bool = False
    validated: bool = True
    noun: ClassVar[Noun] = "constraint"

    @property
    def description(self) -> str:
        """The definition, which holds deferrability and validity too."""
        return self.definition

    def says(self, keywords: str) -> bool:
        """Return whether keywords stand in the definition: PostgreSQL prints them in capitals, and names in quotes."""
        return re.search(rf"\b{keywords}\b", _QUOTED.sub("", self.definition)) is not None


@dataclass(frozen=True, slots=True)
class Index(OfTable):
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
class Table(OfSchema):
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
