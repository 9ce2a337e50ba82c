"""How operations hang together: what goes with a drop, what stands in its way, what wants what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from migrations_tools.operations import Operation


def leaders(operations: Sequence[Operation]) -> list[Operation]:
    """Return the drops that are judged on their own: not what goes with a table or columns that are dropped whole."""
    drops = [item for item in operations if item.is_drop]
    return [item for item in drops if not any(goes_with(item, other, drops) for other in drops)]


def goes_with(item: Operation, drop: Operation, drops: Sequence[Operation]) -> bool:
    """Return whether PostgreSQL drops `item` with `drop` anyway, and nothing that stays would have needed it."""
    if not item.is_drop or item.id == drop.id or not same_table(item, drop):
        return False
    if drop.kind == "drop_table":
        return True
    columns = {other.name for other in drops if other.kind == "drop_column" and same_table(other, item)}
    return (
        drop.kind == "drop_column"
        and item.kind in ("drop_index", "drop_constraint")
        and drop.name in item.columns
        and set(item.columns) <= columns
    )


def same_table(one: Operation, other: Operation) -> bool:
    """Return whether two operations are about one table."""
    return bool(one.table) and (one.schema, one.table) == (other.schema, other.table)


def together(drop: Operation, operations: Sequence[Operation]) -> list[int]:
    """Return the ids of the drops that go with a drop."""
    drops = [item for item in operations if item.is_drop]
    return [item.id for item in drops if goes_with(item, drop, drops)]


def needs(held: Operation, drop: Operation) -> bool:
    """Return whether something that stays cannot stay without what `drop` takes away."""
    if drop.kind == "drop_table":
        return held.constraint == "foreign key" and held.referent == drop.table
    return drop.kind == "drop_column" and same_table(held, drop) and mentions(held.columns, drop.name)


def mentions(columns: Iterable[str], name: str) -> bool:
    """Return whether a column is among an index's or constraint's columns, or a word of one of their expressions."""
    return any(name == column or name in re.findall(r"\w+", column) for column in columns)


def wants(item: Operation, made: Operation) -> bool:
    """Return whether `item` cannot be done when `made` is not: an index of a new column, a key to a new table."""
    if item.id == made.id or item.is_drop:
        return False
    if made.kind == "create_table":
        return same_table(item, made) or (item.constraint == "foreign key" and item.referent == made.table)
    return made.kind == "add_column" and same_table(item, made) and mentions(item.columns, made.name)


def allow_drop(code: str, name: str) -> str:
    """Return the way out that overrules the review."""
    return f"Or allow the drop by name: invoke generate --allow {code}:{name}"
