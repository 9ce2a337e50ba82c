"""What makes the database like the models where autogenerate sees no difference; None where that is not certain."""

from __future__ import annotations

from dataclasses import dataclass

from migrations_tools.catalog import Column, Constraint, Difference, Enum, Index, Schema, Sequence, Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.coverage import both_of
from migrations_tools.review.analysis.keys import plain_schema
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit, Piece

_ALEMBICS_KINDS = {
    "unique": "unique",
    "foreign key": "foreignkey",
    "check": "check",
    "exclusion": "",
    "primary key": "primary",
}
_SETS_EXPRESSIONS = 170000  # ALTER TABLE, PostgreSQL 17's manual: SET EXPRESSION
_DEFAULT_COLLATION = 'pg_catalog."default"'


@dataclass(frozen=True, slots=True)
class Completion:
    """What is done about a difference, there and back; `again` where the database has something else in its place."""

    path: str
    operation: Operation
    up: tuple[Piece, ...]
    down: tuple[Piece, ...]
    place: edits.Place = "last"
    again: bool = False

    def edit(self, code: str) -> Edit:
        """Return the repair, under a rule's code."""
        comment = f"{code}: {self.operation.summary()}, which autogenerate does not see"
        return Edit(comment=comment, comment_down=comment, upgrade=self.up, downgrade=self.down, place=self.place)


# --- schemas, sequences, types --------------------------------------------------------------------------------------


def missing(facts: ReviewContext, item: Difference) -> Completion | None:
    """Create a schema of a new table, a sequence or an enum type, before what follows."""
    _, thing = facts.both(item.object)
    if item.sort != "missing":
        return None
    if isinstance(thing, Schema):
        made = any(each.kind == "create_table" and each.schema == thing.name for each in facts.kept)
        name = sql.name(thing.name)
        return _created(item, f"SCHEMA IF NOT EXISTS {name}", f"SCHEMA {name}") if made else None
    if isinstance(thing, Sequence) and thing.owned_by is None:
        path = sql.path(thing.schema, thing.name)
        return _created(item, f"SEQUENCE {path} {_options(thing)}", f"SEQUENCE {path}")
    if isinstance(thing, Enum):
        path = sql.path(thing.schema, thing.name)
        return _created(item, f"TYPE {path} AS ENUM {thing.description}", f"TYPE {path}")
    return None


def _created(item: Difference, up: str, down: str) -> Completion:
    noun, _, name = item.object.partition(" ")
    pieces = edits.execute(f"CREATE {up}"), edits.execute(f"DROP {down}")
    return Completion(name, Operation(-1, f"create_{noun}", "", name), pieces[:1], pieces[1:], "first")


def _options(sequence: Sequence) -> str:
    return (
        f"AS {sequence.type} INCREMENT BY {sequence.increment} MINVALUE {sequence.minimum} MAXVALUE {sequence.maximum}"
        f" START WITH {sequence.start} CACHE {sequence.cache} {'CYCLE' if sequence.cycle else 'NO CYCLE'}"
    )


def sequence(facts: ReviewContext, item: Difference) -> Completion | None:
    """Alter a sequence."""
    have, want = both_of(facts, item, Sequence)
    if have is None or want is None or item.aspect == "owner":
        return None
    pieces = [
        edits.execute(f"ALTER SEQUENCE {sql.path(have.schema, have.name)} {_options(each)}") for each in (want, have)
    ]
    operation = Operation(-1, "alter_sequence", "", have.name)
    return Completion(have.qualified_name, operation, (pieces[0],), (pieces[1],))


# --- constraints and indexes ----------------------------------------------------------------------------------------


def constraint(facts: ReviewContext, item: Difference) -> Completion | None:
    """Add a constraint, or make it again, where no foreign key relies on the old one."""
    have, want = both_of(facts, item, Constraint) if item.kind == "constraint" else (None, None)
    if want is None or _is_needed(facts, have) or (have and is_beyond_words(have)):
        return None
    table = table_of(facts, item.table)
    if have and _is_not_validated(have, want):
        return _validated(table, have, want)
    kind = "alter_constraint" if have else "create_constraint"
    operation = Operation(-1, kind, table.name, want.name, plain_schema(table), want.type, want.columns)
    down = (dropping(table, want), *([making(table, have)] if have else []))
    up = (*([dropping(table, have)] if have else []), making(table, want))
    return Completion(want.path, operation, up, down, again=have is not None)


def is_beyond_words(constraint: Constraint) -> bool:
    """Return whether a constraint of the database is as no model can say: made again, it would be another one."""
    return constraint.says("(NOT ENFORCED|WITHOUT OVERLAPS|PERIOD)")


def _is_not_validated(have: Constraint, want: Constraint) -> bool:
    return have.name == want.name and have.definition == f"{want.definition} NOT VALID"


def _validated(table: Table, have: Constraint, want: Constraint) -> Completion:
    """Validate a constraint, which locks less than to make it again."""
    operation = Operation(-1, "alter_constraint", table.name, want.name, plain_schema(table), want.type, want.columns)
    up = edits.execute(f"ALTER TABLE {sql.table_path(table)} VALIDATE CONSTRAINT {sql.name(have.name)}")
    return Completion(want.path, operation, (up,), (dropping(table, want), making(table, have)))


def _is_needed(facts: ReviewContext, constraint: Constraint | None) -> bool:
    """Return whether foreign keys rely on a constraint, so that it cannot be dropped."""
    if constraint is None or constraint.type != "unique":
        return False
    return any(constraint.columns == key.referenced_columns for key in facts.keys_to(constraint.table))


def table_of(facts: ReviewContext, name: str) -> Table:
    """Return a table as the database has it. Raises LookupError where it has none."""
    found = facts.existing_table(name)
    if found is None:
        raise LookupError(f"the database has no table {name}, though a difference inside of it was found")
    return found


def making(table: Table, constraint: Constraint) -> Piece:
    """Make a constraint: a plain check as Alembic would write it, any other by PostgreSQL's own definition."""
    if constraint.type == "check" and constraint.definition.endswith("))"):
        return edits.create_check(constraint.name, table.name, constraint.definition[7:-1], plain_schema(table))
    name, path = sql.name(constraint.name), sql.table_path(table)
    return edits.execute(f"ALTER TABLE {path} ADD CONSTRAINT {name} {constraint.definition}")


def dropping(table: Table, constraint: Constraint) -> Piece:
    """Drop a constraint."""
    return edits.drop_constraint(constraint.name, table.name, plain_schema(table), _ALEMBICS_KINDS[constraint.type])


def index(facts: ReviewContext, item: Difference) -> Completion | None:
    """Create an index, or make it again."""
    have, want = both_of(facts, item, Index) if item.kind == "index" else (None, None)
    table = facts.existing_table(item.table)
    if want is None or table is None:
        return None
    schema, kind = plain_schema(table), "alter_index" if have else "create_index"
    operation = Operation(-1, kind, table.name, want.name, schema, "", want.columns, want.unique)
    old = [edits.drop_index(have.name, table.name, schema)] if have else []
    back = [edits.execute(have.definition)] if have else []
    up = (*old, edits.create_index(want.name, table.name, schema, want.definition))
    down = (edits.drop_index(want.name, table.name, schema), *back)
    return Completion(want.path, operation, up, down, again=have is not None)


# --- columns --------------------------------------------------------------------------------------------------------


def column(facts: ReviewContext, item: Difference) -> Completion | None:
    """Change a column's server default, comment, collation, identity, stored expression, or type as the user says."""
    have, want = both_of(facts, item, Column)
    if have is None or want is None:
        return None
    if item.aspect == "identity":
        return _identity(facts, item, have, want)
    table = table_of(facts, item.table)
    operation = Operation(-1, "alter_column", table.name, want.name, plain_schema(table))
    using = facts.wishes.usings.get(want.path) if item.aspect == "type" else None
    if using:
        back = f"{sql.name(have.name)}::text::{have.type}"
        return Completion(want.path, operation, _retyped(table, have, want, using), _retyped(table, want, have, back))
    pieces = _changes(facts, item, have, want)
    return Completion(want.path, operation, (pieces[0],), (pieces[1],)) if pieces else None


def _retyped(table: Table, old: Column, new: Column, using: str) -> tuple[Piece, ...]:
    """Change a column's type, with its server default taken away first and the new one set last."""
    schema = plain_schema(table)
    change = edits.alter_column(table.name, new.name, schema, type_sql=new.type, using=using)
    gone = edits.alter_column(table.name, new.name, schema, server_default=None)
    fresh = edits.alter_column(table.name, new.name, schema, server_default=new.default)
    return (*([gone] if old.default else []), change, *([fresh] if new.default else []))


def _changes(facts: ReviewContext, item: Difference, have: Column, want: Column) -> list[Piece] | None:
    """Return what is to be done there and back."""
    table, aspect, name = table_of(facts, item.table), item.aspect, want.name
    schema, alter = plain_schema(table), altered_column(table, want)
    if aspect == "default" and want.default is not None and _is_alone(facts, item, have, want):
        return [edits.alter_column(table.name, name, schema, server_default=each.default) for each in (want, have)]
    if aspect == "comment":
        return [edits.alter_column(table.name, name, schema, comment=each.comment) for each in (want, have)]
    if aspect == "collation" and have.type == want.type:
        change = f"{alter} TYPE {want.type} COLLATE"
        return [edits.execute(f"{change} {each.collation or _DEFAULT_COLLATION}") for each in (want, have)]
    if aspect == "generated expression" and facts.server_version >= _SETS_EXPRESSIONS and kept_alike(have, want):
        expressions = [str(each.generated).rpartition(" ")[0] for each in (want, have)]
        return [edits.execute(f"{alter} SET EXPRESSION AS ({expression})") for expression in expressions]
    return None


def _identity(facts: ReviewContext, item: Difference, have: Column, want: Column) -> Completion | None:
    """Make a column an identity, or of the other kind, or a plain column; it counts on from the greatest value."""
    if have.default or want.default or have.nullable or want.nullable:
        return None
    table = table_of(facts, item.table)
    up, down = (_as(facts, table, *pair) for pair in ((have, want), (want, have)))
    operation = Operation(-1, "alter_column", table.name, want.name, plain_schema(table))
    return Completion(want.path, operation, up, down)


def _as(facts: ReviewContext, table: Table, old: Column, new: Column) -> tuple[Piece, ...]:
    alter, generation = altered_column(table, new), new.identity_generation
    if not generation:
        return (edits.execute(f"{alter} DROP IDENTITY"),)
    if old.identity_generation:
        return (edits.execute(f"{alter} SET GENERATED {generation}"),)
    catalogs = [each for each in (facts.before, facts.after) if each]
    owned = [each for catalog in catalogs for each in catalog.sequences if each.owned_by == new.path]
    options = f" ({_options(owned[-1]).partition(' ')[2].partition(' ')[2]})" if owned else ""
    path, name = sql.table_path(table), sql.name(new.name)
    here = f"pg_get_serial_sequence({sql.quoted(path)}, {sql.quoted(new.name)})"
    return (
        edits.execute(f"{alter} ADD GENERATED {generation} AS IDENTITY{options}"),
        edits.execute(f"SELECT setval({here}, max({name})) FROM {path}"),  # noqa: S608 - it is printed
    )


def _is_alone(facts: ReviewContext, item: Difference, have: Column, want: Column) -> bool:
    """Return whether a default is to change by itself: it is drawn from no sequence, and its type is not left as it is.

    A type and its default change together or not at all.
    """
    drawn = want.sequence_of or have.sequence_of
    return not drawn and not keeps_old_type(facts, item)


def keeps_old_type(facts: ReviewContext, item: Difference) -> bool:
    """Return whether the column's type differs too, and no operation changes it."""
    return any(each.object == item.object and each.aspect == "type" for each in facts.uncovered)


def altered_column(table: Table, column: Column) -> str:
    """Write the beginning of a statement that alters a column."""
    return f"ALTER TABLE {sql.table_path(table)} ALTER COLUMN {sql.name(column.name)}"


def kept_alike(have: Column, want: Column) -> bool:
    """Return whether both are generated, and both STORED or both VIRTUAL."""
    one, other = have.generated, want.generated
    return bool(one and other) and str(one).rpartition(" ")[2] == str(other).rpartition(" ")[2]


CERTAIN = (missing, sequence, constraint, index, column)
