"""How operations hang together: what goes with a drop, what stands in its way, what needs what is made."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from migrations_tools.operations import Operation

_PARTS = ("drop_index", "drop_constraint")


def same_table(one: Operation, other: Operation) -> bool:
    """Return whether two operations are about one table."""
    return bool(one.table) and (one.schema, one.table) == (other.schema, other.table)


def by_table(operations: Iterable[Operation]) -> dict[tuple[str, str], list[Operation]]:
    """Return the operations that are about a table, by its schema and name."""
    found: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for item in operations:
        if item.table:
            found[item.schema, item.table].append(item)
    return found


def followers(operations: Iterable[Operation]) -> dict[int, tuple[int, ...]]:
    """Return, by the id of a dropped table or column, the ids of the drops that PostgreSQL does with it anyway.

    An index or constraint goes with its columns when all of them go.
    """
    found: dict[int, tuple[int, ...]] = {}
    for drops in by_table(item for item in operations if item.is_drop).values():
        columns = {item.name for item in drops if item.kind == "drop_column"}
        parts = [item for item in drops if item.kind in _PARTS and columns.issuperset(item.columns)]
        for drop in drops:
            if drop.kind == "drop_table":
                found[drop.id] = tuple(item.id for item in drops if item.id != drop.id)
            elif drop.kind == "drop_column":
                found[drop.id] = tuple(item.id for item in parts if drop.name in item.columns)
    return found


class Obstacles:
    """What is held back, found by what its presence stops."""

    def __init__(self, held: Iterable[Operation]) -> None:
        """Sort what is held back by its table and by the table that it refers to."""
        self._by_table: dict[tuple[str, str], list[Operation]] = defaultdict(list)
        self._by_referent: dict[str, list[Operation]] = defaultdict(list)
        for item in held:
            self.add(item)

    def add(self, item: Operation) -> None:
        """Add something that is held back."""
        self._by_table[item.schema, item.table].append(item)
        if item.constraint == "foreign key":
            self._by_referent[item.referent].append(item)

    def to(self, drop: Operation) -> Operation | None:
        """Return something that cannot stay without what is dropped."""
        if drop.kind == "drop_table":
            return next(iter(self._by_referent.get(drop.table, ())), None)
        near = self._by_table.get((drop.schema, drop.table), ()) if drop.kind == "drop_column" and drop.table else ()
        return next((item for item in near if mentions(item.columns, drop.name)), None)


def with_dependents(held: Collection[int], operations: Sequence[Operation]) -> frozenset[int]:
    """Return the ids of what is held back together with all that cannot be done without it."""
    made = by_table(operations)
    keys: dict[str, list[Operation]] = defaultdict(list)
    for item in operations:
        if item.constraint == "foreign key":
            keys[item.referent].append(item)
    hold, todo = set(held), [item for item in operations if item.id in held]
    while todo:
        first = todo.pop()
        near = (*made[first.schema, first.table], *keys[first.table]) if first.table else ()
        more = {item.id: item for item in near if item.id not in hold and wants(item, first)}
        hold |= more.keys()
        todo += more.values()
    return frozenset(hold)


def wants(item: Operation, made: Operation) -> bool:
    """Return whether `item` cannot be done when `made` is not: an index of a new column, a key to a new table."""
    if item.id == made.id or item.is_drop:
        return False
    if made.kind == "create_table":
        return same_table(item, made) or (item.constraint == "foreign key" and item.referent == made.table)
    return made.kind == "add_column" and same_table(item, made) and mentions(item.columns, made.name)


def mentions(columns: Iterable[str], name: str) -> bool:
    """Return whether a column is among an index's or constraint's columns, or a word of one of their expressions."""
    return any(name == column or name in re.findall(r"\w+", column) for column in columns)


def allow_drop(code: str, name: str) -> str:
    """Return the way out that overrules the review."""
    return f"Or allow the drop by name: {allow(code, name)}"


def allow(code: str, name: str) -> str:
    """Return the command that allows something by name."""
    return f"invoke generate --allow {shlex.quote(f'{code}:{name}')}"
