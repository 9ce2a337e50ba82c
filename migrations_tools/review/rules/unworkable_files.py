"""Files that cannot work as Alembic writes them."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column, Constraint, Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.analysis.relations import allow_drop
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

CATALOGUE = RuleSet()


@CATALOGUE.rule(
    "AG01",
    "name-without-import",
    "error",
    why="Alembic writes a type as `module.Type` and does not import the module: the file fails as it is read.",
    way_out="Import the module in the file, or in script.py.mako for all files to come.",
)
def name_without_import(facts: ReviewContext) -> Iterator[Finding]:
    """Find a dotted name that a new file uses and does not import."""
    for module in facts.mended.imported:
        sentence = f"The file names {module} and did not import it: the import was added."
        yield Finding(object=module, sentence=sentence, mended=True)


@CATALOGUE.rule(
    "AG02",
    "tables-refer-to-each-other",
    "error",
    why="Each table is created with its foreign keys: one of them is not there yet, or, with use_alter, never made.",
    way_out="Create the tables first, then the foreign key.",
)
def tables_refer_to_each_other(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new table with a foreign key to a table that is created after it, or that is to be made by ALTER TABLE."""
    made = [item for item in facts.operations if item.kind == "create_table"]
    for index, item in enumerate(made):
        later = {table_name(other) for other in made[index + 1 :]}
        altered = item.details.get("use_alter", [])
        keys = foreign_keys(facts.wanted(item))
        early = [key for key in keys if key.referenced_table in later or list(key.columns) in altered]
        if early:
            yield _apart(item, early)


def foreign_keys(table: Table | None) -> list[Constraint]:
    """Return a table's foreign keys; none of no table."""
    return [each for each in table.constraints if each.type == "foreign key"] if table else []


def _apart(item: Operation, keys: list[Constraint]) -> Finding:
    names = ", ".join(key.name for key in keys)
    towards = ", ".join(str(key.referenced_table) for key in keys)
    kept_out = [list(key.columns) for key in keys]
    added = tuple(edits.execute(f"ALTER TABLE {sql.operated(item)} {adding(key)}") for key in keys)
    dropped = tuple(edits.drop_constraint(key.name, item.table, item.schema, "foreignkey") for key in reversed(keys))
    return Finding(
        object=item.object,
        operations=(item.id,),
        sentence=f"The tables {item.object} and {towards} refer to each other: {names} is made when both are there.",
        edits=(
            Edit(
                replaces=(item.id,),
                upgrade=(edits.original(item.id, without_keys=kept_out),),
                downgrade=(edits.mirror(item.id),),
            ),
            Edit(
                comment=f"AG02: {item.object} and {towards} refer to each other",
                place="last",
                upgrade=added,
                downgrade=dropped,
            ),
        ),
    )


def adding(key: Constraint) -> str:
    """Write the action of ALTER TABLE that adds a constraint."""
    return f"ADD CONSTRAINT {sql.name(key.name)} {key.definition}"


@CATALOGUE.rule(
    "AG03",
    "table-dropped-before-its-keys",
    "error",
    why="PostgreSQL refuses to drop a table that a foreign key refers to.",
    way_out="Drop the foreign key first.",
)
def table_dropped_before_its_keys(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped before the foreign keys, or the tables, that refer to it."""
    order = {item.id: index for index, item in enumerate(facts.operations)}
    for parent in facts.operations:
        if parent.kind == "drop_table":
            for child in facts.before.tables:
                for key in foreign_keys(child):
                    if key.referenced_table == table_name(parent) != child.qualified_name:
                        later = [item for item in _ends(facts, child, key) if order[item.id] > order[parent.id]]
                        if later and len(later) == len(_ends(facts, child, key)):
                            yield _first(parent, child, key, later)


def _ends(facts: ReviewContext, child: Table, key: Constraint) -> list[Operation]:
    """Return the operations that take a foreign key away: itself, its columns, its table."""
    own = [item for item in facts.operations if table_name(item) == child.qualified_name and item.is_drop]
    by_name = [item for item in own if item.kind == "drop_constraint" and item.name == key.name]
    columns = [item for item in own if item.kind == "drop_column" and item.name in key.columns]
    return [*by_name, *columns, *(item for item in own if item.kind == "drop_table")]


def _first(parent: Operation, child: Table, key: Constraint, ends: list[Operation]) -> Finding:
    schema = "" if child.schema == "public" else child.schema
    replaced = tuple(item.id for item in ends if item.kind == "drop_constraint")
    return Finding(
        object=f"{child.qualified_name}.{key.name}",
        operations=(parent.id, *replaced),
        sentence=f"The table {parent.object} would be dropped before the foreign key {key.name} of"
        f" {child.qualified_name} that refers to it: the key is dropped first.",
        edits=(
            Edit(
                comment=f"AG03: {key.name} refers to {parent.object}, which is dropped below",
                place="first",
                replaces=replaced,
                upgrade=(edits.drop_constraint(key.name, child.name, schema, "foreignkey"),),
                downgrade=(edits.execute(f"ALTER TABLE {sql.table_path(child)} {adding(key)}"),),
            ),
        ),
    )


@CATALOGUE.rule(
    "AG04",
    "serial-made-identity",
    "error",
    why="PostgreSQL refuses to make a column an identity while it has a default.",
    way_out="Drop the default and its sequence first, and go on counting where it stood.",
)
def serial_made_identity(facts: ReviewContext) -> Iterator[Finding]:
    """Find a serial column that becomes an identity column while its default stands."""
    for have, want in made_identities(facts):
        altered = [each for each in facts.operations if each.kind == "alter_column" and _path(each) == have.path]
        operation = next((each for each in altered if "modify_server_default" in each.details), None)
        yield _as_identity(facts, operation, have, want)


def made_identities(facts: ReviewContext) -> Iterator[tuple[Column, Column]]:
    """Yield each serial column that is an identity in the models, as it is and as it is to be."""
    for table in facts.before.tables if facts.after else ():
        other = facts.after.table(table.qualified_name) if facts.after else None
        for have in table.columns if table.qualified_name not in facts.excluded else ():
            want = _column(other, have.name)
            if want and have.sequence_of == have.path and want.identity_generation:
                yield have, want


def _path(item: Operation) -> str:
    return f"{table_name(item)}.{item.name}"


def _column(table: Table | None, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None) if table else None


def _as_identity(facts: ReviewContext, operation: Operation | None, have: Column, want: Column) -> Finding:
    """Repair the operation that Alembic has for it; some versions have none, or one that PostgreSQL cannot read."""
    owner = facts.before.table(have.table)
    schema, own = (owner.schema, owner.name) if owner else ("public", have.table)
    added = Operation(-1, "alter_column", own, have.name, "" if schema == "public" else schema)
    # What else it changes of the column is left to it.
    more = operation is not None and len({key for key in operation.details if key.startswith("modify_")}) > 1
    numbers = (operation.id,) if operation else ()
    there = tuple(edits.original(number, server_default=None) for number in numbers if more)
    back = tuple(edits.mirror(number, server_default=None) for number in numbers if more)
    up, down = _identity(facts, sql.path(schema, own), have, want)
    return Finding(
        object=have.path,
        operations=numbers,
        adds=() if operation else (added,),
        sentence=f"The column {have.path} is a serial and becomes an identity, which its default stands in the way of:"
        " default and sequence are dropped first, and it goes on counting.",
        edits=(
            Edit(
                comment="AG04: a column with a default cannot become an identity",
                comment_down="AG04: the sequence is made again and goes on counting",
                replaces=numbers,
                place="here" if operation else "last",
                upgrade=(*there, *map(edits.execute, up)),
                downgrade=(*back, *map(edits.execute, down)),
            ),
        ),
    )


def _identity(facts: ReviewContext, table: str, have: Column, want: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the statements that make an identity of a serial, and those that take it back."""
    sequence = next(each for each in facts.before.sequences if each.owned_by == have.path and each.implicit)
    counter, column = sql.path(sequence.schema, sequence.name), sql.name(have.name)
    here = f"pg_get_serial_sequence({sql.quoted(table)}, {sql.quoted(have.name)})"
    go_on = f"SELECT setval({here}, COALESCE(max({column}), 0) + 1, false) FROM {table}"  # noqa: S608 - it is printed
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    return (
        f"{alter} DROP DEFAULT",
        f"DROP SEQUENCE {counter}",
        f"{alter} ADD GENERATED {want.identity_generation} AS IDENTITY",
        go_on,
    ), (
        f"{alter} DROP IDENTITY IF EXISTS",
        f"CREATE SEQUENCE {counter} AS {sequence.type} OWNED BY {table}.{column}",
        f"{alter} SET DEFAULT nextval({sql.quoted(counter)})",
        go_on,
    )


@CATALOGUE.rule(
    "AG05",
    "table-in-schema-that-is-not-compared",
    "hold",
    why="Alembic does not look into the schema, so it creates the table again, and CREATE TABLE fails.",
    way_out="Set `include_schemas=True` in env.py, with an `include_name` that names the schemas.",
)
def table_in_schema_that_is_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is created and that the database has."""
    for item in facts.operations:
        if item.kind == "create_table" and facts.existing(item):
            yield Finding(
                object=item.object,
                operations=(item.id,),
                sentence=f"The table {item.object} exists already: env.py does not have Alembic compare the schema"
                f" {item.schema or 'public'}. It is held back.",
                effect="Creating it would fail, and what differs in it is not seen.",
                ways_out=(
                    "In env.py, give context.configure() include_schemas=True, and an include_name for the schemas.",
                ),
            )


@CATALOGUE.rule(
    "AG10",
    "own-type-made-plain",
    "hold",
    why="A domain's rules, or citext's way to compare, are lost; most often the model has no name for the type.",
    way_out="Name the type in the model (`postgresql.DOMAIN`, `postgresql.CITEXT`), or allow the change by name.",
)
def own_type_made_plain(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column of a domain, or of citext, that would get a plain type."""
    domains = {domain.qualified_name for domain in facts.before.domains}
    for item in facts.operations:
        have, want = (_column(table, item.name) for table in (facts.existing(item), facts.wanted(item)))
        new = want.type if want else item.details.get("modify_type")
        if item.kind != "alter_column" or not item.details.get("modify_type") or have is None or not new:
            continue
        own = types.parse(have.type).name
        if (own in domains or own == "citext") and types.parse(new).name != own:
            yield _plain(item, have, new)


def _plain(item: Operation, have: Column, new: str) -> Finding:
    return Finding(
        object=item.object,
        operations=(item.id,),
        sentence=f"The column {have.path} is a {have.type} in the database and a {new} in the models; the change is"
        " held back.",
        effect="What the type forbids or compares otherwise would be lost.",
        ways_out=(f"Mend the model: give {have.path} the type {have.type}.", allow_drop("AG10", item.object)),
    )
