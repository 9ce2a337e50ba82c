"""What is dropped and made again: under another name, as an index in a constraint's place, or changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from migrations_tools.operations import Operation
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.drops import How, Replacement
from migrations_tools.review.analysis.objects import child, is_unique, owner_of
from migrations_tools.review.analysis.relations import by_table
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit, Piece, execute, mirror, original

_HOWS: Final[tuple[How, ...]] = ("renamed", "unique still", "changed")
_DROPS, _CREATES = ("drop_constraint", "drop_index"), ("create_constraint", "create_index")


def replacements(leaders: Iterable[Operation], facts: ReviewContext) -> dict[int, Replacement]:
    """Return what makes way for its like, by the id of the drop; each successor takes one place."""
    found: dict[int, Replacement] = {}
    taken: set[int] = set()
    made = by_table(item for item in facts.operations if item.kind in _CREATES)
    near = [(item, made[item.schema, item.table]) for item in leaders if item.kind in _DROPS]
    drops = [(drop, own) for drop, own in near if own and not owner_of(drop, facts)]
    for how in _HOWS:
        for drop, own in (pair for pair in drops if pair[0].id not in found):
            fits = (item for item in own if item.id not in taken and how in _ways(drop, item, facts))
            successor = next(fits, None)
            if successor:
                found[drop.id] = Replacement(drop, successor, how)
                taken.add(successor.id)
    return found


def _ways(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[How]:
    ours, theirs = child(facts.existing(drop), drop.name), child(facts.wanted(made), made.name)
    alike = made.kind.partition("_")[2] == drop.kind.partition("_")[2] and made.constraint == drop.constraint
    known = ours is not None and theirs is not None
    same = known and ours is not None and theirs is not None and ours.description == theirs.description
    if alike and same and drop.name != made.name:
        yield "renamed"
    if not alike and drop.name != made.name and _unique_still(drop, made, facts):
        yield "unique still"
    if alike and known and not same and _as_much(drop, made):
        yield "changed"


def _unique_still(drop: Operation, made: Operation, facts: ReviewContext) -> bool:
    """Return whether the same columns are unique before and after, once by a constraint and once by an index."""
    both = drop.constraint in ("unique", "") and made.constraint in ("unique", "")
    unique = (drop.constraint == "unique" or drop.unique) and (made.constraint == "unique" or made.unique)
    ours = child(facts.existing(drop), drop.name)
    whole = not made.details.get("where") and (ours is None or is_unique(ours))
    return both and unique and whole and bool(drop.columns) and set(made.columns) == set(drop.columns)


def _as_much(drop: Operation, made: Operation) -> bool:
    """Return whether what is made guards or speeds up the same columns as what is dropped."""
    if not drop.columns or set(made.columns) != set(drop.columns) or made.details.get("where"):
        return False
    if drop.constraint == "foreign key":
        return made.referent == drop.referent
    return drop.constraint in ("unique", "") and (made.unique or not drop.unique)


def created_first(item: Replacement) -> Edit:
    """Make the successor before the drop, so that the columns are unique at every moment."""
    return Edit(
        comment=f"{item.made.name} first, then {item.drop.name}: the columns are unique at every moment.",
        replaces=tuple(sorted((item.drop.id, item.made.id))),
        upgrade=(original(item.made.id), original(item.drop.id)),
        downgrade=(mirror(item.drop.id), mirror(item.made.id)),
    )


def renamed_only(item: Replacement) -> Edit:
    """Rename a constraint or index instead of building it again."""
    drop, made = item.drop, item.made
    return Edit(
        comment=f"Only the name differs: renamed rather than built again ({drop.name}).",
        replaces=tuple(sorted((drop.id, made.id))),
        upgrade=(rename(drop, drop.name, made.name),),
        downgrade=(rename(drop, made.name, drop.name),),
    )


def keys_to(drop: Operation, facts: ReviewContext) -> list[str]:
    """Name the foreign keys that refer to the very columns of a constraint or index."""
    return [key.path for key in facts.keys_to(table_name(drop)) if set(key.referenced_columns) == set(drop.columns)]


def rename(operation: Operation, old: str, new: str) -> Piece:
    """Rename an index or constraint of an operation's table."""
    if operation.kind.endswith("_index"):
        return execute(f"ALTER INDEX {sql.path(operation.schema, old)} RENAME TO {sql.name(new)}")
    return rename_constraint(sql.operated(operation), old, new)


def rename_constraint(table: str, old: str, new: str) -> Piece:
    """Rename a constraint of a table, which is given as SQL writes it."""
    return execute(f"ALTER TABLE {table} RENAME CONSTRAINT {sql.name(old)} TO {sql.name(new)}")
