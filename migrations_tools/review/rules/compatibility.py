"""What an allowed drop or a rename means for the version that still runs while the migration is applied.

What is held back breaks nobody: these rules speak of drops that the user has allowed or written, and of renames.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column, Table
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.evidence import of_base, used_by_base
from migrations_tools.review.analysis.losses import losses
from migrations_tools.review.analysis.objects import column, in_words
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.drop_verdicts import going, judged
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()
_TWO_DEPLOYS = (
    "Take two deploys: first one whose models and code do without it, then, when no older version runs any more,"
    " the migration."
)


@FAMILY.rule(
    "BC01 column-dropped",
    "hold",
    why="Every value of the column is lost, and the queries of the version that still runs fail.",
    way_out=_TWO_DEPLOYS,
)
def column_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column that is dropped and that the models do not have.

    Where the drop is allowed, an error remains while the base branch's models have the column.
    """
    yield from judged(facts, "BC01")
    for drop in (item for item in going(facts) if item.kind == "drop_column"):
        yield from _used(drop, "dropped", facts)


@FAMILY.rule(
    "BC02 table-dropped-in-use",
    "error",
    why="Every row is lost, and the queries of the version that still runs fail.",
    way_out=_TWO_DEPLOYS,
)
def table_in_use(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop of a table that the base branch's models, those of the version that runs, still have."""
    for drop in (item for item in going(facts) if item.kind == "drop_table"):
        yield from _used(drop, "dropped", facts)


@FAMILY.rule(
    "BC03 renamed-in-use",
    "error",
    why="The version that still runs asks for the old name, and its queries fail.",
    way_out="Add the new one, write both, move the rows over, then drop the old one: or stop the service meanwhile.",
)
def renamed_in_use(facts: ReviewContext) -> Iterator[Finding]:
    """Find a rename of a column or table that the base branch's models, those of the version that runs, have."""
    for item in facts.drops.wished():
        yield from _used(item.drop, "renamed", facts)


def _used(drop: Operation, verb: str, facts: ReviewContext) -> Iterator[Finding]:
    used = used_by_base(drop, facts)
    if used is not False:
        has = f"and the models of {facts.base.name} have it" if used else "and the version that still runs may use it"
        yield Finding(
            drop.object,
            f"The {in_words(drop)} is {verb}, {has}.",
            evidence=() if used else tuple(of_base(drop, facts)),
            operations=(drop.id,),
            severity="error" if used else "warn",
        )


@FAMILY.rule(
    "BC04 default-or-not-null-removed",
    "info",
    why="An INSERT of the version that still runs which leaves the column out fails.",
    way_out="Nothing to do where every INSERT names the column.",
)
def default_or_not_null_removed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a server default that is taken from a NOT NULL column, or a NOT NULL that is taken away.

    Only a note: taking a default away that was there to fill existing rows is ordinary and correct.
    """
    for item in (each for each in facts.operations if each.kind == "alter_column"):
        details = item.details
        had = details.get("existing_server_default")
        if had and details.get("modify_server_default", had) is None and _not_null(item, facts):
            sentence = f"The column {item.object} is NOT NULL and loses its server default {had}."
            yield Finding(item.object, sentence, operations=(item.id,))
        if details.get("modify_nullable") is True and details.get("existing_nullable") is False:
            yield Finding(
                item.object,
                f"The column {item.object} loses its NOT NULL.",
                effect="The version that still runs may not expect a row without a value.",
                ways_out=("Nothing to do where all code that reads the column takes None.",),
                operations=(item.id,),
            )


def _not_null(item: Operation, facts: ReviewContext) -> bool:
    for key in ("modify_nullable", "existing_nullable"):
        if key in item.details:
            return item.details[key] is False
    found = column(facts.existing(item), item.name)
    return found is not None and not found.nullable


@FAMILY.of_executed
def gone_by_hand(facts: ReviewContext) -> Iterator[Finding]:
    """Yield the tables and columns that a file by hand drops or renames."""
    for loss in losses(facts):
        if not isinstance(loss.thing, (Table, Column)):
            continue
        noun = "table" if isinstance(loss.thing, Table) else "column"
        dropped = "is dropped, with its rows" if noun == "table" else "is dropped, with its values"
        yield Finding(
            code="BC03" if loss.renamed else "BC02" if noun == "table" else "BC01",
            severity="warn",
            object=loss.path,
            evidence=tuple(f"With it goes, unsaid: {item}" for item in loss.silent),
            sentence=f"The {noun} {loss.path} {'gets another name' if loss.renamed else dropped}.",
            file=loss.file,
            line=loss.line,
            aliases=("FD11",) if loss.silent else (),
        )
