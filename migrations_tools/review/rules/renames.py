"""Renames: what looks like a drop and a creation, and may be one thing under a new name: that is asked, not guessed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.drops import Rename
from migrations_tools.review.analysis.evidence import evidence_for, provenance_of
from migrations_tools.review.analysis.relations import allow_drop, wants
from migrations_tools.review.analysis.renamed_tables import RenamedTable, of_table, rename_table, renamed
from migrations_tools.review.analysis.renaming import of_column, rename_column
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()
_FEW = 5


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
            ids = {number for each in item.candidates for number in of_column(item.drop, each, facts)}
            yield _asked(item, ("RN01", "BC01"), "--rename", ids, facts)


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
            known = renamed(item.drop, item.made, facts)
            evidence = () if known else (_UNKNOWN,)
            yield _renamed(item, rename_table(item.drop, item.made, facts), "Its rows stay.", evidence)
            yield from _kept(item.drop, known) if known else ()
        else:
            ids = {number for each in item.candidates for number in of_table(item.drop, each, facts)}
            yield _asked(item, ("RN02", "FD05"), "--rename-table", ids, facts)


_UNKNOWN = "Its constraints and indexes keep their names: the models' schema, which has the new ones, is not known."


def _kept(drop: Operation, table: RenamedTable) -> Iterator[Finding]:
    """Hold back what only the database has of a renamed table."""
    new = table.theirs.qualified_name
    for part in table.kept:
        likely = table.like(part) if isinstance(part, Column) else ()
        renames = (
            f"If it is a rename: invoke generate --rename {drop.object}.{part.name}={each.name}" for each in likely
        )
        yield Finding(
            f"{new}.{part.name}",
            f"The {part.noun} {part.name} of table {drop.object}, which is {new} now, is in the database and not in the"
            " models; it is kept.",
            ways_out=(
                *renames,
                f"Write it in the model of {new}; or apply this file, and `invoke generate` asks about the drop.",
            ),
        )


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
    drop, (code, own) = item.drop, codes
    allowing = allow_drop(code, drop.object).removeprefix("Or ")
    wanting = (
        other.id
        for made in item.candidates
        for other in (facts.on_table(table_name(made)) if made.kind == "add_column" else facts.operations)
        if wants(other, made)
    )
    ids = {*ids, *wanting, *facts.drops.together(drop)}
    return Finding(
        drop.object,
        _question(item),
        provenance=provenance_of(drop, facts),
        evidence=evidence_for(drop, facts),
        ways_out=(*_options(item, option), f"If it is not: {allowing}"),
        operations=tuple(sorted(ids)),
        aliases=(own,),
    )


def _question(item: Rename) -> str:
    drop, names = item.drop, [each.object for each in item.candidates]
    if len(names) == 1:
        created, held = f"the similar {item.made.noun} {names[0]} created; as this may be a rename", "both"
    else:
        created, held = f"{', '.join(names)} created; as one of them may be it under a new name", "all"
    return f"The {drop.noun} {drop.object} would be dropped and {created}, {held} are held back."


def _options(item: Rename, option: str) -> Iterator[str]:
    names = [each.name or each.table for each in item.candidates]
    for name in names[:_FEW]:
        begin = "If it is a rename" if len(names) == 1 else f"If it is {name} now"
        yield f"{begin}: invoke generate {option} {shlex.quote(f'{item.drop.object}={name}')}"
