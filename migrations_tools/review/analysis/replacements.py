"""What is dropped and made again: under another name, as an index in a constraint's place, or changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.objects import (
    child,
    identifier,
    in_words,
    is_unique,
    names_word,
    owner_of,
    sql_table,
)
from migrations_tools.review.analysis.relations import leaders, same_table
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit, Piece, execute, mirror, original
from migrations_tools.review.findings import Finding

How: TypeAlias = Literal["renamed", "unique still", "changed"]
_HOWS: Final[tuple[How, ...]] = ("renamed", "unique still", "changed")
_DROPS, _CREATES = ("drop_constraint", "drop_index"), ("create_constraint", "create_index")


@dataclass(frozen=True, slots=True)
class Replacement:
    """A drop, the operation that makes its successor, and what that means."""

    drop: Operation
    made: Operation
    how: How


def replacements(facts: ReviewContext) -> dict[int, Replacement]:
    """Return what makes way for its like, by the id of the drop; each successor takes one place."""
    found: dict[int, Replacement] = {}
    taken: set[int] = set()
    made = [item for item in facts.operations if item.kind in _CREATES]
    drops = [item for item in leaders(facts.operations) if item.kind in _DROPS and not owner_of(item, facts)]
    for how in _HOWS:
        for drop in (item for item in drops if item.id not in found):
            fits = (item for item in made if item.id not in taken and how in _ways(drop, item, facts))
            successor = next(fits, None)
            if successor:
                found[drop.id] = Replacement(drop, successor, how)
                taken.add(successor.id)
    return found


def _ways(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[How]:
    if not same_table(drop, made):
        return
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


def unique_replaced(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint that makes way for a unique index of the same columns, or the other way round."""
    for item in replacements(facts).values():
        if item.how == "unique still":
            yield _held_by_keys(item, facts) if _keys_to(item.drop, facts) else _created_first(item)


def _created_first(item: Replacement) -> Finding:
    drop, made = item.drop, item.made
    edit = Edit(
        comment=f"{made.name} first, then {drop.name}: the columns are unique at every moment.",
        replaces=tuple(sorted((drop.id, made.id))),
        upgrade=(original(made.id), original(drop.id)),
        downgrade=(mirror(drop.id), mirror(made.id)),
    )
    return Finding(
        drop.object,
        f"The {in_words(drop)} makes way for the {made.noun} {made.name} of the same columns, which is"
        " created first: no moment without uniqueness.",
        effect="Rows stay as unique as they were; `ON CONFLICT ON CONSTRAINT` and whoever names the old one break.",
        ways_out=(f"Or keep what there is: declare the {drop.noun} {drop.name} in the model as it is.",),
        operations=(drop.id, made.id),
        edits=(edit,),
        severity="warn",
    )


def _held_by_keys(item: Replacement, facts: ReviewContext) -> Finding:
    drop, keys = item.drop, ", ".join(_keys_to(item.drop, facts))
    return Finding(
        drop.object,
        f"The {in_words(drop)} would make way for the {item.made.noun} {item.made.name}, but foreign keys"
        f" rest on it ({keys}); both are held back.",
        effect="PostgreSQL refuses the drop.",
        ways_out=(f"Declare the {drop.noun} {drop.name} in the model as it is, beside the new one if need be.",),
        operations=(drop.id, item.made.id),
        severity="hold",
    )


def _keys_to(drop: Operation, facts: ReviewContext) -> list[str]:
    """Name the foreign keys that refer to the very columns."""
    target = table_name(drop)
    keys = (item for table in facts.before.tables for item in table.constraints if item.referenced_table == target)
    return [item.path for item in keys if _refers(item.definition, drop.columns)]


def _refers(definition: str, columns: tuple[str, ...]) -> bool:
    listed = definition.partition(" REFERENCES ")[2].partition("(")[2].partition(")")[0]
    return len(listed.split(",")) == len(columns) and all(names_word(listed, name) for name in columns)


def only_the_name_changed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint or index that is dropped and created again with the same definition under another name."""
    for item in replacements(facts).values():
        if item.how == "renamed":
            yield _renamed(item)


def _renamed(item: Replacement) -> Finding:
    drop, made = item.drop, item.made
    edit = Edit(
        comment=f"Only the name differs: renamed rather than built again ({drop.name}).",
        replaces=tuple(sorted((drop.id, made.id))),
        upgrade=(rename(drop, drop.name, made.name),),
        downgrade=(rename(drop, made.name, drop.name),),
    )
    return Finding(
        drop.object,
        f"The {in_words(drop)} is called {made.name} in the models and is the same in all else; it is"
        " renamed instead of dropped and built again.",
        effect="Building it again would hold a heavy lock for a name.",
        operations=(drop.id, made.id),
        edits=(edit,),
    )


def rename(operation: Operation, old: str, new: str) -> Piece:
    """Rename an index or constraint of an operation's table."""
    if operation.kind.endswith("_index"):
        schema = f"{identifier(operation.schema)}." if operation.schema else ""
        return execute(f"ALTER INDEX {schema}{identifier(old)} RENAME TO {identifier(new)}")
    return rename_constraint(sql_table(operation), old, new)


def rename_constraint(table: str, old: str, new: str) -> Piece:
    """Rename a constraint of a table, which is given as SQL writes it."""
    return execute(f"ALTER TABLE {table} RENAME CONSTRAINT {identifier(old)} TO {identifier(new)}")


def changed(item: Replacement, facts: ReviewContext) -> Finding:
    """Return that something is built again because it changes, and still does what it did."""
    drop, made = item.drop, item.made
    theirs = child(facts.wanted(made), made.name)
    into = f" as {theirs.description}" if theirs else ""
    return Finding(
        drop.object,
        f"The {in_words(drop)} is built again on the same columns{into}.",
        operations=(drop.id, made.id),
        severity="info",
    )
