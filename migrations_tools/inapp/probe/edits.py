"""Repairs that the other side has decided on, carried out in the operation tree before it is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pieces import Maker, comment_op, is_comment, lines_op
from .tree import facts_of, leaves, mirrors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.runtime.migration import MigrationContext

    from .tree import Tree

    Edit = dict[str, Any]
    Spot = tuple[Any, int]


def apply_edits(tree: Tree, context: MigrationContext, edits: Sequence[Edit]) -> None:
    """Put pieces in the place of operations and their mirrors, or add them at the ends; comments stand above them."""
    back = {number: _mirror_of(tree, op) for number, (_, op) in tree.found.items()}
    found = {number: op for number, (_, op) in tree.found.items()}
    maker = Maker(context, found, {number: op for number, (_, op) in back.items() if op is not None})
    ends = _Ends()
    for edit in edits:
        up = _made(maker, edit["comment"], edit["upgrade"])
        down = _made(maker, edit["comment_down"], edit["downgrade"])
        if edit["replaces"]:
            _replace(tree, edit["replaces"], back, up, down)
        else:
            ends.add(edit["place"], up, down)
    if tree.pairs:
        ends.write(*tree.pairs[0])


def finish(pairs: Sequence[tuple[Any, Any]]) -> None:
    """Give a function that would hold nothing but comments a `pass`."""
    for pair in pairs:
        for container in pair:
            ops = [op for _, op in leaves(container)]
            if ops and all(is_comment(op) for op in ops):
                container.ops.append(lines_op("pass"))


class _Ends:
    """What is added at the two ends; what comes first in upgrade() is last in downgrade(), and the other way round."""

    def __init__(self) -> None:
        self.first: list[tuple[list[Any], list[Any]]] = []
        self.last: list[tuple[list[Any], list[Any]]] = []

    def add(self, place: str, up: list[Any], down: list[Any]) -> None:
        (self.first if place == "first" else self.last).append((up, down))

    def write(self, upgrade: Any, downgrade: Any) -> None:
        upgrade.ops[:0] = [op for up, _ in self.first for op in up]
        upgrade.ops.extend(op for up, _ in self.last for op in up)
        downgrade.ops[:0] = [op for _, down in reversed(self.last) for op in down]
        downgrade.ops.extend(op for _, down in reversed(self.first) for op in down)


def _made(maker: Maker, comment: str, pieces: Sequence[Any]) -> list[Any]:
    made = [maker.make(piece) for piece in pieces]
    return [comment_op(comment), *made] if comment else made


def _mirror_of(tree: Tree, op: Any) -> tuple[Any, Any]:
    """Give the operation of downgrade() that undoes one of upgrade(), with its container; None where there is none."""
    facts = facts_of(op)
    for _, downgrade in tree.pairs:
        for container, other in leaves(downgrade):
            if mirrors(facts_of(other), facts):
                return container, other
    return None, None


def _replace(
    tree: Tree, numbers: Sequence[int], back: dict[int, tuple[Any, Any]], up: list[Any], down: list[Any]
) -> None:
    """Put operations where the first of the replaced ones stood, in both directions."""
    _put([tree.found[number] for number in numbers], up, tree.pairs[0][0])
    undone = [back[number] for number in numbers if back[number][1] is not None]
    _put(undone, down, tree.pairs[0][1])


def _put(places: Sequence[tuple[Any, Any]], made: list[Any], otherwise: Any) -> None:
    spots: list[Spot] = [(container, _index(container, op)) for container, op in places]
    container, index = spots[0] if spots else (otherwise, 0)
    index -= sum(1 for inner, other in spots[1:] if inner is container and other < index)
    for inner, op in places:
        del inner.ops[_index(inner, op)]
    container.ops[index:index] = made


def _index(container: Any, op: Any) -> int:
    return next(index for index, other in enumerate(container.ops) if other is op)
