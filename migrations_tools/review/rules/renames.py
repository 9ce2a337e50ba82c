"""Renames: what looks like a drop and a creation, and may be one thing under a new name: that is asked, not guessed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.evidence import evidence_for, provenance_of
from migrations_tools.review.analysis.objects import column, owner_of
from migrations_tools.review.analysis.relations import allow_drop, same_table, together, wants
from migrations_tools.review.analysis.renaming import of_column, of_table, rename_column, rename_table
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

CATALOGUE = RuleSet()
_SIMILAR, _NEARLY, _FEW_COLUMNS = 0.6, 0.7, 3


@dataclass(frozen=True, slots=True)
class Rename:
    """A drop and a creation that are one thing; `wished` says that the user has said so."""

    drop: Operation
    made: Operation
    wished: bool


def column_renames(facts: ReviewContext) -> dict[int, Rename]:
    """Return the columns that were, or may have been, renamed; by the id of the drop."""
    drops = [item for item in facts.operations if item.kind == "drop_column" and not owner_of(item, facts)]
    adds = [item for item in facts.operations if item.kind == "add_column"]
    found: dict[int, Rename] = {}
    for drop in drops:
        new = _wish(facts.wishes.renames, drop.object)
        wished = next((item for item in adds if same_table(item, drop) and item.name == new), None)
        if wished:
            found[drop.id] = Rename(drop, wished, True)
    taken = {item.made.id for item in found.values()}
    drops = [item for item in drops if item.id not in found]
    adds = [item for item in adds if item.id not in taken]
    for drop, add in _likeliest(drops, adds, facts):
        found[drop.id] = Rename(drop, add, False)
    return found


def _wish(wishes: Mapping[str, str], name: str) -> str:
    return (wishes.get(name) or wishes.get(name.removeprefix("public.")) or "").rpartition(".")[2]


def _likeliest(
    drops: Sequence[Operation], adds: Sequence[Operation], facts: ReviewContext
) -> Iterator[tuple[Operation, Operation]]:
    """Pair dropped and added columns of one table and type, the most similar names first, each once."""
    scored = sorted(
        ((_similarity(drop, add, drops, adds), drop, add) for drop in drops for add in adds if _fits(drop, add, facts)),
        key=lambda item: (-item[0], item[1].id, item[2].id),
    )
    taken: set[int] = set()
    for score, drop, add in scored:
        if score >= _SIMILAR and not taken & {drop.id, add.id}:
            taken |= {drop.id, add.id}
            yield drop, add


def _similarity(drop: Operation, add: Operation, drops: Sequence[Operation], adds: Sequence[Operation]) -> float:
    """Score a pair: names that share a word are alike, and so are the only two of their table."""
    one, other = set(drop.name.lower().split("_")), set(add.name.lower().split("_"))
    score = difflib.SequenceMatcher(None, drop.name.lower(), add.name.lower()).ratio()
    shared = _SIMILAR if one & other else 0.0
    alone = sum(same_table(item, drop) for item in drops) == 1 == sum(same_table(item, drop) for item in adds)
    return max(score, shared + score / 10, _SIMILAR if alone else 0.0)


def _fits(drop: Operation, add: Operation, facts: ReviewContext) -> bool:
    """Return whether an added column can be the dropped one: same table, same family of type, both known."""
    if not same_table(drop, add):
        return False
    ours, theirs = column(facts.existing(drop), drop.name), column(facts.wanted(add), add.name)
    if ours is None or theirs is None or ours.generated or theirs.generated:
        return False
    return _family(ours) == _family(theirs)


def _family(item: Column) -> str:
    name = item.type.partition("(")[0].strip()
    return {"character varying": "text", "smallint": "integer", "bigint": "integer"}.get(name, name)


def table_renames(facts: ReviewContext) -> dict[int, Rename]:
    """Return the tables that were, or may have been, renamed; by the id of the drop."""
    drops = [item for item in facts.operations if item.kind == "drop_table" and not owner_of(item, facts)]
    made = [item for item in facts.operations if item.kind == "create_table"]
    found: dict[int, Rename] = {}
    taken: set[int] = set()
    for drop in drops:
        new = _wish(facts.wishes.table_renames, drop.object)
        fits = [item for item in made if item.schema == drop.schema and item.id not in taken]
        wished = [item for item in fits if item.table == new]
        alike = [item for item in fits if _nearly_the_same(drop, item, facts)] if not new else []
        for item in (wished or alike)[:1]:
            found[drop.id] = Rename(drop, item, bool(wished))
            taken.add(item.id)
    return found


def _nearly_the_same(drop: Operation, made: Operation, facts: ReviewContext) -> bool:
    """Return whether two tables have nearly the same columns of the same types."""
    ours, theirs = facts.existing(drop), facts.wanted(made)
    if ours is None or theirs is None:
        return False
    one, other = ({(item.name, _family(item)) for item in table.columns} for table in (ours, theirs))
    return len(one & other) >= _FEW_COLUMNS and len(one & other) / len(one | other) >= _NEARLY


def behind(facts: ReviewContext) -> dict[int, str]:
    """Return the code of every operation that a rename, wished or likely, is behind."""
    found: dict[int, str] = {}
    for item in column_renames(facts).values():
        found |= dict.fromkeys(of_column(item.drop, item.made, facts), "RN01")
    for item in table_renames(facts).values():
        found |= dict.fromkeys(of_table(item.drop, item.made, facts), "RN02")
    return found


@CATALOGUE.rule(
    "RN01",
    "column-renamed",
    "hold",
    why="Dropping one column and adding another loses every value; a rename keeps them.",
    way_out="Say that it is one column (`--rename users.full_name=name`), or allow the drop by name.",
)
def column_renamed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column that is dropped while another of the same type, alike in name or alone, is added to its table."""
    for item in column_renames(facts).values():
        if item.wished:
            yield rename_column(item.drop, item.made, facts)
        else:
            option = f"--rename {item.drop.object}={item.made.name}"
            ids = of_column(item.drop, item.made, facts)
            yield _asked(item, ("RN01", "BC01"), option, ids, facts)


@CATALOGUE.rule(
    "RN02",
    "table-renamed",
    "hold",
    why="Dropping one table and creating another loses every row; a rename keeps them.",
    way_out="Say that it is one table (`--rename-table old=new`), or allow the drop by name.",
)
def table_renamed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped while another with nearly the same columns is created."""
    for item in table_renames(facts).values():
        if item.wished:
            yield rename_table(item.drop, item.made, facts)
        else:
            option = f"--rename-table {item.drop.object}={item.made.table}"
            ids = of_table(item.drop, item.made, facts)
            yield _asked(item, ("RN02", "FD05"), option, ids, facts)


def _asked(item: Rename, codes: tuple[str, str], option: str, ids: set[int], facts: ReviewContext) -> Finding:
    drop, made = item.drop, item.made
    code, own = codes
    dependent = {other.id for other in facts.operations if wants(other, made)}
    allowing = allow_drop(code, drop.object)
    ids = ids | dependent | set(together(drop, facts.operations))
    return Finding(
        drop.object,
        f"The {drop.noun} {drop.object} would be dropped, and the {made.noun} {made.object},"
        " which is like it, made anew: a rename, or two things? Both are held back.",
        effect="As written, everything in it would be lost.",
        provenance=provenance_of(drop, facts),
        evidence=evidence_for(drop, facts),
        ways_out=(f"If it is one: invoke generate {option}", f"If it is two: {allowing.removeprefix('Or ')}"),
        operations=tuple(sorted(ids)),
        aliases=(own,),
    )


def unmet(facts: ReviewContext) -> Iterator[str]:
    """Yield which wished renames find nothing to rename here, and why."""
    columns = {item.drop.object.removeprefix("public.") for item in column_renames(facts).values() if item.wished}
    tables = {item.drop.object.removeprefix("public.") for item in table_renames(facts).values() if item.wished}
    for old, new in facts.wishes.renames.items():
        if old not in columns:
            yield f"--rename {old}={new}: {_why_no_column(old, new, facts)}."
    for old, new in facts.wishes.table_renames.items():
        if old not in tables:
            yield f"--rename-table {old}={new}: {_why_no_table(old, new, facts)}."


def _why_no_column(old: str, new: str, facts: ReviewContext) -> str:
    table, _, name = old.rpartition(".")
    found = facts.before.table(table)
    if found is None:
        return f"the database has no table {table or old}"
    if column(found, name) is None:
        return f"the table {table} has no column {name}"
    if not any(item.kind == "drop_column" and f"{table_name(item)}.{item.name}" == old for item in facts.operations):
        return f"the models still have the column {old}"
    return f"the models add no column {new} to the table {table}"


def _why_no_table(old: str, new: str, facts: ReviewContext) -> str:
    if facts.before.table(old) is None:
        return f"the database has no table {old}"
    if not any(item.kind == "drop_table" and table_name(item) == old for item in facts.operations):
        return f"the models still have the table {old}"
    return f"the models create no table {new}"
