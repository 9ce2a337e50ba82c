"""What an allowed drop or a rename means for whoever still uses the old: the version that runs, the sources, views.

What is held back breaks nobody: these rules speak of drops that the user has allowed, and of renames.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Constraint
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.evidence import evidence_for, few, used_by_base
from migrations_tools.review.analysis.objects import children, column, in_words, views_on
from migrations_tools.review.analysis.relations import leaders, mentions, same_table, together
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.drop_verdicts import judged
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet
from migrations_tools.review.rules.renames import column_renames, table_renames

CATALOGUE = RuleSet()
_TWO_DEPLOYS = (
    "Take two deploys: first one whose models and code do without it, then, when no older version runs any more,"
    " the migration."
)


def _allowed(facts: ReviewContext) -> Iterator[Operation]:
    yield from (drop for drop in leaders(facts.operations) if drop.id in facts.allowed)


def _going(facts: ReviewContext) -> Iterator[Operation]:
    """Yield the allowed drops that no view stops."""
    yield from (drop for drop in _allowed(facts) if drop.kind != "drop_column" or not views_on(drop, facts))


@CATALOGUE.rule(
    "FD11",
    "column-carries-constraint",
    "error",
    why="PostgreSQL drops the column's constraints and indexes with it, unsaid; a view that reads it stops the drop,"
    " which is held back then.",
    way_out="Drop them by name, in the models and in the file, before the column; a view in a revision of its own.",
)
def column_carries_constraint(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose drop is allowed and that a constraint, an index or a view needs which the file leaves out."""
    for drop in (item for item in _allowed(facts) if item.kind == "drop_column"):
        views = ", ".join(view.identity for view in views_on(drop, facts))
        carried = ", ".join(_carried(drop, facts))
        if views:
            yield _shown(drop, views, facts)
        elif carried:
            yield Finding(
                drop.object,
                f"The {in_words(drop)} carries what the file does not name: {carried}.",
                effect="It vanishes with the column, unsaid.",
                ways_out=("Drop it by name, before the column.",),
                operations=(drop.id,),
            )


def _shown(drop: Operation, views: str, facts: ReviewContext) -> Finding:
    """Hold a drop that PostgreSQL refuses, for a view reads the column."""
    return Finding(
        drop.object,
        f"The drop of {in_words(drop)} is allowed, but {views} reads it; it is held back.",
        effect="PostgreSQL refuses the drop.",
        severity="hold",
        ways_out=(f"Drop {views}, or make it anew without the column, in a revision of your own before this one.",),
        operations=(drop.id, *together(drop, facts.operations)),
    )


def _carried(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    table = facts.existing(drop)
    said = {item.name for item in facts.operations if item.is_drop and same_table(item, drop)}
    for item in children(table):
        if mentions(item.columns, drop.name) and item.name not in said:
            noun = item.type if isinstance(item, Constraint) else "index"
            yield f"{noun} {item.name}"


@CATALOGUE.rule(
    "FD12",
    "name-used-in-code",
    "error",
    why="Code that names what is gone fails at run time, after the deploy: `on_conflict_do_…(constraint=…)`,"
    " `diag.constraint_name`, raw SQL.",
    way_out="Change the code first.",
)
def name_used_in_code(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop, or a rename, of something that the project's sources name."""
    for drop in _gone(facts):
        places = facts.sources.places.get(drop.object, ())
        if places:
            yield Finding(
                drop.object,
                f"The {in_words(drop)} goes, and the sources name it: {few(places)}.",
                effect="It fails at run time, after the deploy.",
                ways_out=("Change the code first.",),
                operations=(drop.id,),
            )


def _gone(facts: ReviewContext) -> Iterator[Operation]:
    yield from _going(facts)
    renames = (*column_renames(facts).values(), *table_renames(facts).values())
    yield from (item.drop for item in renames if item.wished)


@CATALOGUE.rule(
    "BC01",
    "column-dropped",
    "hold",
    why="Every value of the column is lost, and the version that still runs uses it. Where the drop is allowed, an"
    " error remains while the base branch's models have the column: until the old version is gone, its queries fail.",
    way_out="Give the model its column back, or allow the drop by name in a deploy of its own, after the code's.",
)
def column_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column that is dropped and that the models do not have."""
    yield from judged(facts, "BC01")
    yield from _in_use(facts, "drop_column")


@CATALOGUE.rule(
    "BC02",
    "table-dropped-in-use",
    "error",
    why="Between the migration and the end of the old version, every query of it that names the table fails.",
    way_out="Two deploys: the code first, the table after it.",
)
def table_in_use(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop of a table that the base branch's models, those of the version that runs, still have."""
    yield from _in_use(facts, "drop_table")


def _in_use(facts: ReviewContext, kind: str) -> Iterator[Finding]:
    for drop in (item for item in _going(facts) if item.kind == kind):
        yield from _used(drop, "dropped", facts)


def _used(drop: Operation, verb: str, facts: ReviewContext) -> Iterator[Finding]:
    used = used_by_base(drop, facts)
    if used is False:
        return
    known: Severity = "error" if used else "warn"
    has = "may have" if used is None else "has"
    yield Finding(
        drop.object,
        f"The {in_words(drop)} is {verb} while the version that still runs {has} it in its models.",
        effect="Until that version is gone, what it asks of it fails.",
        evidence=evidence_for(drop, facts),
        ways_out=(_TWO_DEPLOYS,),
        operations=(drop.id,),
        severity=known,
    )


@CATALOGUE.rule(
    "BC03",
    "renamed-in-use",
    "error",
    why="The version that still runs asks for the old name.",
    way_out="Add the new one, write both, move the rows over, then drop the old one: or stop the service meanwhile.",
)
def renamed_in_use(facts: ReviewContext) -> Iterator[Finding]:
    """Find a rename of a column or table that the base branch's models, those of the version that runs, have."""
    for item in (*column_renames(facts).values(), *table_renames(facts).values()):
        if item.wished:
            yield from _used(item.drop, "renamed", facts)


@CATALOGUE.rule(
    "BC04",
    "default-or-not-null-removed",
    "info",
    why="The version that still runs may leave the column out of its INSERTs, or expect a value in every row. Only a"
    " note: taking a default away that was there to fill existing rows is ordinary and correct.",
    way_out="None is needed where every INSERT names the column.",
)
def default_or_not_null_removed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a server default that is taken from a NOT NULL column, or a NOT NULL that is taken away."""
    for item in (each for each in facts.operations if each.kind == "alter_column"):
        details = item.details
        had, stays_not_null = details.get("existing_server_default"), _not_null(item, facts)
        if had and details.get("modify_server_default", had) is None and stays_not_null:
            yield Finding(
                item.object,
                f"The column {item.object} is NOT NULL and loses its server default {had}.",
                effect="An INSERT of the version that still runs which leaves it out fails.",
                operations=(item.id,),
            )
        if details.get("modify_nullable") is True and details.get("existing_nullable") is False:
            yield Finding(
                item.object,
                f"The column {item.object} loses its NOT NULL.",
                effect="The version that still runs may not expect a row without a value.",
                operations=(item.id,),
            )


def _not_null(item: Operation, facts: ReviewContext) -> bool:
    if "modify_nullable" in item.details:
        return item.details["modify_nullable"] is False
    if "existing_nullable" in item.details:
        return item.details["existing_nullable"] is False
    found = column(facts.existing(item), item.name)
    return found is not None and not found.nullable
