"""Renames: what looks like a drop and a creation, and may be one thing under a new name: that is asked, not guessed."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.review.analysis.drops import Rename
from migrations_tools.review.analysis.evidence import evidence_for, provenance_of
from migrations_tools.review.analysis.relations import allow_drop, wants
from migrations_tools.review.analysis.renaming import left_to_do, of_column, of_table, rename_column, rename_table
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()


@FAMILY.rule(
    "RN01 column-renamed",
    "hold",
    why="Dropping one column and adding another loses every value; a rename keeps them.",
    way_out="Say that it is one column (`--rename users.full_name=name`), or allow the drop by name.",
)
def column_renamed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column that is dropped while another of the same type, alike in name or alone, is added to its table."""
    for item in facts.drops.column_renames.values():
        if item.wished:
            yield _renamed(item, rename_column(item.drop, item.made, facts), "Its values stay.")
        else:
            option = f"--rename {item.drop.object}={item.made.name}"
            yield _asked(item, ("RN01", "BC01"), option, of_column(item.drop, item.made, facts), facts)


@FAMILY.rule(
    "RN02 table-renamed",
    "hold",
    why="Dropping one table and creating another loses every row; a rename keeps them.",
    way_out="Say that it is one table (`--rename-table old=new`), or allow the drop by name.",
)
def table_renamed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped while another with nearly the same columns is created."""
    for item in facts.drops.table_renames.values():
        if item.wished:
            left = tuple(left_to_do(item.drop, item.made, facts))
            yield _renamed(item, rename_table(item.drop, item.made, facts), "Its rows stay.", left)
        else:
            option = f"--rename-table {item.drop.object}={item.made.table}"
            yield _asked(item, ("RN02", "FD05"), option, of_table(item.drop, item.made, facts), facts)


def _renamed(item: Rename, edit: Edit, effect: str, evidence: tuple[str, ...] = ()) -> Finding:
    drop, new = item.drop, item.made.name or item.made.table
    return Finding(
        drop.object,
        f"The {drop.noun} {drop.object} is renamed to {new}, as asked.",
        effect=effect,
        ways_out=("Nothing to do.",),
        evidence=evidence,
        operations=edit.replaces,
        edits=(edit,),
        severity="info",
    )


def _asked(item: Rename, codes: tuple[str, str], option: str, ids: set[int], facts: ReviewContext) -> Finding:
    drop, made = item.drop, item.made
    code, own = codes
    allowing = allow_drop(code, drop.object).removeprefix("Or ")
    near = facts.on_table(table_name(made)) if made.kind == "add_column" else facts.operations
    wanting = (other.id for other in near if wants(other, made))
    ids = {*ids, *wanting, *facts.drops.together(drop)}
    return Finding(
        drop.object,
        f"The {drop.noun} {drop.object} would be dropped and the similar {made.noun} {made.object} created; as this may"
        " be a rename, both are held back.",
        provenance=provenance_of(drop, facts),
        evidence=evidence_for(drop, facts),
        ways_out=(f"If it is a rename: invoke generate {option}", f"If it is not: {allowing}"),
        operations=tuple(sorted(ids)),
        aliases=(own,),
    )
