"""Repairs that the other side has decided on, carried out in the operation tree before it is rendered."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .pieces import Maker, comment_op, is_comment, lines_op
from .tree import facts_of, leaves, mirrors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.runtime.migration import MigrationContext

    from .tree import Tree

    Edit = dict[str, Any]


def apply_edits(tree: Tree, context: MigrationContext, edits: Sequence[Edit]) -> tuple[int, int]:
    """Put pieces in the place of operations and their mirrors, or add them at the ends; comments stand above them.

    Gives how many operations came first in upgrade() and last in downgrade().
    """
    found = {number: op for number, (_, op) in tree.found.items()}
    mirrored = {number: _mirror_of(tree, op) for number, op in found.items()}
    back = {number: op for number, op in mirrored.items() if op is not None}
    maker = Maker(context, found, back)
    upgrades, downgrades = zip(*tree.pairs) if tree.pairs else ((), ())  # noqa: B905 - Python 3.8
    ends = _Ends()
    for edit in edits:
        up = _made(maker, edit["comment"], edit["upgrade"])
        down = _made(maker, edit["comment_down"], edit["downgrade"])
        undone = [back[number] for number in edit["replaces"] if number in back]
        here = edit["place"] == "here" and bool(edit["replaces"])
        if not here:
            ends.add(edit["place"], up, down)
        _replace(upgrades, [found[number] for number in edit["replaces"]], up if here else [])
        _replace(downgrades, undone, down if here else [])
    if tree.pairs:
        ends.write(tree.pairs)
    return sum(len(up) for up, _ in ends.first), sum(len(down) for _, down in ends.first)


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

    def write(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Add it: of several files, to the first in upgrade() what comes first, to the last what comes last."""
        (first_up, first_down), (last_up, last_down) = pairs[0], pairs[-1]
        first_up.ops[:0] = [op for up, _ in self.first for op in up]
        last_up.ops.extend(op for up, _ in self.last for op in up)
        last_down.ops[:0] = [op for _, down in reversed(self.last) for op in down]
        first_down.ops.extend(op for _, down in reversed(self.first) for op in down)


def _made(maker: Maker, comment: str, pieces: Sequence[Any]) -> list[Any]:
    # The mirror of an operation that downgrade() does not undo is nothing.
    made = [op for op in map(maker.make, pieces) if op is not None]
    return [comment_op(comment), *made] if comment else made


def _mirror_of(tree: Tree, op: Any) -> Any:
    """Return the operation of downgrade() that undoes one of upgrade(); None where there is none."""
    facts = facts_of(op)
    found = (other for _, downgrade in tree.pairs for _, other in leaves(downgrade) if mirrors(facts_of(other), facts))
    return next(found, None)


def _replace(roots: Sequence[Any], replaced: Sequence[Any], made: list[Any]) -> None:
    """Put operations where the first of the replaced ones stood; with none to replace, they come first."""
    if not replaced:
        roots[0].ops[:0] = made
        return
    # What is made may hold what is replaced, so that its place is kept by something else.
    placeholder = lines_op()
    for number, op in enumerate(replaced):
        container = next(container for root in roots for container, other in leaves(root) if other is op)
        container.ops[_index(container, op)] = placeholder if number == 0 else lines_op()
    root = _lifted(roots, placeholder)
    index = _index(root, placeholder)
    root.ops[index : index + 1] = made
    for each in roots:
        _sweep(each)


def _lifted(roots: Sequence[Any], op: Any) -> Any:
    """Return the root that holds an operation directly, after parting the table's operations that it stood among.

    In a batch, what is put in its place would be taken for the batch's own.
    """
    for root in roots:
        for index, inner in enumerate(root.ops):
            if inner is op:
                return root
            if any(other is op for other in getattr(inner, "ops", ())):
                at = _index(inner, op)
                before, after = copy.copy(inner), copy.copy(inner)
                before.ops, after.ops = inner.ops[:at], inner.ops[at + 1 :]
                root.ops[index : index + 1] = [*filter(_holds, [before]), op, *filter(_holds, [after])]
                return root
    raise LookupError("an operation that is to be replaced is not in the tree")


def _holds(container: Any) -> bool:
    return bool(container.ops)


def _sweep(container: Any) -> None:
    """Take out the lines that say nothing, and what holds nothing then."""
    for op in list(container.ops):
        if hasattr(op, "ops"):
            _sweep(op)
        if getattr(op, "lines", None) == () or getattr(op, "ops", None) == []:
            del container.ops[_index(container, op)]


def _index(container: Any, op: Any) -> int:
    return next(index for index, other in enumerate(container.ops) if other is op)
