"""What depends on the rows: an empty temp database hides all of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.analysis.failures import failure_of
from migrations_tools.review.analysis.relations import allow
from migrations_tools.review.analysis.row_changes import is_unsaid, line_about, row_changes
from migrations_tools.review.analysis.type_changes import Retyped, new_default, retyped, with_default, with_using
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()


@FAMILY.rule(
    "DT01 required-column-without-value",
    "hold",
    why="ADD COLUMN … NOT NULL fails on every table that has a row; a default in Python does not help.",
    way_out="Give the column a server_default; or add it nullable, fill it, and then set NOT NULL, which `generate`"
    " writes with `--backfill table.column=SQL`.",
)
def required_column_without_value(facts: ReviewContext) -> Iterator[Finding]:
    """Find a NOT NULL column without a server default that is added to a table which exists."""
    # What may be a rename is asked about first (RN01).
    asked = facts.drops.renamed.keys() - facts.allowed
    for item in (each for each in facts.operations if each.id not in asked):
        if _lacks_value(item) and facts.existing(item) and item.name not in facts.renamed(table_name(item)):
            value = _value(facts, item)
            yield _filled(item, value) if value else _unfilled(item)


def _lacks_value(item: Operation) -> bool:
    known = item.details
    given = known.get("server_default") or known.get("computed") or known.get("identity")
    return item.kind == "add_column" and known.get("nullable") is False and not given


def _value(facts: ReviewContext, item: Operation) -> str:
    """Return the SQL that existing rows get in a column."""
    return facts.wishes.backfills.get(f"{table_name(item)}.{item.name}") or item.details.get("default") or ""


def _filled(item: Operation, value: str) -> Finding:
    edit = Edit(
        comment=f"DT01: rows that exist get {value} before the column becomes NOT NULL",
        replaces=(item.id,),
        upgrade=(
            edits.original(item.id, nullable=True),
            edits.execute(_update(item, value)),
            edits.alter_column(item.table, item.name, item.schema, nullable=False),
        ),
        downgrade=(edits.mirror(item.id),),
    )
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} of table {table_name(item)} is NOT NULL, without a server default: it is"
        f" added nullable, filled with {value}, and then set NOT NULL.",
        ways_out=("Nothing to do; look whether every existing row may get this value.",),
        operations=(item.id,),
        edits=(edit,),
    )


def _update(item: Operation, value: str) -> str:
    column = sql.name(item.name)
    return f"UPDATE {sql.operated(item)} SET {column} = {value} WHERE {column} IS NULL"  # noqa: S608 - it is printed


def _backfill(item: Operation) -> str:
    return f"invoke generate --backfill {shlex.quote(f'{table_name(item)}.{item.name}=')}\"'value'\""


def _unfilled(item: Operation) -> Finding:
    python = " Its default in Python is not known to the database." if item.details.get("python_default") else ""
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} of table {table_name(item)} is NOT NULL and has no server default; it is held"
        " back.",
        effect=f"Adding it fails on a table that has a row.{python}",
        ways_out=(
            f"Say in SQL what existing rows get: {_backfill(item)}",
            "Or give the column a server_default, or make it nullable.",
            f"Or, when the table has no rows anywhere: {allow('DT01', item.object)}",
        ),
        operations=(item.id,),
    )


@FAMILY.rule(
    "DT02 column-made-required",
    "info",
    why="SET NOT NULL fails where a row has no value.",
    way_out="Fill such rows first, in the same revision: UPDATE … SET … WHERE … IS NULL, which `generate` writes with"
    " `--backfill table.column=SQL`.",
)
def column_made_required(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column of a table which exists that becomes NOT NULL."""
    for item in facts.operations:
        required = item.kind == "alter_column" and item.details.get("modify_nullable") is False
        if required and facts.existing(item) and not _in_new_key(facts, item):
            yield _made_required(item, _value(facts, item))


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
    done = f": rows without a value get {value} first" if value else ""
    return Finding(
        object=item.object,
        sentence=f"The column {item.name} of table {table_name(item)} becomes NOT NULL{done}.",
        ways_out=() if value else (f"If there are such rows, say in SQL what they get: {_backfill(item)}",),
        operations=(item.id,),
        edits=(edit,) if value else (),
    )


@FAMILY.rule(
    "DT03 unique-on-existing-columns",
    "info",
    why="The deploy stops where two rows have the same values.",
    way_out="Look for duplicates in the databases that exist, and mend them first.",
)
def unique_on_existing_columns(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint or index that is made on columns which exist."""
    for item in facts.operations:
        unique = item.constraint == "unique" if item.kind == "create_constraint" else item.unique
        made = item.kind in ("create_constraint", "create_index") and unique
        if made and _columns_exist(facts, item) and not _is_unique_already(facts, item):
            yield Finding(item.object, f"The {_on(item)} is made on rows that exist.", operations=(item.id,))


def _on(item: Operation) -> str:
    return f"{item.noun} on ({', '.join(item.columns)}) of table {table_name(item)}"


def _is_unique_already(facts: ReviewContext, item: Operation) -> bool:
    """Return whether the rows keep to it already: one unique thing takes the place of another."""
    table = facts.existing(item)
    if table is None:
        return False
    unique = [key.columns for key in table.constraints if key.type in ("unique", "primary key")]
    unique += [index.columns for index in table.indexes if index.unique and index.predicate is None]
    return any(set(columns) <= set(item.columns) for columns in unique)


@FAMILY.rule(
    "DT07 foreign-key-on-existing-columns",
    "info",
    why="The deploy stops where a row points to nothing.",
    way_out="Look for orphans in the databases that exist, and mend them first.",
)
def foreign_key_on_existing_columns(facts: ReviewContext) -> Iterator[Finding]:
    """Find a foreign key that is made on columns which exist."""
    for item in facts.operations:
        if item.kind == "create_constraint" and item.constraint == "foreign key" and _columns_exist(facts, item):
            sentence = f"The {_on(item)} to {item.referent} is made on rows that exist."
            yield Finding(item.object, sentence, operations=(item.id,))


def _columns_exist(facts: ReviewContext, item: Operation) -> bool:
    existing = facts.existing(item)
    return existing is not None and {column.name for column in existing.columns}.issuperset(item.columns)


# --- types that change ----------------------------------------------------------------------------------------------


@FAMILY.rule(
    "DT04 type-narrowed",
    "warn",
    why="A value that does not fit stops the migration, or loses a part of itself.",
    way_out="Look at the values in the databases that exist before the deploy.",
)
def type_narrowed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose new type holds less than the old one, or whose values move with the session's time zone."""
    for item in retyped(facts):
        narrows = types.narrows(types.parse(item.before.type), types.parse(item.type))
        if item.takes_zone or (item.up == "assignment" and narrows and not item.told):
            moved = "its values are taken to be of the time zone that the deploy's session has"
            yield Finding(
                object=item.operation.object,
                sentence=f"{item.words}: {moved}." if item.takes_zone else f"{item.words}, which holds less.",
                effect="Another session's setting, and every value is another moment." if item.takes_zone else "",
                ways_out=(
                    "Look at the values in the databases that exist before the deploy.",
                    f"Or say what they become: {_saying(item)}",
                ),
                operations=(item.operation.id,),
            )


def _saying(item: Retyped) -> str:
    return f"invoke generate --using {shlex.quote(f'{item.before.path}={item.suggestion()}')}"


@FAMILY.rule(
    "DT05 type-change-without-cast",
    "error",
    why="PostgreSQL refuses ALTER COLUMN … TYPE between these types, even on an empty table.",
    way_out='Say how old values become new ones: postgresql_using="…".',
)
def type_change_without_cast(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose type changes to one that PostgreSQL does not cast to by itself, there or on the way back."""
    for item in retyped(facts):
        if item.needs_words and not item.carries_default:
            yield _without_way(item) if item.without_way else _with_using(item)


def _without_way(item: Retyped) -> Finding:
    where = "" if item.without_way == "up" else " on the way back"
    return Finding(
        severity="hold",
        object=item.operation.object,
        operations=(item.operation.id,),
        sentence=f"{item.words}, and PostgreSQL has no cast between these{where}; the change is held back.",
        effect="What a value becomes is for you to say.",
        ways_out=(
            f"Say it (an expression in SQL, such as CASE … END): {_saying(item)}",
            f"Or take the change as it is, and mend the file: {allow('DT05', item.operation.object)}",
        ),
        aliases=("DT05",),
    )


def _with_using(item: Retyped) -> Finding:
    up, down = item.using("up"), item.using("down")
    where = ", ".join(f"{word} {given['using']}" for word, given in (("up", up), ("down", down)) if given)
    why = "" if item.told else ", which PostgreSQL does not cast by itself"
    return Finding(
        severity="" if up else "info",
        object=item.operation.object,
        operations=(item.operation.id,),
        sentence=f"{item.words}{why}: postgresql_using was added ({where}).",
        effect="A value that cannot be read as one of the new type stops the migration." if up else "",
        ways_out=("Nothing to do where all values can be read so.",),
        edits=(with_using(item),),
    )


@FAMILY.rule(
    "DT06 default-does-not-fit-type",
    "error",
    why="PostgreSQL cannot cast the server default together with the column's type.",
    way_out="Drop the default, change the type, set the default.",
)
def default_does_not_fit_type(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose type changes while it has a server default that PostgreSQL does not cast by itself."""
    for item in retyped(facts):
        if item.needs_words and item.carries_default:
            yield _without_way(item) if item.without_way else _with_default(item)


def _with_default(item: Retyped) -> Finding:
    new = new_default(item)
    return Finding(
        object=item.operation.object,
        operations=(item.operation.id,),
        aliases=("DT05",),
        sentence=f"{item.words}, and has the server default {item.before.default or new}: the default is dropped, the"
        f" type changed, and {f'the default set to {new}' if new else 'no default set, for the models have none'}.",
        ways_out=("Nothing to do where the new default is the one that you mean.",),
        edits=(with_default(item),),
    )


# --- seen when the file was executed --------------------------------------------------------------------------------


@FAMILY.rule(
    "DT08 rows-lost",
    "hold",
    why="What was in the tables is gone after the upgrade, and no statement of the file says so.",
    way_out="Look at what the line does besides what it says: ON DELETE CASCADE, a conversion, a trigger.",
    phase="executed",
)
def rows_lost(facts: ReviewContext) -> Iterator[Finding]:
    """Find rows or values that are lost in upgrade() with no statement on their table that explains it."""
    trip = facts.executed
    if trip is None or trip.before is None or trip.after_up is None or trip.up is None:
        return
    for change in row_changes(trip.before, trip.after_up):
        if is_unsaid(trip, change):
            yield Finding(
                object=".".join(filter(None, (change.table, change.column))),
                severity="error" if facts.by_hand else "",
                sentence=f"{change.sentence.removesuffix('.')} in upgrade().",
                file=trip.file,
                line=line_about(trip.up, change.table),
                evidence=() if facts.real else ("Seen with rows that were made up for every table.",),
            )


@FAMILY.rule(
    "DT09 check-on-existing-rows",
    "info",
    why="The deploy stops where a row is not as the check wants it.",
    way_out="Mend such rows first, in the same revision.",
    phase="executed",
)
def check_on_existing_rows(facts: ReviewContext) -> Iterator[Finding]:
    """Find a check or exclusion constraint that rows which were made up do not satisfy."""
    found = failure_of(facts)
    yield from [found] if found and found.code == "DT09" else []


@FAMILY.of_executed
def failure_of_rows(facts: ReviewContext) -> Iterator[Finding]:
    """Yield, under the code of the rule that foresees it, the failure that came with rows."""
    found = failure_of(facts)
    yield from [found] if found and found.code not in ("AG12", "DT09") else []
