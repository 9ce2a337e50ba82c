"""In which order tables are filled: those that others refer to first, those that refer to each other together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping


def groups(references: Mapping[str, Collection[str]]) -> Iterator[tuple[str, ...]]:
    """Yield the tables in groups, each after what it refers to; a group holds what refers to itself in a circle.

    `references` names for each table those that it refers to. The order is that of the mapping where nothing else
    decides. (Tarjan's strongly connected components, without recursion: a chain of references may be long.)
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    for root in references:
        if root in index:
            continue
        path = [(root, iter(references[root]))]
        _enter(root, index, low, stack, waiting)
        while path:
            table, others = path[-1]
            following = next(
                (other for other in others if _goes_on(table, other, references, index, low, waiting)), None
            )
            if following is not None:
                _enter(following, index, low, stack, waiting)
                path.append((following, iter(references[following])))
                continue
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[table])
            if low[table] == index[table]:
                yield _leave(table, stack, waiting)


def _enter(table: str, index: dict[str, int], low: dict[str, int], stack: list[str], waiting: set[str]) -> None:
    index[table] = low[table] = len(index)
    stack.append(table)
    waiting.add(table)


def _goes_on(
    table: str,
    other: str,
    references: Mapping[str, Collection[str]],
    index: dict[str, int],
    low: dict[str, int],
    waiting: set[str],
) -> bool:
    """Return whether the other table is to be entered; one that waits already lowers the table's mark."""
    if other not in references:
        return False
    if other not in index:
        return True
    if other in waiting:
        low[table] = min(low[table], index[other])
    return False


def _leave(table: str, stack: list[str], waiting: set[str]) -> tuple[str, ...]:
    at = stack.index(table)
    group = tuple(stack[at:])
    del stack[at:]
    waiting.difference_update(group)
    return tuple(sorted(group))
