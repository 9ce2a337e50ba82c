"""Enum types: whose labels differ, and which columns have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from migrations_tools.catalog import Catalog, Enum
from migrations_tools.review.analysis import types
from migrations_tools.review.context import ReviewContext


def differing(facts: ReviewContext) -> Iterator[tuple[Enum, Enum]]:
    """Yield every enum type whose labels differ, as the database and as the models have it."""
    wanted = {enum.identity: enum for enum in facts.after.enums} if facts.after else {}
    for enum in facts.before.enums:
        other = wanted.get(enum.identity)
        if other and other.labels != enum.labels:
            yield enum, other


def enum_columns(catalog: Catalog) -> Mapping[str, list[tuple[str, str]]]:
    """Return the columns, as (table, column), of each enum type, or of arrays of it, by its qualified name."""
    names = {enum.qualified_name for enum in catalog.enums}
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for table in catalog.tables if names else ():
        for column in table.columns:
            name = types.parse(column.type).name.replace('"', "")
            if name in names:
                found[name].append((table.qualified_name, column.name))
    return found
