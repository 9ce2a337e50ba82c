"""Enum types: whose labels differ, and which columns have them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from migrations_tools.catalog import Catalog, Enum
from migrations_tools.operations import Operation
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.context import ReviewContext


def differing(facts: ReviewContext) -> Iterator[tuple[Enum, Enum]]:
    """Yield every enum type whose labels differ, as the database and as the models have it."""
    wanted = {enum.identity: enum for enum in facts.after.enums} if facts.after else {}
    for enum in facts.before.enums:
        other = wanted.get(enum.identity)
        if other and other.labels != enum.labels:
            yield enum, other


def renamed_types(facts: ReviewContext) -> tuple[tuple[Enum, Enum], ...]:
    """Return the types that only changed their name: same schema, same labels, and the same columns have them.

    What an extension of Alembic makes under the new name is left to it.
    """
    if facts.after is None:
        return ()
    there = {enum.identity for enum in facts.before.enums}
    wanted = {enum.identity for enum in facts.after.enums}
    new = [enum for enum in facts.after.enums if enum.identity not in there and not about_type(facts, enum)]
    gone = [enum for enum in facts.before.enums if enum.identity not in wanted] if new else []
    if not gone:
        return ()
    before, after = enum_columns(facts.before), enum_columns(facts.after)
    found = []
    for have in gone:
        used = set(before.get(have.qualified_name, ()))
        fits = (each for each in new if (each.schema, each.labels) == (have.schema, have.labels))
        want = next((each for each in fits if used and set(after.get(each.qualified_name, ())) == used), None)
        if want is not None:
            new.remove(want)
            found.append((have, want))
    return tuple(found)


def renamed_in(text: str, have: Enum, want: Enum) -> str:
    """Return SQL as PostgreSQL prints it once a type has its new name."""
    old, new = (sql.path(each.schema, each.name) for each in (have, want))
    return re.sub(rf"(?<![\w.\"]){re.escape(old)}(?![\w\"])", lambda _: new, text)


def about_type(facts: ReviewContext, enum: Enum) -> Operation | None:
    """Return the operation of an extension of Alembic (alembic_postgresql_enum) that is about an enum type."""
    own = (item for item in facts.operations if "enum" in item.kind.split("_") and item.name == enum.name)
    return next((item for item in own if (item.schema or "public") == enum.schema), None)


def loses_or_moves(have: Enum, want: Enum) -> bool:
    """Return whether labels of a type go, or come in another order."""
    return [label for label in want.labels if label in have.labels] != list(have.labels)


def puts_elsewhere(operation: Operation, have: Enum, want: Enum) -> bool:
    """Return whether a label is added before one that is there: alembic_postgresql_enum 1.11 puts it behind that."""
    labels = want.labels[: len(have.labels)]
    return operation.kind == "add_enum_values" and labels != have.labels and not loses_or_moves(have, want)


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
