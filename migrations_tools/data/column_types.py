"""A column's type, as `format_type` prints it, taken apart and led back to what its values are written like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from migrations_tools.catalog import Catalog, Domain, Enum

_PRINTED = re.compile(r"(?P<name>.*?)(?:\((?P<modifier>[^()]*)\)(?P<rest>[ a-z]*))?(?P<array>(?:\[\])*)", re.DOTALL)
_PARTS = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What is needed to write values of a type.

    `name` is the base type's, without its schema when that is `public` or the type is PostgreSQL's or an
    extension's; `modifier` is what stands in parentheses (`10,2`). `labels` are an enum's; `fields` a composite's;
    `range_of` is a range's subtype, `multi` tells a multirange; `element` is an array's. `checks` are those of the
    domains that the type goes through, over `VALUE`, and `required` says that one refuses NULL; `printed` names the
    type below the domains, as a cast wants it.
    """

    name: str
    printed: str
    modifier: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    fields: tuple[ColumnType, ...] = ()
    range_of: ColumnType | None = None
    multi: bool = False
    element: ColumnType | None = None
    checks: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite type of the database: the printed types of its fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A range type of the database: the printed subtype, and whether it is the multirange."""

    subtype: str
    multi: bool


Definition: TypeAlias = Enum | Domain | Composite | Range


@dataclass(frozen=True, slots=True)
class Types:
    """The types that a database defines, by schema and name."""

    definitions: Mapping[tuple[str, str], Definition]

    def resolve(self, printed: str) -> ColumnType:
        """Take a printed type apart. One that is defined nowhere comes back by its bare name."""
        match = _PRINTED.fullmatch(printed)
        name, modifier, rest, array = (
            match.group("name", "modifier", "rest", "array") if match else (printed, *[""] * 3)
        )
        if array:
            bare = printed.removesuffix(array)
            return ColumnType("array", printed, element=self.resolve(bare))
        schema, local = _split(name)
        definition = self.definitions.get((schema, local))
        if definition is not None:
            return self._defined(definition, printed, local)
        words = tuple(part.strip() for part in modifier.split(",")) if modifier else ()
        return ColumnType(f"{local}{rest or ''}", printed, words)

    def _defined(self, definition: Definition, printed: str, local: str) -> ColumnType:
        if isinstance(definition, Enum):
            return ColumnType(local, printed, labels=definition.labels)
        if isinstance(definition, Composite):
            return ColumnType(local, printed, fields=tuple(map(self.resolve, definition.fields)))
        if isinstance(definition, Range):
            return ColumnType(local, printed, range_of=self.resolve(definition.subtype), multi=definition.multi)
        base = self.resolve(definition.type)
        required = base.required or not definition.nullable
        return replace(base, checks=base.checks + definition.checks, required=required)


def types_of(catalog: Catalog, more: Mapping[tuple[str, str], Definition]) -> Types:
    """Return the types that a catalog knows, and `more` that it does not hold."""
    known: dict[tuple[str, str], Definition] = {(each.schema, each.name): each for each in catalog.enums}
    known |= {(each.schema, each.name): each for each in catalog.domains}
    return Types({**known, **more})


def _split(name: str) -> tuple[str, str]:
    """Return schema and name of a printed type, as stored."""
    parts = [quoted.replace('""', '"') if quoted else plain for quoted, plain in _PARTS.findall(name)]
    return (parts[0], parts[1]) if len(parts) == 2 else ("public", parts[0] if parts else name)
