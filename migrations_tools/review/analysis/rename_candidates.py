"""Which drops and creations are one thing under a new name: because the user says so, or because they look alike."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.drops import Rename
from migrations_tools.review.analysis.evidence import place_of
from migrations_tools.review.analysis.objects import column, lacks, owner_of
from migrations_tools.review.analysis.relations import by_table
from migrations_tools.review.analysis.renamed_tables import renamed
from migrations_tools.review.context import ReviewContext, table_name

_Shape: TypeAlias = frozenset[tuple[str, str]]
# How alike two names must be, and what part of two tables' columns must be the same; where their names are alike, half.
_SIMILAR, _NEARLY, _HALF, _MANY_COLUMNS = 0.6, 0.7, 0.5, 3
_FAMILIES = {"character varying": "text", "character": "text", "smallint": "integer", "bigint": "integer"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+")


def column_renames(facts: ReviewContext) -> dict[int, Rename]:
    """Return the columns that were, or may have been, renamed; by the id of the drop."""
    found: dict[int, Rename] = {}
    for own in by_table(facts.operations).values():
        drops = [item for item in own if item.kind == "drop_column" and not owner_of(item, facts)]
        adds = {item.name: item for item in own if item.kind == "add_column"}
        for drop in list(drops) if adds else ():
            wished = adds.get(_wish(facts.wishes.renames, drop.object))
            if wished:
                found[drop.id] = Rename(drop, wished, True)
        taken = {item.made.id for item in found.values()}
        drops = [item for item in drops if item.id not in found]
        left = [item for item in adds.values() if item.id not in taken]
        found |= {item.drop.id: item for item in _likely(drops, left, facts)}
    return found


def _wish(wishes: Mapping[str, str], name: str) -> str:
    return (wishes.get(name) or wishes.get(name.removeprefix("public.")) or "").rpartition(".")[2]


def _likely(drops: Sequence[Operation], adds: Sequence[Operation], facts: ReviewContext) -> Iterator[Rename]:
    """Pair dropped and added columns of one table by their types: by similar names first, each once.

    A drop whose name tells nothing may be any of the additions of its type that are left.
    """
    pairs = [(drop, add) for drop in drops for add in adds if _fits(drop, add, facts)]
    alike = [(_similarity(drop.name, add.name), drop, add) for drop, add in pairs]
    taken: set[int] = set()
    for score, drop, add in sorted(alike, key=lambda item: (-item[0], item[1].id, item[2].id)):
        if score >= _SIMILAR and not taken & {drop.id, add.id}:
            taken |= {drop.id, add.id}
            yield Rename(drop, add, False)
    for drop in (item for item in drops if item.id not in taken):
        free = [add for one, add in pairs if one is drop and add.id not in taken]
        if free and not _is_old_drift(drop, facts):
            yield Rename(drop, free[0], False, tuple(free[1:]))


def _is_old_drift(drop: Operation, facts: ReviewContext) -> bool:
    """Return whether the base branch's models lack it too, so that this change did not rename it."""
    if facts.base.schema is None or not lacks(facts.base.schema, drop, facts):
        return False
    place = place_of(drop, facts)
    return place is None or place.file in facts.base.revisions


def _similarity(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1; those that share a word are alike."""
    words = [{word.lower() for word in _WORD.findall(name)} for name in (one, other)]
    score = difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()
    return max(score, _SIMILAR + score / 10 if words[0] & words[1] else 0.0)


def _fits(drop: Operation, add: Operation, facts: ReviewContext) -> bool:
    """Return whether an added column can be the dropped one: same family of type, both known."""
    ours, theirs = column(facts.existing(drop), drop.name), column(facts.wanted(add), add.name)
    if ours is None or theirs is None or ours.generated or theirs.generated:
        return False
    return _family(ours) == _family(theirs)


def _family(item: Column) -> str:
    name = item.type.partition("(")[0].strip()
    return _FAMILIES.get(name, name)


def table_renames(facts: ReviewContext) -> dict[int, Rename]:
    """Return the tables that were, or may have been, renamed; by the id of the drop."""
    drops = [item for item in facts.operations if item.kind == "drop_table" and not owner_of(item, facts)]
    made = [item for item in facts.operations if item.kind == "create_table"] if drops else []
    shapes = {item.id: _shape(item, facts) for item in (*drops, *made)}
    wished = [(drop, _wish(facts.wishes.table_renames, drop.object)) for drop in drops]
    found = {
        drop.id: Rename(drop, item, True)
        for drop, new in wished
        for item in made
        if item.schema == drop.schema and item.table == new
    }
    taken = {item.made.id for item in found.values()}
    left = [item for item in made if item.id not in taken]
    for drop in (item for item, new in wished if not new):
        scores = [(_likeness(drop, item, shapes, facts), item) for item in left if item.schema == drop.schema]
        alike = [item for score, item in sorted(scores, key=lambda each: (-each[0], each[1].id)) if score]
        if alike:
            found[drop.id] = Rename(drop, alike[0], False, tuple(alike[1:]))
            left.remove(alike[0])
    return found


def _likeness(drop: Operation, made: Operation, shapes: Mapping[int, _Shape], facts: ReviewContext) -> float:
    """Return how much a new table is like a dropped one; 0 where it cannot be the same under another name."""
    ours, theirs = shapes[drop.id], shapes[made.id]
    same = len(ours & theirs)
    part, names = same / max(len(ours | theirs), 1), _similarity(drop.table, made.table)
    near = part >= _NEARLY or (part >= _HALF and names >= _SIMILAR)
    if not near or (same < _MANY_COLUMNS and names < _SIMILAR and _is_old_drift(drop, facts)):
        return 0.0
    return part + names


def _shape(item: Operation, facts: ReviewContext) -> _Shape:
    table = facts.existing(item) if item.is_drop else facts.wanted(item)
    return frozenset((each.name, _family(each)) for each in table.columns) if table else frozenset()


def unmet(facts: ReviewContext) -> Iterator[str]:
    """Yield, for renames that the user has asked for and that nothing was found for, the reason."""
    columns = {f"{table_name(item.drop)}.{item.drop.name}" for item in column_renames(facts).values() if item.wished}
    tables = {table_name(item.drop) for item in table_renames(facts).values() if item.wished}
    known = [renamed(item.drop, item.made, facts) for item in table_renames(facts).values() if item.wished]
    columns |= {f"{each.ours.qualified_name}.{old}" for each in known if each for old in each.columns}
    for old, new in facts.wishes.renames.items():
        if old not in columns:
            yield f"--rename {old}={new}: {_why_no_column(old, new, facts)}."
    for old, new in facts.wishes.table_renames.items():
        if old not in tables:
            yield f"--rename-table {old}={new}: {_why_no_table(old, new, facts)}."


def _why_no_column(old: str, new: str, facts: ReviewContext) -> str:
    table, _, name = old.rpartition(".")
    found = facts.existing_table(table)
    if found is None:
        return f"the database has no table {table or old}"
    if column(found, name) is None:
        return f"the table {table} has no column {name}"
    if not any(item.kind == "drop_column" and item.name == name for item in facts.on_table(table)):
        return f"the models still have the column {old}"
    return f"the models add no column {new} to the table {table}"


def _why_no_table(old: str, new: str, facts: ReviewContext) -> str:
    if facts.existing_table(old) is None:
        return f"the database has no table {old}"
    if not any(item.kind == "drop_table" for item in facts.on_table(old)):
        return f"the models still have the table {old}"
    return f"the models create no table {new}"
