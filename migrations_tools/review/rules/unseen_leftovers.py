"""What autogenerate does not see and nothing is written for: kept, or explained."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Difference
from migrations_tools.review.analysis import sql
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet
from migrations_tools.review.rules.unseen import HANDLERS, both, columns, handled, table_of

CATALOGUE = RuleSet()


@CATALOGUE.rule(
    "IN06",
    "only-in-database",
    "warn",
    why="The database keeps to something that the models do not know of; a fresh install by the models lacks it.",
    way_out="Write it in the model; or drop it in a revision of your own.",
)
def only_in_database(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint, index, server default or enum type that only the database has, unseen by Alembic."""
    yield from handled(facts, _only_there)


def _only_there(facts: ReviewContext, item: Difference) -> Finding | None:
    _, want = columns(facts, item)
    lost_default = want is not None and item.aspect == "default" and item.expected == "none"
    if item.sort != "unexpected" and not lost_default:
        return None
    thing = f"server default {item.actual} of {item.object}" if lost_default else item.object
    return Finding(
        object=item.name,
        sentence=f"The {thing} is in the database and not in the models; it is kept.",
        evidence=() if lost_default else both(item),
        ways_out=("Write it in the model; or drop it in a revision of your own.",),
    )


@CATALOGUE.rule(
    "IN07",
    "difference-for-a-hand",
    "warn",
    why="Autogenerate does not see it, and what is to become of the rows, or of what relies on it, is not certain.",
    way_out="Write a revision of your own.",
)
def difference_for_a_hand(facts: ReviewContext) -> Iterator[Finding]:
    """Find any other difference between database and models that no operation accounts for."""
    yield from handled(facts, _by_hand)


def _by_hand(facts: ReviewContext, item: Difference) -> Finding | None:
    if item.kind in ("schema", "view") or any(handle(facts, item) for handle in (*HANDLERS, _only_there)):
        return None
    where = f" in its {item.aspect}" if item.aspect else ""
    return Finding(
        object=item.name,
        sentence=f"The {item.object} differs from the models{where}: autogenerate does not see it, and no operation was"
        " written.",
        evidence=both(item),
        ways_out=(_hand(facts, item),),
    )


def _hand(facts: ReviewContext, item: Difference) -> str:
    """Return what to write; a type that env.py does not compare is Alembic's own to write."""
    have, want = columns(facts, item)
    if not have or not want:
        return "Write a revision of your own, or mend the model."
    table = sql.table_path(table_of(facts, item.table))
    column = f"ALTER TABLE {table} ALTER COLUMN {sql.name(want.name)}"
    if item.aspect == "type":
        using = f"USING {sql.name(want.name)}::{want.type}"
        return f"Set compare_type=True in env.py, or write: {column} TYPE {want.type} {using};"
    if item.aspect == "generated expression" and want.generated and have.generated:
        expression = want.generated.rpartition(" ")[0]
        return f"From PostgreSQL 17 on: {column} SET EXPRESSION AS ({expression}); before 17, drop and add the column."
    return "Write a revision of your own, or mend the model."
