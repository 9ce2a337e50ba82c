"""Files that cannot work as Alembic writes them, and those that do not lead to what the models say."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review.analysis import types
from migrations_tools.review.analysis.dependents import ReadColumn, read_columns, taken_away
from migrations_tools.review.analysis.failures import failure_of
from migrations_tools.review.analysis.identities import as_identity, made_identities
from migrations_tools.review.analysis.keys import (
    OtherKey,
    dropped_first,
    early_keys,
    late_keys,
    made_later,
    other_primary_keys,
    plain_schema,
    rekeyed,
)
from migrations_tools.review.analysis.objects import column
from migrations_tools.review.analysis.relations import allow_drop
from migrations_tools.review.analysis.unrunnable import held_back, rewritten, unrunnable_operations
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.drop_verdicts import judged
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()


@FAMILY.rule(
    "AG01 name-without-import",
    "error",
    why="Alembic writes a type as `module.Type` without importing the module: the file would fail as it is read.",
    way_out="Nothing to do; an import in script.py.mako serves all files to come.",
)
def name_without_import(facts: ReviewContext) -> Iterator[Finding]:
    """Find a dotted name that a new file uses and does not import."""
    for module in facts.mended.imported:
        yield Finding(object=module, sentence=f"The file names {module}: its import was added.", mended=True)


@FAMILY.rule(
    "AG02 tables-refer-to-each-other",
    "error",
    why="Each table is created with its foreign keys: one of them is not there yet, or, with use_alter, never made.",
    way_out="Nothing to do; in a file of your own, create the tables first, then the foreign key.",
)
def tables_refer_to_each_other(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new table with a foreign key to a table that is created after it, or that is to be made by ALTER TABLE."""
    for item, keys in early_keys(facts):
        names = ", ".join(key.name for key in keys)
        towards = ", ".join(str(key.referenced_table) for key in keys)
        yield Finding(
            object=item.object,
            operations=(item.id,),
            sentence=f"The table {item.object} refers to {towards}, which may not be there yet: {names} is made when"
            " both are.",
            edits=made_later(item, keys),
        )


@FAMILY.rule(
    "AG03 table-dropped-before-its-keys",
    "error",
    why="PostgreSQL refuses to drop a table that a foreign key refers to.",
    way_out="Nothing to do; in a file of your own, drop the foreign key first.",
)
def table_dropped_before_its_keys(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped before the foreign keys, or the tables, that refer to it."""
    keys = tuple(late_keys(facts))
    for late in keys:
        child = late.child.qualified_name
        yield Finding(
            object=f"{child}.{late.key.name}",
            operations=(late.parent.id, *late.replaced),
            sentence=f"The foreign key {late.key.name} of {child} refers to the table {late.parent.object}, which is"
            " dropped: the key is dropped first.",
            edits=tuple(dropped_first(late, keys)),
        )


@FAMILY.rule(
    "AG04 serial-made-identity",
    "error",
    why="PostgreSQL refuses to make a column an identity while it has a default.",
    way_out="Nothing to do; in a file of your own, drop the default and its sequence first, and go on counting.",
)
def serial_made_identity(facts: ReviewContext) -> Iterator[Finding]:
    """Find a serial column that becomes an identity column while its default stands."""
    for have, want in made_identities(facts):
        altered = (each for each in facts.on_table(have.table) if each.kind == "alter_column")
        own = (each for each in altered if each.name == have.name and "modify_server_default" in each.details)
        operation, table = next(own, None), facts.existing_table(have.table)
        schema, name = (plain_schema(table), table.name) if table else ("", have.table)
        yield Finding(
            object=have.path,
            operations=(operation.id,) if operation else (),
            adds=() if operation else (Operation(-1, "alter_column", name, have.name, schema),),
            sentence=f"The column {have.path} is a serial and becomes an identity: its default and sequence are dropped"
            " first, and it goes on counting.",
            edits=(as_identity(facts, operation, have, want),),
        )


@FAMILY.rule(
    "AG05 table-in-schema-that-is-not-compared",
    "hold",
    why="Creating it again would fail, and what differs in it is not seen.",
    way_out="In env.py, give context.configure() include_schemas=True, and an include_name for the schemas.",
)
def table_in_schema_that_is_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is created and that the database has."""
    for item in facts.operations:
        if item.kind == "create_table" and facts.existing(item):
            yield Finding(
                object=item.object,
                operations=(item.id,),
                sentence=f"The table {item.object} exists already: env.py does not have Alembic compare the schema"
                f" {item.schema or item.default}. Its creation is held back.",
            )


@FAMILY.rule(
    "AG06 primary-key-dropped",
    "hold",
    why="Rows can no longer be told apart.",
    way_out="Give the model its primary key back, or allow the drop by name.",
)
def primary_key_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a primary key that is dropped."""
    yield from judged(facts, "AG06")


@FAMILY.rule(
    "AG09 not-convergent",
    "error",
    why="A fresh install is not what the models say: autogenerate does not see this, or does not write it.",
    way_out="Write it into the file by hand, or mend the model.",
    phase="executed",
)
def not_convergent(facts: ReviewContext) -> Iterator[Finding]:
    """Find what still differs from the models when the generated file has been executed, beyond what was held back."""
    file = facts.executed.file if facts.executed else ""
    for item in facts.left:
        sentence = f"Still different after the upgrade: {item.sentence()}."
        yield Finding(object=item.name, file=file, sentence=sentence)


@FAMILY.rule(
    "AG10 own-type-made-plain",
    "hold",
    why="What the type forbids, or how it compares, is lost; most often the model has no name for the type.",
    way_out="Name the type in the model (`postgresql.DOMAIN`, `postgresql.CITEXT`), or allow the change by name.",
)
def own_type_made_plain(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column of a domain, or of citext, that would get a plain type."""
    own = {"citext", *(domain.qualified_name for domain in facts.before.domains)}
    for item in facts.operations:
        if item.kind != "alter_column" or not item.details.get("modify_type"):
            continue
        have, want = column(facts.existing(item), item.name), column(facts.wanted(item), item.name)
        new = want.type if want else item.details["modify_type"]
        if have and new and types.parse(have.type).name in own - {types.parse(new).name}:
            yield _plain(item, have, new)


def _plain(item: Operation, have: Column, new: str) -> Finding:
    return Finding(
        object=item.object,
        operations=(item.id,),
        sentence=f"The column {have.path} is a {have.type} in the database and a {new} in the models; the change is"
        " held back.",
        ways_out=(f"Mend the model: give {have.path} the type {have.type}.", allow_drop("AG10", item.object)),
    )


@FAMILY.rule(
    "AG11 primary-key-differs",
    "error",
    why="Autogenerate does not compare primary keys; it changes at most whether their columns may be NULL.",
    way_out="Nothing to do where it is changed; otherwise drop the key and add the new one in a revision of your own.",
)
def primary_key_differs(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table whose primary key has other columns in the models."""
    for item in other_primary_keys(facts):
        yield _in_another_order(item) if item.reordered else _left(item) if item.reasons else _changed(item)


def _in_another_order(item: OtherKey) -> Finding:
    old, new = item.columns
    return Finding(
        severity="info",
        object=f"{item.table.qualified_name}.{item.new.name}",
        sentence=f"The primary key of table {item.table.qualified_name} lists ({old}), the models ({new}): the same"
        " rows, and nothing is written.",
        effect="A query by the first column alone is served by one order of the index and not by the other.",
        ways_out=(f"Where it matters, write a revision of your own: {item.statement};",),
    )


def _sentence(item: OtherKey) -> str:
    old, new = item.columns
    if item.old is None:
        return f"The table {item.table.qualified_name} has no primary key, in the models ({new}): it is"
    return f"The primary key of table {item.table.qualified_name} is ({old}), in the models ({new}): it is"


def _left(item: OtherKey) -> Finding:
    return Finding(
        severity="hold" if item.flips or item.old is None else "",
        object=f"{item.table.qualified_name}.{item.new.name}",
        operations=item.flips,
        sentence=f"{_sentence(item)} left as it is, for {' and '.join(item.reasons)}.",
        ways_out=(f"Write a revision of your own: {item.statement};", "Or mend the model."),
        aliases=("AG06",),
    )


def _changed(item: OtherKey) -> Finding:
    table, new = item.table, item.new
    operation = Operation(-1, "alter_constraint", table.name, new.name, plain_schema(table), "primary key", new.columns)
    return Finding(
        object=f"{table.qualified_name}.{new.name}",
        sentence=f"{_sentence(item)} changed.",
        ways_out=("Nothing to do.",),
        adds=(operation,),
        edits=(rekeyed(item),),
        aliases=("AG06",),
    )


@FAMILY.rule(
    "AG12 upgrade-fails",
    "error",
    why="The deploy stops there.",
    way_out="Look at the statement and at what PostgreSQL says.",
    phase="executed",
)
def upgrade_fails(facts: ReviewContext) -> Iterator[Finding]:
    """Find an upgrade() that fails when it is executed; a note only where it needs certain rows to fail."""
    found, trip = failure_of(facts), facts.executed
    if found and found.code == "AG12":
        yield found
    if trip and trip.before and trip.up is None and trip.stopped:
        yield Finding(
            object=trip.revision,
            file=trip.file,
            line=1,
            sentence=f"The revision {trip.revision} was not executed: {trip.stopped}",
            effect="Nothing is known of what it does.",
        )


@FAMILY.rule(
    "AG13 retyped-column-is-read",
    "hold",
    why="PostgreSQL refuses ALTER COLUMN … TYPE for a column that a view, a generated column or a policy reads.",
    way_out="Take it away, change the type, and make it anew, in a revision of your own.",
)
def retyped_column_is_read(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose type changes while a view, a generated column or a policy reads it."""
    found = list(read_columns(facts))
    free = [each for each in found if not each.obstacle]
    repair = taken_away(facts, free)
    for each in found:
        yield _read_and_left(each) if each.obstacle else _read(each, repair)


def _read_and_left(item: ReadColumn) -> Finding:
    return Finding(
        object=item.operation.object,
        operations=(item.operation.id,),
        sentence=f"The type of column {item.operation.object} changes, and it is read by {item.names}; the change is"
        " held back.",
        evidence=(f"Not done for you, for {item.obstacle}.",),
        ways_out=(f"Write a revision of your own: drop {item.names}, change the type, make it anew.",),
    )


def _read(item: ReadColumn, repair: tuple[Edit, ...]) -> Finding:
    return Finding(
        object=item.operation.object,
        operations=(item.operation.id,),
        severity="warn",
        sentence=f"The type of column {item.operation.object} changes, and it is read by {item.names}: what reads it is"
        " dropped before, and made again as it was after the change.",
        effect="What was given to it by hand in a database (a right, a comment) goes with it.",
        ways_out=("Look for such rights in the databases that exist, and give them again.",),
        edits=repair,
    )


@FAMILY.rule(
    "AG14 operation-cannot-run",
    "hold",
    why="With it in the file the deploy would stop there; everything else is written.",
    way_out="Do in a revision of your own what PostgreSQL asks for, or mend the model.",
)
def operation_cannot_run(facts: ReviewContext) -> Iterator[Finding]:
    """Find an operation that PostgreSQL refused when the file was executed, also with no rows in the tables."""
    written = {item.id for _, item, _ in rewritten(facts)}
    for each, item in unrunnable_operations(facts):
        if item.id not in written:
            yield held_back(item, each, facts)
