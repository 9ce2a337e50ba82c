"""Operations that answer for nothing: what they drop is PostgreSQL's own copy of something else.

A foreign key to a partitioned table has a copy for each partition, and a partition has copies of its table's
constraints and indexes. Reflection lists them like any other; PostgreSQL refuses to drop them alone, and keeps them in
step by itself. The catalog reads none of them.
"""

from __future__ import annotations

from migrations_tools.review.analysis.objects import child
from migrations_tools.review.context import ReviewContext


def groundless(facts: ReviewContext) -> frozenset[int]:
    """Return the ids of the drops of what the database has only as a copy."""
    drops = (item for item in facts.operations if item.kind in ("drop_constraint", "drop_index") and item.name)
    known = ((item, facts.existing(item)) for item in drops)
    return frozenset(item.id for item, table in known if table and child(table, item.name) is None)
