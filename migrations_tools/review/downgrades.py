"""The way back: what downgrade() could not do as Alembic writes it."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.review.facts import Facts
from migrations_tools.review.findings import Finding
from migrations_tools.review.rules import Catalogue

CATALOGUE = Catalogue()


@CATALOGUE.rule(
    "DG02",
    "unnamed-constraint-in-downgrade",
    "error",
    why="downgrade() would drop a constraint called None, and fail.",
    way_out="Give the constraint a name, best with a naming convention in the MetaData.",
)
def unnamed_constraint_in_downgrade(facts: Facts) -> Iterator[Finding]:
    """Find a constraint that is made without a name, and that downgrade() could not drop."""
    for name in facts.mended.named:
        yield Finding(
            object=name, mended=True,
            sentence=f"The constraint {name} had no name: it got the one that PostgreSQL would choose.",
        )  # fmt: skip


@CATALOGUE.rule(
    "DG05",
    "nulls-distinct-in-downgrade",
    "warn",
    why="A server before PostgreSQL 15 does not know NULLS DISTINCT; it is what every server does anyway.",
    way_out="Leave postgresql_nulls_not_distinct=False out.",
)
def nulls_distinct_in_downgrade(facts: Facts) -> Iterator[Finding]:
    """Find a unique constraint or index that downgrade() would make with NULLS DISTINCT."""
    for name in facts.mended.distinct:
        yield Finding(
            object=name, mended=True,
            sentence=f"downgrade() would make {name} with NULLS DISTINCT, which servers before PostgreSQL 15 do not"
            " know: it was left out, being what they do anyway.",
        )  # fmt: skip
