"""Which object of one catalog stands for which of the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from migrations_tools.catalog.attributes import one_moment
from migrations_tools.catalog.model import Constraint, Index

Child = TypeVar("Child", Constraint, Index)
T = TypeVar("T")


def pairs(actual: Iterable[T], expected: Iterable[T], key: Callable[[T], str]) -> Iterator[tuple[T | None, T | None]]:
    """Pair what has the same key, in the order of the keys."""
    left, right = {key(thing): thing for thing in actual}, {key(thing): thing for thing in expected}
    for name in sorted(left.keys() | right.keys()):
        yield left.get(name), right.get(name)


def pair_children(actual: Sequence[Child], expected: Sequence[Child]) -> Iterator[tuple[Child | None, Child | None]]:
    """Pair constraints or indexes of one table, each at most once, the surest first.

    Same name and definition; then same definition (a pure rename); then same name; then the primary keys, of
    which a table has one. Definition goes before name because names that the server makes up (`t_check`,
    `t_check1`) depend on the order of creation, and two that only share such a name are two different ones.
    """
    left = sorted(actual, key=lambda child: child.name)
    right = sorted(expected, key=lambda child: child.name)
    for key in (_name_and_definition, _definition, _name, _primary_key):
        yield from _take_pairs(left, right, key)
    yield from ((child, None) for child in left)
    yield from ((None, child) for child in right)


def _take_pairs(
    left: list[Child], right: list[Child], key: Callable[[Constraint | Index], Hashable]
) -> list[tuple[Child, Child]]:
    """Take out of both lists, and give, the pairs that have the same key; None is no key."""
    pools: dict[Hashable, list[Child]] = defaultdict(list)
    for child in right:
        pools[key(child)].append(child)
    pools.pop(None, None)
    taken = [(child, pools[key(child)].pop(0)) for child in left if pools.get(key(child))]
    for one, other in taken:
        left.remove(one)
        right.remove(other)
    return taken


def _definition(child: Constraint | Index) -> Hashable:
    return one_moment(child.description)


def _name(child: Constraint | Index) -> Hashable:
    return child.name


def _name_and_definition(child: Constraint | Index) -> Hashable:
    return child.name, _definition(child)


def _primary_key(child: Constraint | Index) -> Hashable:
    return True if isinstance(child, Constraint) and child.type == "primary key" else None
