"""Which drops and creations are one thing under a new name: because the user says so, or because they look alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.drops import Rename
from migrations_tools.review.analysis.objects import column, owner_of
from migrations_tools.review.analysis.relations import by_table
from migrations_tools.review.context import ReviewContext, table_name

_SIMILAR, _NEARLY, _FEW_COLUMNS = 0.6, 0.7, 3
_FAMILIES = {"character varying": "text", "smallint": "integer", "bigint": "integer"}


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
        found |= {drop.id: Rename(drop, add, False) for drop, add in _likeliest(drops, left, facts)}
    return found


def _wish(wishes: Mapping[str, str], name: str) -> str:
    return (wishes.get(name) or wishes.get(name.removeprefix("public.")) or "").rpartition(".")[2]


def _likeliest(
    drops: Sequence[Operation], adds: Sequence[Operation], facts: ReviewContext
) -> Iterator[tuple[Operation, Operation]]:
    """Pair dropped and added columns of one table by their types, the most similar names first, each once."""
    alone = len(drops) == 1 == len(adds)
    pairs = ((drop, add) for drop in drops for add in adds if _fits(drop, add, facts))
    scored = sorted(
        ((_similarity(drop, add, alone), drop, add) for drop, add in pairs),
        key=lambda item: (-item[0], item[1].id, item[2].id),
    )
    taken: set[int] = set()
    for score, drop, add in scored:
        if score >= _SIMILAR and not taken & {drop.id, add.id}:
            taken |= {drop.id, add.id}
            yield drop, add


def _similarity(drop: Operation, add: Operation, alone: bool) -> float:
    """Score a pair: names that share a word are alike, and so are the only two of their table."""
    one, other = set(drop.name.lower().split("_")), set(add.name.lower().split("_"))
    score = difflib.SequenceMatcher(None, drop.name.lower(), add.name.lower()).ratio()
    shared = _SIMILAR if one & other else 0.0
    return max(score, shared + score / 10, _SIMILAR if alone else 0.0)


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
    found: dict[int, Rename] = {}
    taken: set[int] = set()
    for drop in drops:
        new = _wish(facts.wishes.table_renames, drop.object)
        fits = [item for item in made if item.schema == drop.schema and item.id not in taken]
        wished = [item for item in fits if item.table == new]
        alike = [] if new else [item for item in fits if _nearly_the_same(shapes[drop.id], shapes[item.id])]
        for item in (wished or alike)[:1]:
            found[drop.id] = Rename(drop, item, bool(wished))
            taken.add(item.id)
    return found


def _shape(item: Operation, facts: ReviewContext) -> frozenset[tuple[str, str]]:
    table = facts.existing(item) if item.is_drop else facts.wanted(item)
    return frozenset((each.name, _family(each)) for each in table.columns) if table else frozenset()


def _nearly_the_same(ours: frozenset[tuple[str, str]], theirs: frozenset[tuple[str, str]]) -> bool:
    """Return whether two tables have nearly the same columns of the same types."""
    same = len(ours & theirs)
    return same >= _FEW_COLUMNS and same / len(ours | theirs) >= _NEARLY


def unmet(facts: ReviewContext) -> Iterator[str]:
    """Yield, for renames that the user has asked for and that nothing was found for, the reason."""
    columns = {f"{table_name(item.drop)}.{item.drop.name}" for item in column_renames(facts).values() if item.wished}
    tables = {table_name(item.drop) for item in table_renames(facts).values() if item.wished}
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
