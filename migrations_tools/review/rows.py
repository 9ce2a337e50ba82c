"""What depends on the rows: an empty temp database hides all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review import edits, sql, types
from migrations_tools.review.edits import Edit
from migrations_tools.review.facts import Facts, table_name
from migrations_tools.review.findings import Finding
from migrations_tools.review.rules import Catalogue

CATALOGUE = Catalogue()


@CATALOGUE.rule(
    "DT01",
    "required-column-without-value",
    "hold",
    why="ADD COLUMN … NOT NULL fails on every table that has a row; a default in Python does not help.",
    way_out="Say what existing rows get with `--backfill table.column=SQL`, or give the column a server_default.",
)
def required_column_without_value(facts: Facts) -> Iterator[Finding]:
    """Find a NOT NULL column without a server default that is added to a table which exists."""
    for item in facts.operations:
        if facts.existing(item) and _lacks_value(item) and item.name not in facts.renamed(table_name(item)):
            value = _backfill(facts, item) or item.details.get("default")
            yield _filled(item, value) if value else _unfilled(item)


def _lacks_value(item: Operation) -> bool:
    known = item.details
    given = known.get("server_default") or known.get("computed") or known.get("identity")
    return item.kind == "add_column" and known.get("nullable") is False and not given


def _backfill(facts: Facts, item: Operation) -> str:
    path = f"{table_name(item)}.{item.name}"
    return facts.wishes.backfills.get(path, "")


def _filled(item: Operation, value: str) -> Finding:
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} is NOT NULL and table {table_name(item)} may have rows: it is added nullable,"
        f" filled with {value}, and then set NOT NULL.",
        operations=(item.id,),
        edits=(Edit(
            comment=f"DT01: rows that exist get {value} before the column becomes NOT NULL", replaces=(item.id,),
            upgrade=(
                edits.original(item.id, nullable=True), edits.execute(_update(item, value)),
                edits.alter_column(item.table, item.name, item.schema, nullable=False),
            ),
            downgrade=(edits.mirror(item.id),),
        ),),
    )  # fmt: skip


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
    )  # fmt: skip


@CATALOGUE.rule(
    "DT02",
    "column-made-required",
    "info",
    why="SET NOT NULL fails where a row has no value.",
    way_out="Say what such rows get with `--backfill table.column=SQL`, or mend them first.",
)
def column_made_required(facts: Facts) -> Iterator[Finding]:
    """Find a column of a table which exists that becomes NOT NULL."""
    for item in facts.operations:
        if item.kind != "alter_column" or item.details.get("modify_nullable") is not False or _in_new_key(facts, item):
            continue
        value = _backfill(facts, item)
        if facts.existing(item):
            yield _made_required(item, value)


def _in_new_key(facts: Facts, item: Operation) -> bool:
    """Tell whether the column is one of a primary key's, which is a matter of its own."""
    wanted = facts.wanted(item)
    keys = [each for each in wanted.constraints if each.type == "primary key"] if wanted else []
    return any(item.name in key.columns for key in keys)


def _made_required(item: Operation, value: str) -> Finding:
    edit = Edit(
        comment=f"DT02: rows without a value get {value} before the column becomes NOT NULL", replaces=(item.id,),
        upgrade=(edits.execute(_update(item, value)), edits.original(item.id)), downgrade=(edits.mirror(item.id),),
    )  # fmt: skip
    done = f"rows without a value get {value} first" if value else "this fails where a row has no value"
    backfill = f"invoke generate --backfill {table_name(item)}.{item.name}=\"'value'\" (SQL)."
    return Finding(
        object=item.object, sentence=f"The column {item.name} of table {table_name(item)} becomes NOT NULL: {done}.",
        ways_out=() if value else (f"If there are such rows, say what they get: {backfill}",),
        operations=(item.id,), edits=(edit,) if value else (),
    )  # fmt: skip


@CATALOGUE.rule(
    "DT03",
    "unique-on-existing-columns",
    "info",
    why="It fails where two rows have the same values.",
    way_out="Look for duplicates in the databases that exist, and mend them first.",
)
def unique_on_existing_columns(facts: Facts) -> Iterator[Finding]:
    """Find a unique constraint or index that is made on columns which exist."""
    for item in facts.operations:
        unique = item.constraint == "unique" if item.kind == "create_constraint" else item.unique
        if item.kind in ("create_constraint", "create_index") and unique and _columns_exist(facts, item):
            columns = ", ".join(item.columns)
            yield Finding(
                object=item.object, operations=(item.id,),
                sentence=f"The {item.noun} on ({columns}) of table {table_name(item)} fails where two rows are alike.",
            )  # fmt: skip


@CATALOGUE.rule(
    "DT07",
    "foreign-key-on-existing-columns",
    "info",
    why="It fails where a row points to nothing.",
    way_out="Look for orphans in the databases that exist, and mend them first.",
)
def foreign_key_on_existing_columns(facts: Facts) -> Iterator[Finding]:
    """Find a foreign key that is made on columns which exist."""
    for item in facts.operations:
        if item.kind == "create_constraint" and item.constraint == "foreign key" and _columns_exist(facts, item):
            yield Finding(
                object=item.object, operations=(item.id,),
                sentence=f"The foreign key on ({', '.join(item.columns)}) of table {table_name(item)} fails where a row"
                f" points to nothing in {item.referent}.",
            )  # fmt: skip


def _columns_exist(facts: Facts, item: Operation) -> bool:
    existing = facts.existing(item)
    return existing is not None and set(item.columns) <= {column.name for column in existing.columns}


# --- types ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column whose type changes: the operation, the column before, its new type and, if known, its new self."""

    operation: Operation
    before: Column
    type: str
    after: Column | None
    up: types.Cast
    down: types.Cast

    @property
    def carries_default(self) -> bool:
        """Whether a server default stands in the way of the change, in one direction or the other."""
        forth = self.before.default is not None and self.up != "assignment"
        return forth or (self.after is not None and self.after.default is not None and self.down != "assignment")

    @property
    def words(self) -> str:
        """Name the column and the change."""
        return f"The column {self.before.path} becomes {self.type} (it is {self.before.type})"


def retyped(facts: Facts) -> Iterator[Retyped]:
    """Give every column whose type an operation changes, but where a hand has written how (`postgresql_using`)."""
    catalogs = [facts.before, *([facts.after] if facts.after else [])]
    enums = {enum.qualified_name for catalog in catalogs for enum in catalog.enums}
    own = {"citext", *(domain.qualified_name for catalog in catalogs for domain in catalog.domains)}
    for item in facts.operations:
        before, after = (_column(table, item.name) for table in (facts.existing(item), facts.wanted(item)))
        new = after.type if after else item.details.get("modify_type")
        if item.kind == "alter_column" and item.details.get("modify_type") and before and new:
            old, wanted = types.parse(before.type), types.parse(new)
            if not item.details.get("using") and not {old.name, wanted.name} & own:
                casts = types.cast(old, wanted, enums), types.cast(wanted, old, enums)
                yield Retyped(item, before, new, after, *casts)


def _column(table: Any, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None) if table else None


@CATALOGUE.rule(
    "DT04",
    "type-narrowed",
    "warn",
    why="A value that does not fit stops the migration, or loses a part of itself.",
    way_out="Look at the values in the databases that exist before the deploy.",
)
def type_narrowed(facts: Facts) -> Iterator[Finding]:
    """Find a column whose new type holds less than the old one."""
    for item in retyped(facts):
        narrower = types.narrows(types.parse(item.before.type), types.parse(item.type))
        if narrower and item.up == "assignment":
            yield Finding(
                object=item.operation.object, operations=(item.operation.id,),
                sentence=f"{item.words}: values may not fit, or lose a part of themselves.",
            )  # fmt: skip


@CATALOGUE.rule(
    "DT05",
    "type-change-without-cast",
    "error",
    why="PostgreSQL refuses ALTER COLUMN … TYPE between these types, even on an empty table.",
    way_out="Write how a value becomes one of the new type, in `postgresql_using`.",
)
def type_change_without_cast(facts: Facts) -> Iterator[Finding]:
    """Find a column whose type changes to one that PostgreSQL does not cast to by itself, there or on the way back."""
    for item in retyped(facts):
        if not item.carries_default and not {item.up, item.down} <= {"assignment", "unknown"}:
            yield _without_way(item) if "none" in (item.up, item.down) else _with_using(item)


@CATALOGUE.rule(
    "DT06",
    "default-does-not-fit-type",
    "error",
    why="PostgreSQL cannot cast the server default together with the column's type.",
    way_out="Drop the default, change the type, set the default.",
)
def default_does_not_fit_type(facts: Facts) -> Iterator[Finding]:
    """Find a column whose type changes while it has a server default that PostgreSQL does not cast by itself."""
    for item in retyped(facts):
        if item.carries_default and not {item.up, item.down} <= {"assignment", "unknown"}:
            yield _without_way(item) if "none" in (item.up, item.down) else _with_default(item)


def _using(column: str, cast: types.Cast, kind: str) -> dict[str, str]:
    if cast in ("assignment", "unknown"):
        return {}
    return {"using": f"{sql.name(column)}::{'text::' if cast == 'through text' else ''}{kind}"}


def _without_way(item: Retyped) -> Finding:
    where = "" if item.up == "none" else " on the way back"
    return Finding(
        severity="hold", object=item.operation.object, operations=(item.operation.id,),
        sentence=f"{item.words}, and PostgreSQL has no cast between these{where}; the change is held back.",
        effect="What a value becomes is for you to say.",
        ways_out=(
            f"Write it yourself, with postgresql_using=… such as CASE {sql.name(item.before.name)} WHEN … END.",
            f"Or take the change as it is, and mend the file: invoke generate --allow DT05:{item.operation.object}",
        ),
        aliases=("DT05",),
    )  # fmt: skip


def _with_using(item: Retyped) -> Finding:
    number, name = item.operation.id, item.before.name
    up, down = _using(name, item.up, item.type), _using(name, item.down, item.before.type)
    where = ", ".join(f"{word} {given['using']}" for word, given in (("up", up), ("down", down)) if given)
    return Finding(
        severity="" if up else "info", object=item.operation.object, operations=(number,),
        sentence=f"{item.words}, which PostgreSQL does not cast by itself: postgresql_using was added ({where}).",
        effect="A value that cannot be read as one of the new type stops the migration." if up else "",
        edits=(Edit(
            comment=f"DT05: PostgreSQL does not cast {item.before.type} to {item.type} by itself" if up else "",
            comment_down=f"DT05: PostgreSQL does not cast {item.type} to {item.before.type} by itself" if down else "",
            replaces=(number,), upgrade=(edits.original(number, **up),), downgrade=(edits.mirror(number, **down),),
        ),),
    )  # fmt: skip


def _with_default(item: Retyped) -> Finding:
    """Take the default away, change the type, and set the default again, in both directions."""
    old, name, table, schema = item.before.default, item.before.name, item.operation.table, item.operation.schema
    new = item.after.default if item.after and item.after.default else old and f"({old})::{item.type}"

    def change(piece: Any, cast: types.Cast, kind: str, leaving: str | None, taking: str | None) -> tuple[Any, ...]:
        dropped = [edits.alter_column(table, name, schema, server_default=None)] if leaving else []
        own = {"server_default": None} if "modify_server_default" in item.operation.details else {}
        taken = [edits.alter_column(table, name, schema, server_default=taking)] if taking else []
        return (*dropped, piece(item.operation.id, **_using(name, cast, kind), **own), *taken)

    words = "DT06: the server default cannot be cast with the column, so it is dropped and set again"
    return Finding(
        object=item.operation.object, operations=(item.operation.id,), aliases=("DT05",),
        sentence=f"{item.words}, and its server default {old or new} cannot follow: the default is dropped, the type"
        f" changed, and the default set to {new or 'none'}.",
        edits=(Edit(
            comment=words, comment_down=words, replaces=(item.operation.id,),
            upgrade=change(edits.original, item.up, item.type, old, new),
            downgrade=change(edits.mirror, item.down, item.before.type, new, old),
        ),),
    )  # fmt: skip
