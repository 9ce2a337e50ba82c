"""A dropped table as downgrade() has to make it: what Alembic's `create_table` would leave out, or make otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations_tools.catalog import Column, Constraint, Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.descent import ancestors
from migrations_tools.review.analysis.keys import adding
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit, Piece

# The keywords of constraints, by their type, that reflection does not read, or that CREATE TABLE does not obey.
_UNREAD: Final = {
    "primary key": "(WITHOUT OVERLAPS|INCLUDE|DEFERRABLE)",
    "unique": "(WITHOUT OVERLAPS|INCLUDE|DEFERRABLE|NULLS NOT DISTINCT)",
    "foreign key": "(PERIOD|NOT ENFORCED|NOT VALID)",
    "check": "(NOT ENFORCED|NOT VALID|NO INHERIT)",
    "exclusion": "EXCLUDE",
}


def comes_back(family: list[Operation], facts: ReviewContext) -> Edit | None:
    """Return the repair of what `families` groups: the lowest table goes first and comes back last, each as it was.

    None for a table alone that `create_table` makes as it was, and where the catalog does not have one of them.
    """
    back = [_made(item, table, facts) for item in family if (table := facts.existing(item))]
    unknown = len(back) < len(family)
    if unknown or (len(family) == 1 and back == [(edits.mirror(family[0].id),)]):
        return None
    return Edit(
        comment_down=f"DG08: {', '.join(item.object for item in family)} as it was",
        replaces=tuple(item.id for item in family),
        upgrade=tuple(piece for item in reversed(family) for piece in _dropped(item, facts)),
        downgrade=tuple(piece for pieces in back for piece in pieces),
    )


def _dropped(item: Operation, facts: ReviewContext) -> tuple[Piece, ...]:
    """Drop a table; a partition is detached first where foreign keys refer to its table: they rely on it too."""
    table, drop = facts.existing(item), edits.original(item.id)
    above = list(ancestors(table, facts)) if table and table.kind == "partition" else []
    if table is None or not any(facts.keys_to(each.qualified_name) for each in above):
        return (drop,)
    return (edits.execute(f"ALTER TABLE {sql.table_path(above[0])} DETACH PARTITION {sql.table_path(table)}"), drop)


def _made(item: Operation, table: Table, facts: ReviewContext) -> tuple[Piece, ...]:
    added = tuple(edits.execute(statement) for statement in _added(table, facts))
    if table.kind == "partition":
        return (*(edits.execute(statement) for statement in _partition(table, facts)), *added)
    without, options = [each.name for each in table.constraints if _is_unread(each)], _options(table)
    changes = {"without": without} if without else {}
    return (edits.mirror(item.id, **changes, **({"options": options} if options else {})), *added)


def _is_unread(constraint: Constraint) -> bool:
    return constraint.says(_UNREAD[constraint.type])


def _options(table: Table) -> dict[str, str | list[str]]:
    if table.kind == "partitioned" and table.partition_key:
        return {"postgresql_partition_by": table.partition_key}
    if table.parents and all("." not in parent for parent in table.parents):
        return {"postgresql_inherits": list(table.parents)}
    return {}


def _added(table: Table, facts: ReviewContext) -> Iterator[str]:
    """Yield what is done to the table when it stands: its constraints, keys first, and NOT NULL with a name of its own.

    Since PostgreSQL 18 NOT NULL is a constraint too, which has a name and may be NOT VALID or NO INHERIT.
    """
    path = sql.table_path(table)
    everything = table.kind == "partition"
    own = (each for each in table.constraints if everything or _is_unread(each))
    for each in sorted(own, key=lambda one: list(_UNREAD).index(one.type)):
        yield f"ALTER TABLE {path} {adding(each)}"
    special = {each.of: each.definition for each in facts.before.others if each.kind == "not null constraint"}
    for column in table.columns:
        called = special.get(column.identity, "")
        if called or not column.not_null_valid:
            column_name, constraint = sql.name(column.name), called.removesuffix("NO INHERIT").strip()
            added = f"CONSTRAINT {sql.name(constraint)} NOT NULL" if constraint else "NOT NULL"
            ends = " NO INHERIT" * called.endswith("NO INHERIT") + " NOT VALID" * (not column.not_null_valid)
            yield f"ALTER TABLE {path} ALTER COLUMN {column_name} DROP NOT NULL, ADD {added} {column_name}{ends}"


# --- partitions -----------------------------------------------------------------------------------------------------


def _partition(table: Table, facts: ReviewContext) -> Iterator[str]:
    """Yield what makes a partition: what it has from its table comes with it, the rest is altered."""
    (parent,) = table.parents
    path, key = sql.table_path(table), f" PARTITION BY {table.partition_key}" if table.partition_key else ""
    yield f"CREATE TABLE {path} PARTITION OF {_path(parent, facts)} {table.partition_bound}{key}"
    known = facts.existing_table(parent)
    theirs = {column.name: column for column in known.columns} if known else {}
    for column in table.columns:
        actions = [f"ALTER COLUMN {sql.name(column.name)} {action}" for action in _altered(column, theirs)]
        if actions:
            yield f"ALTER TABLE {path} {', '.join(actions)}"
        if column.comment is not None:
            yield f"COMMENT ON COLUMN {path}.{sql.name(column.name)} IS {sql.quoted(column.comment)}"
    if table.comment is not None:
        yield f"COMMENT ON TABLE {path} IS {sql.quoted(table.comment)}"


def _path(name: str, facts: ReviewContext) -> str:
    table = facts.existing_table(name)
    return sql.table_path(table) if table else sql.name(name)


def _altered(column: Column, parents: dict[str, Column]) -> Iterator[str]:
    """Yield the actions that make a partition's column differ from its table's as it did."""
    theirs = parents.get(column.name)
    if theirs is None or column.generated:
        return
    if column.default != theirs.default:
        yield f"SET DEFAULT {column.default}" if column.default else "DROP DEFAULT"
    if theirs.nullable and not column.nullable and column.not_null_valid:
        yield "SET NOT NULL"
