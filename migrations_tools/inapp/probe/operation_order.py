"""The order of operations where Alembic's own is that of a set, or fails: dropped tables, generated columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tree import leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    Key = tuple[str, str]


def put_in_order(upgrade: Any, downgrade: Any) -> None:
    """Order what both functions do: the same each time, and so that each operation finds what it needs."""
    dropped = {_key(op): op.reverse() for op in upgrade.ops if _is(op, "DropTableOp")}
    made = [_key(op) for op in downgrade.ops if _is(op, "CreateTableOp") and _key(op) in dropped]
    if len(dropped) > 1:
        order = _parents_first(dropped)
        _gather(upgrade, "DropTableOp", order[::-1], last=True)
        if len(made) == len(dropped):
            _gather(downgrade, "CreateTableOp", order, last=False)
    for root in (upgrade, downgrade):
        _generated_apart(root)


def _is(op: Any, name: str) -> bool:
    return type(op).__name__ == name


def _key(op: Any) -> Key:
    return (op.schema or "", op.table_name)


def _parents_first(tables: dict[Key, Any]) -> list[Key]:
    """Return the tables, each after those that its foreign keys refer to; in a ring the first by name comes first."""
    needs = {key: _referents(op) & (tables.keys() - {key}) for key, op in tables.items()}
    order: list[Key] = []
    while needs:
        free = min(needs, key=lambda key: (len(needs[key] - set(order)), key))
        order.append(free)
        del needs[free]
    return order


def _referents(create: Any) -> set[Key]:
    found = set()
    for item in create.columns:
        for element in getattr(item, "elements", ()) if _is(item, "ForeignKeyConstraint") else ():
            schema, _, table = element.target_fullname.rpartition(".")[0].rpartition(".")
            found.add((schema, table))
    return found


def _gather(root: Any, kind: str, order: Sequence[Key], last: bool) -> None:
    """Put the operations on whole tables in one place, in an order: where the first or the last of them stands.

    Their indexes, which are dropped before and made after, stand in the tables' order too.
    """
    rank = {key: number for number, key in enumerate(order)}
    tables = [op for op in root.ops if _is(op, kind) and _key(op) in rank]
    parts = [op for op in root.ops if not _is(op, kind) and _part_of(op) in rank]
    tables.sort(key=lambda op: rank[_key(op)])
    parts.sort(key=lambda op: rank[_part_of(op)])
    places = [index for index, op in enumerate(root.ops) if any(op is own for own in (*tables, *parts))]
    at = places[-1] + 1 if last else places[0]
    before, after = root.ops[:at], root.ops[at:]
    moved = {id(op) for op in (*tables, *parts)}
    block = [*parts, *tables] if last else [*tables, *parts]
    root.ops[:] = [*(op for op in before if id(op) not in moved), *block, *(op for op in after if id(op) not in moved)]


def _part_of(op: Any) -> Key:
    """Return the table of an index, or of a group of a table's operations."""
    return (getattr(op, "schema", None) or "", getattr(op, "table_name", None) or "")


def _generated_apart(root: Any) -> None:
    """Add a table's generated columns after its plain ones, which they read, and drop them before those."""
    for ops in {id(found): found.ops for found, _ in leaves(root)}.values():
        for kind, last in (("AddColumnOp", True), ("DropColumnOp", False)):
            for key in {_key(op) for op in ops if _is(op, kind)}:
                places = [index for index, op in enumerate(ops) if _is(op, kind) and _key(op) == key]
                columns = sorted((ops[index] for index in places), key=lambda op: _is_generated(op) is last)
                for index, op in zip(places, columns):  # noqa: B905 - Python 3.8
                    ops[index] = op


def _is_generated(op: Any) -> bool:
    made = op if _is(op, "AddColumnOp") else getattr(op, "_reverse", None)
    return made is not None and made.column.computed is not None
