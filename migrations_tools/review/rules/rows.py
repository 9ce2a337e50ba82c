"""What depends on the rows: an empty temp database hides all of it."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet
from migrations_tools.review.rules.renames import behind

CATALOGUE = RuleSet()


@CATALOGUE.rule(
    "DT01",
    "required-column-without-value",
    "hold",
    why="ADD COLUMN … NOT NULL fails on every table that has a row; a default in Python does not help.",
    way_out="Say what existing rows get with `--backfill table.column=SQL`, or give the column a server_default.",
)
def required_column_without_value(facts: ReviewContext) -> Iterator[Finding]:
    """Find a NOT NULL column without a server default that is added to a table which exists."""
    # What may be a rename is asked about first (RN01).
    asked = behind(facts).keys() - facts.allowed
    for item in (each for each in facts.operations if each.id not in asked):
        if facts.existing(item) and _lacks_value(item) and item.name not in facts.renamed(table_name(item)):
            value = _backfill(facts, item) or item.details.get("default")
            yield _filled(item, value) if value else _unfilled(item)


def _lacks_value(item: Operation) -> bool:
    known = item.details
    given = known.get("server_default") or known.get("computed") or known.get("identity")
    return item.kind == "add_column" and known.get("nullable") is False and not given


def _backfill(facts: ReviewContext, item: Operation) -> str:
    path = f"{table_name(item)}.{item.name}"
    return facts.wishes.backfills.get(path, "")


def _filled(item: Operation, value: str) -> Finding:
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} is NOT NULL and table {table_name(item)} may have rows: it is added nullable,"
        f" filled with {value}, and then set NOT NULL.",
        operations=(item.id,),
        edits=(
            Edit(
                comment=f"DT01: rows that exist get {value} before the column becomes NOT NULL",
                replaces=(item.id,),
                upgrade=(
                    edits.original(item.id, nullable=True),
                    edits.execute(_update(item, value)),
                    edits.alter_column(item.table, item.name, item.schema, nullable=False),
                ),
                downgrade=(edits.mirror(item.id),),
            ),
        ),
    )


def _update(item: Operation, value: str) -> str:
    column = sql.name(item.name)
    return f"UPDATE {sql.operated(item)} SET {column} = {value} WHERE {column} IS NULL"  # noqa: S608 - it is printed


def _unfilled(item: Operation) -> Finding:
    python = " Its default in Python is not known to the database." if item.details.get("python_default") else ""
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} of table {table_name(item)} is NOT NULL and has no server default; it is held"
        " back.",
        effect=f"Adding it fails on a table that has a row.{python}",
        ways_out=(
            f"Say what existing rows get: invoke generate --backfill {table_name(item)}.{item.name}=\"'value'\" (SQL).",
            "Or give the column a server_default, or make it nullable.",
            f"Or, when the table has no rows anywhere: invoke generate --allow DT01:{item.object}",
        ),
        operations=(item.id,),
    )


@CATALOGUE.rule(
    "DT02",
    "column-made-required",
    "info",
    why="SET NOT NULL fails where a row has no value.",
    way_out="Say what such rows get with `--backfill table.column=SQL`, or mend them first.",
)
def column_made_required(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column of a table which exists that becomes NOT NULL."""
    for item in facts.operations:
        if item.kind != "alter_column" or item.details.get("modify_nullable") is not False or _in_new_key(facts, item):
            continue
        value = _backfill(facts, item) or item.details.get("default")
        if facts.existing(item):
            yield _made_required(item, value or "")


def _in_new_key(facts: ReviewContext, item: Operation) -> bool:
    """Return whether the column is one of a primary key's, which is a matter of its own."""
    wanted = facts.wanted(item)
    keys = [each for each in wanted.constraints if each.type == "primary key"] if wanted else []
    return any(item.name in key.columns for key in keys)


def _made_required(item: Operation, value: str) -> Finding:
    edit = Edit(
        comment=f"DT02: rows without a value get {value} before the column becomes NOT NULL",
        replaces=(item.id,),
        upgrade=(edits.execute(_update(item, value)), edits.original(item.id)),
        downgrade=(edits.mirror(item.id),),
    )
    done = f"rows without a value get {value} first" if value else "this fails where a row has no value"
    backfill = f"invoke generate --backfill {table_name(item)}.{item.name}=\"'value'\" (SQL)."
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} of table {table_name(item)} becomes NOT NULL: {done}.",
        ways_out=() if value else (f"If there are such rows, say what they get: {backfill}",),
        operations=(item.id,),
        edits=(edit,) if value else (),
    )


@CATALOGUE.rule(
    "DT03",
    "unique-on-existing-columns",
    "info",
    why="It fails where two rows have the same values.",
    way_out="Look for duplicates in the databases that exist, and mend them first.",
)
def unique_on_existing_columns(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint or index that is made on columns which exist."""
    for item in facts.operations:
        unique = item.constraint == "unique" if item.kind == "create_constraint" else item.unique
        if item.kind in ("create_constraint", "create_index") and unique and _columns_exist(facts, item):
            if _is_unique_already(facts, item):
                continue
            columns = ", ".join(item.columns)
            yield Finding(
                object=item.object,
                operations=(item.id,),
                sentence=f"The {item.noun} on ({columns}) of table {table_name(item)} fails where two rows are alike.",
            )


def _is_unique_already(facts: ReviewContext, item: Operation) -> bool:
    """Return whether the rows keep to it already: one unique thing takes the place of another."""
    table = facts.existing(item)
    if table is None:
        return False
    unique = [key.columns for key in table.constraints if key.type in ("unique", "primary key")]
    unique += [index.columns for index in table.indexes if index.unique and index.predicate is None]
    return any(set(columns) <= set(item.columns) for columns in unique)


@CATALOGUE.rule(
    "DT07",
    "foreign-key-on-existing-columns",
    "info",
    why="It fails where a row points to nothing.",
    way_out="Look for orphans in the databases that exist, and mend them first.",
)
def foreign_key_on_existing_columns(facts: ReviewContext) -> Iterator[Finding]:
    """Find a foreign key that is made on columns which exist."""
    for item in facts.operations:
        if item.kind == "create_constraint" and item.constraint == "foreign key" and _columns_exist(facts, item):
            yield Finding(
                object=item.object,
                operations=(item.id,),
                sentence=f"The foreign key on ({', '.join(item.columns)}) of table {table_name(item)} fails where a row"
                f" points to nothing in {item.referent}.",
            )


def _columns_exist(facts: ReviewContext, item: Operation) -> bool:
    existing = facts.existing(item)
    return existing is not None and set(item.columns) <= {column.name for column in existing.columns}
