"""Tables below tables: partitions, and what inherits; in which order they are dropped and made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrations_tools.catalog import Table
from migrations_tools.operations import Operation
from migrations_tools.review.context import ReviewContext, table_name


def ancestors(table: Table, facts: ReviewContext) -> Iterator[Table]:
    """Yield the tables that a table is a partition of or inherits from, the nearest first."""
    for name in table.parents:
        parent = facts.existing_table(name)
        if parent is not None:
            yield parent
            yield from ancestors(parent, facts)


def with_partitions(gone: Mapping[int, tuple[int, ...]], facts: ReviewContext) -> dict[int, tuple[int, ...]]:
    """Return what goes with a drop, by its id, and with a table its partitions, which PostgreSQL drops with it."""
    dropped = {table_name(item): item for item in facts.operations if item.kind == "drop_table"}
    found = dict(gone)
    for item in dropped.values():
        table = facts.existing(item)
        above = [each for each in ancestors(table, facts) if table.kind == "partition"] if table else []
        tops = [dropped[each.qualified_name] for each in above if each.qualified_name in dropped]
        if tops:
            found[tops[-1].id] = (*found.get(tops[-1].id, ()), item.id, *gone.get(item.id, ()))
    return found


def families(items: list[Operation], facts: ReviewContext) -> list[list[Operation]]:
    """Return the dropped tables in groups that hang together, in each group a table before those below it."""
    own = {table_name(item): item for item in items}
    groups: dict[str, list[tuple[int, str, Operation]]] = {}
    for name, item in own.items():
        table = facts.existing(item)
        above = [each.qualified_name for each in ancestors(table, facts) if each.qualified_name in own] if table else []
        groups.setdefault(above[-1] if above else name, []).append((len(above), name, item))
    return [[item for *_, item in sorted(group, key=lambda each: each[:2])] for group in groups.values()]
