"""The way back: what downgrade() could not do as Alembic writes it."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.objects import column
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

CATALOGUE = RuleSet()


@CATALOGUE.rule(
    "DG02",
    "unnamed-constraint-in-downgrade",
    "error",
    why="downgrade() would drop a constraint called None, and fail.",
    way_out="Give the constraint a name, best with a naming convention in the MetaData.",
)
def unnamed_constraint_in_downgrade(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint that is made without a name, and that downgrade() could not drop."""
    for name in facts.mended.named:
        yield Finding(
            object=name,
            mended=True,
            sentence=f"The constraint {name} had no name: it got the one that PostgreSQL would choose.",
        )


@CATALOGUE.rule(
    "DG05",
    "nulls-distinct-in-downgrade",
    "warn",
    why="A server before PostgreSQL 15 does not know NULLS DISTINCT; it is what every server does anyway.",
    way_out="Leave postgresql_nulls_not_distinct=False out.",
)
def nulls_distinct_in_downgrade(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint or index that downgrade() would make with NULLS DISTINCT."""
    for name in facts.mended.distinct:
        yield Finding(
            object=name,
            mended=True,
            sentence=f"downgrade() would make {name} with NULLS DISTINCT, which servers before PostgreSQL 15 do not"
            " know: it was left out, being what they do anyway.",
        )


@CATALOGUE.rule(
    "DG07",
    "required-column-comes-back",
    "info",
    why="downgrade() would add a NOT NULL column without a value for any row, and fail as soon as there is one.",
    way_out="None is needed: it comes back nullable where there are rows. What it held is lost.",
)
def required_column_comes_back(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop of a NOT NULL column without a default, which downgrade() could not add to rows."""
    for item in facts.operations:
        dropped = item.kind == "drop_column" and item.id in facts.allowed
        if dropped and _has_no_value(facts.existing(item), item.name):
            yield _nullable(item)


def _has_no_value(table: Table | None, name: str) -> bool:
    """Return whether a column is NOT NULL and only the row itself gives it a value; a key's is left to the key."""
    found = column(table, name)
    keys = [each.columns for each in table.constraints if each.type == "primary key"] if table else []
    if found is None or found.nullable or any(name in columns for columns in keys):
        return False
    return not (found.default or found.generated or found.identity_generation)


def _nullable(item: Operation) -> Finding:
    table, name = sql.operated(item), sql.name(item.name)
    required = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM {table} WHERE {name} IS NULL)"
        f" THEN ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL; END IF; END $$"
    )
    return Finding(
        object=item.object,
        operations=(item.id,),
        sentence=f"downgrade() could not add the column {item.object} as NOT NULL to rows, which have no value for it"
        " any more: it comes back nullable where there are rows.",
        edits=(
            Edit(
                comment_down=f"DG07: rows that exist have no value for {item.name} any more",
                replaces=(item.id,),
                upgrade=(edits.original(item.id),),
                downgrade=(edits.mirror(item.id, nullable=True), edits.execute(required)),
            ),
        ),
    )
