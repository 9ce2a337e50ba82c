"""The one verdict on each drop: which code it falls under, and the finding where it is held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.declarations import declaration
from migrations_tools.review.analysis.descent import with_partitions
from migrations_tools.review.analysis.drops import DropAnalysis
from migrations_tools.review.analysis.evidence import drifted, evidence_for, is_of_this_branch, place_of, provenance_of
from migrations_tools.review.analysis.objects import child, equivalents, in_words, owner_of, views_on
from migrations_tools.review.analysis.relations import allow_drop, by_table, followers
from migrations_tools.review.analysis.rename_candidates import column_renames, table_renames
from migrations_tools.review.analysis.renamed_tables import of_table
from migrations_tools.review.analysis.renaming import of_column
from migrations_tools.review.analysis.replacements import replacements
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.findings import Finding

OTHER: Final = "FD14"
CODES: Final = {
    "unique constraint": "FD01",
    "table": "FD05",
    "index": "FD08",
    "unique index": "FD08",
    "check constraint": "FD09",
    "foreign key": "FD10",
    "column": "BC01",
    "primary key": "AG06",
}
_BY_HOW: Final = {"unique still": "FD02", "renamed": "FD03"}
_FEW_TABLES = 3


def analyse(facts: ReviewContext) -> DropAnalysis:
    """Return all that is known of the drops of a revision, with a verdict on each."""
    gone = with_partitions(followers(facts.operations), facts)
    inner = {number for ids in gone.values() for number in ids}
    leaders = tuple(item for item in facts.operations if item.is_drop and item.id not in inner)
    columns, tables = column_renames(facts), table_renames(facts)
    renamed: dict[int, str] = {}
    for each in columns.values():
        renamed |= dict.fromkeys(of_column(each.drop, each.made, facts), "RN01")
    for each in tables.values():
        renamed |= dict.fromkeys(of_table(each.drop, each.made, facts), "RN02")
    going = (item for item in facts.operations if item.kind == "drop_table" and item.id not in inner | renamed.keys())
    drops = DropAnalysis(
        leaders,
        gone,
        places={drop.id: place for drop in leaders if (place := place_of(drop, facts))},
        replacements=replacements(leaders, facts),
        column_renames=columns,
        table_renames=tables,
        renamed=renamed,
        tables=tuple(item for item in going if facts.existing(item)),
    )
    return replace(drops, verdicts=dict(_verdicts(replace(facts, drops=drops))))


def _verdicts(facts: ReviewContext) -> Iterator[tuple[int, str]]:
    """Yield each drop's code, by its id: the first that fits, from what is surest to what its kind says."""
    drops = facts.drops
    for drop in drops.leaders:
        replaced = drops.replacements.get(drop.id)
        made_up = _BY_HOW.get(replaced.how, "") if replaced else ""
        code = _by_owner(drop, facts) or made_up or drops.renamed.get(drop.id, "")
        yield drop.id, code or _by_absence(drop, facts, changes=replaced is not None)


def _by_owner(drop: Operation, facts: ReviewContext) -> str:
    if table_name(drop) in facts.members:
        return "FD07"
    return "FD06" if owner_of(drop, facts) else ""


def _by_absence(drop: Operation, facts: ReviewContext, changes: bool) -> str:
    """Return the code of a drop that nothing makes up for; one that only changes is its kind's."""
    if drop.kind == "drop_table" and (_module(drop, facts) or _many(facts)):
        return "FD13"
    return "FD04" if not changes and drifted(drop, facts) else _own_code(drop)


def _own_code(drop: Operation) -> str:
    """Return the code of the kind of drop, which an allowance may always name."""
    return CODES.get(drop.noun, OTHER)


def _module(drop: Operation, facts: ReviewContext) -> str:
    return facts.modules.tables.get(table_name(drop), "")


def _many(facts: ReviewContext) -> bool:
    """Return whether so many tables would go that it is the models which are missing."""
    dropped = len(facts.drops.tables)
    return dropped >= _FEW_TABLES and 2 * dropped >= _whole_tables(facts)


def _whole_tables(facts: ReviewContext) -> int:
    return sum(table.kind != "partition" for table in facts.before.tables)


def going(facts: ReviewContext) -> Iterator[Operation]:
    """Yield the drops that the user has allowed and that no view stops."""
    allowed = (drop for drop in facts.drops.leaders if drop.id in facts.allowed)
    return (drop for drop in allowed if drop.kind != "drop_column" or not views_on(drop, facts))


# --- the findings ---------------------------------------------------------------------------------------------------


def judged(facts: ReviewContext, code: str) -> Iterator[Finding]:
    """Yield the findings on the drops whose verdict is this code."""
    drops = facts.drops
    made = by_table(item for item in facts.operations if item.kind in ("create_constraint", "create_index"))
    for drop in (item for item in drops.leaders if drops.verdicts[item.id] == code):
        item = drops.replacements.get(drop.id)
        near = made.get((drop.schema, drop.table), [])
        changed = item is not None and item.how == "changed"
        yield _changed(drop, item.made, facts) if item and changed else _held(code, drop, near, facts)


def _changed(drop: Operation, made: Operation, facts: ReviewContext) -> Finding:
    """Say that something is built again because it changes, and still does what it did."""
    theirs = child(facts.wanted(made), made.name)
    into = f" as {theirs.description}" if theirs else ""
    return Finding(
        drop.object,
        f"The {in_words(drop)} is built again on the same columns{into}.",
        effect="Nothing is lost: what is built does as much as what goes.",
        ways_out=("Nothing to do.",),
        operations=(drop.id, made.id),
        severity="info",
    )


def _held(code: str, drop: Operation, made: Iterable[Operation], facts: ReviewContext) -> Finding:
    own = _own_code(drop)
    replacement = [item for item in made if _replaces(item, drop)]
    if replacement:
        name = replacement[0].name or "an unnamed one"
        sentence = f"is in the database, and the models have {name} in its place; both are held back"
    else:
        sentence = f"{_reason(code, drop, facts)}; the drop is held back"
    evidence = evidence_for(drop, facts)
    return Finding(
        object=drop.object,
        sentence=f"The {in_words(drop)} {sentence}.",
        provenance=provenance_of(drop, facts),
        # Of old drift the sentence says already what the base branch has.
        evidence=tuple(line for line in evidence if code != "FD04" or not line.startswith("The models of ")),
        ways_out=(_mend(code, drop, facts), *(() if _cannot_go(code, drop) else (allow_drop(code, drop.object),))),
        operations=(drop.id, *(item.id for item in replacement), *facts.drops.together(drop)),
        aliases=() if own == code else (own,),
    )


def _cannot_go(code: str, drop: Operation) -> bool:
    """Return whether PostgreSQL refuses the drop in any case: that of a table which belongs to an extension."""
    return code == "FD07" and drop.kind == "drop_table"


def _replaces(item: Operation, drop: Operation) -> bool:
    """Return whether an operation creates, under the same name or over the same columns, what a drop takes away.

    A unique constraint and an index cannot have the same name, nor can a table have two primary keys: while the old
    one stays, the new one cannot be made.
    """
    if drop.kind not in ("drop_constraint", "drop_index"):
        return False
    if item.name and item.name == drop.name:
        return True
    alike = item.kind.partition("_")[2] == drop.kind.partition("_")[2] and item.constraint == drop.constraint
    same_columns = bool(drop.columns) and set(item.columns) == set(drop.columns)
    return alike and (same_columns or drop.constraint == "primary key")


def _reason(code: str, drop: Operation, facts: ReviewContext) -> str:
    """Describe in one clause what the drop was found by."""
    if code == "FD07":
        return f"belongs to the extension {facts.members[table_name(drop)]}, not to the models"
    if code == "FD06":
        return f"{'belongs to' if drop.name else 'is'} a partition of {owner_of(drop, facts)}"
    if code == "FD13":
        return _not_imported(drop, facts)
    if code == "FD04":
        return f"is in the database, but neither in the models nor in those of {facts.base.name}"
    if is_of_this_branch(drop, facts):
        return f"is in the database, but not yet in the models: {facts.base.name} does not have that revision"
    return _models_say(drop, facts)


def _models_say(drop: Operation, facts: ReviewContext) -> str:
    if any(item.name == drop.name for item in equivalents(drop, facts)):
        return "is to be dropped, though the models have one like it"
    if drop.constraint == "unique" and len(drop.columns) == 1:
        return f"is in the database, but its model does not say `unique=True` on {drop.columns[0]}"
    whole = drop.kind in ("drop_table", "drop_column") or not drop.table
    return f"is in the database, but not in {'the models' if whole else 'its model'}"


def _not_imported(drop: Operation, facts: ReviewContext) -> str:
    module = _module(drop, facts)
    if module:
        return f"is in the database, but its model is in {module}, which env.py does not import"
    counted = f"{len(facts.drops.tables)} of {_whole_tables(facts)}"
    return f"is in the database, but not in the models, which lack {counted} tables"


def _mend(code: str, drop: Operation, facts: ReviewContext) -> str:
    """Return what to write so that the drop is not found again."""
    if code in ("FD06", "FD07"):
        return f"Leave it out of the comparison: `include_name` in env.py, false for the table {drop.table}."
    module = _module(drop, facts) if code == "FD13" else ""
    if module:
        return f"Mend env.py: write `import {module}` before it reads the metadata."
    return f"Mend the model: {declaration(drop, child(facts.existing(drop), drop.name))}."
