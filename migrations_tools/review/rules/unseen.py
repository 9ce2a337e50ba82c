"""What autogenerate does not see: added to the file where that is safe and certain, else explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from migrations_tools.catalog import Column, Constraint, Difference, Enum, Index, Schema, Sequence, Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.coverage import constraints, indexes, uncovered
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit, Piece
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

Handler: TypeAlias = Callable[[ReviewContext, Difference], Finding | None]
CATALOGUE = RuleSet()
_UNSEEN = "autogenerate does not compare it"
_ALEMBICS_KINDS = {"unique": "unique", "foreign key": "foreignkey", "check": "check", "exclusion": ""}


# --- schemas, sequences, types: first, for what follows may want them ------------------------------------------------


@CATALOGUE.rule(
    "IN01",
    "schema-or-sequence-missing",
    "info",
    why="Alembic creates tables, and neither the schema that they are in nor a sequence that they draw from.",
    way_out="It is created first.",
)
def schema_or_sequence_missing(facts: ReviewContext) -> Iterator[Finding]:
    """Find a schema of a new table, a sequence or an unused enum type that the models have and the database has not."""
    yield from handled(facts, _missing)


def handled(facts: ReviewContext, handle: Handler) -> Iterator[Finding]:
    """Return what a handler makes of the differences that no operation accounts for."""
    return (found for item in uncovered(facts) if (found := handle(facts, item)))


def _missing(facts: ReviewContext, item: Difference) -> Finding | None:
    thing = facts.after.by_identity().get(item.object) if facts.after else None
    made = {operation.schema for operation in facts.kept if operation.kind == "create_table"}
    if isinstance(thing, Schema) and item.sort == "missing" and thing.name in made:
        return _first(item, f"SCHEMA IF NOT EXISTS {sql.name(thing.name)}", f"SCHEMA {sql.name(thing.name)}")
    if isinstance(thing, Sequence) and item.sort == "missing" and thing.owned_by is None:
        path = sql.path(thing.schema, thing.name)
        return _first(item, f"SEQUENCE {path} {_options(thing)}", f"SEQUENCE {path}")
    if isinstance(thing, Enum) and item.sort == "missing":
        path = sql.path(thing.schema, thing.name)
        return _first(item, f"TYPE {path} AS ENUM {thing.description}", f"TYPE {path}")
    return None


def _first(item: Difference, up: str, down: str) -> Finding:
    noun, _, name = item.object.partition(" ")
    return _added(
        "IN01",
        f"The {item.object} is missing, and autogenerate does not make it: it is created first.",
        name,
        Operation(-1, f"create_{noun}", "", name),
        (edits.execute(f"CREATE {up}"),),
        (edits.execute(f"DROP {down}"),),
        place="first",
    )


def _options(sequence: Sequence) -> str:
    return (
        f"AS {sequence.type} INCREMENT BY {sequence.increment} MINVALUE {sequence.minimum} MAXVALUE {sequence.maximum}"
        f" START WITH {sequence.start} CACHE {sequence.cache} {'CYCLE' if sequence.cycle else 'NO CYCLE'}"
    )


@CATALOGUE.rule(
    "IN02", "sequence-differs", "info", why="Autogenerate does not compare sequences.", way_out="It is altered."
)
def sequence_differs(facts: ReviewContext) -> Iterator[Finding]:
    """Find a sequence that counts otherwise in the models than in the database."""
    # Each aspect is a difference of its own; one statement changes them all.
    yield from {found.object: found for found in handled(facts, _sequence)}.values()


def _sequence(facts: ReviewContext, item: Difference) -> Finding | None:
    have, want = (catalog and catalog.by_identity().get(item.object) for catalog in (facts.before, facts.after))
    if not isinstance(have, Sequence) or not isinstance(want, Sequence) or item.aspect == "owner":
        return None
    path = f"ALTER SEQUENCE {sql.path(have.schema, have.name)}"
    return _added(
        "IN02",
        f"The {item.object} differs from the models', and {_UNSEEN}: it is altered.",
        have.qualified_name,
        Operation(-1, "alter_sequence", "", have.name),
        (edits.execute(f"{path} {_options(want)}"),),
        (edits.execute(f"{path} {_options(have)}"),),
    )


def _added(
    code: str,
    sentence: str,
    name: str,
    operation: Operation,
    up: tuple[Piece, ...],
    down: tuple[Piece, ...],
    place: edits.Place = "last",
    evidence: tuple[str, ...] = (),
) -> Finding:
    comment = f"{code}: {operation.summary()}, which autogenerate does not see"
    return Finding(
        object=name,
        sentence=sentence,
        evidence=evidence,
        adds=(operation,),
        edits=(Edit(comment=comment, comment_down=comment, upgrade=up, downgrade=down, place=place),),
    )


# --- constraints and indexes ------------------------------------------------------------------------------------


@CATALOGUE.rule(
    "IN03",
    "constraint-not-compared",
    "info",
    why="Autogenerate compares no check constraint, no order of a unique constraint's columns, and not all of a key.",
    way_out="It is added, or made again as the models have it.",
)
def constraint_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint that the models have and the database has not, or has otherwise."""
    yield from handled(facts, _constraint)


def _constraint(facts: ReviewContext, item: Difference) -> Finding | None:
    have, want = constraints(facts, item) if item.kind == "constraint" else (None, None)
    return _with_constraint(facts, item, have, want) if want and not _needed(facts, have) else None


def _needed(facts: ReviewContext, constraint: Constraint | None) -> bool:
    """Return whether foreign keys rely on a constraint, so that it cannot be dropped."""
    if constraint is None or constraint.type != "unique":
        return False
    columns = f"({', '.join(map(sql.name, constraint.columns))})"
    keys = [each for table in facts.before.tables for each in table.constraints if each.type == "foreign key"]
    return any(key.referenced_table == constraint.table and columns in key.definition for key in keys)


def _with_constraint(facts: ReviewContext, item: Difference, have: Constraint | None, want: Constraint) -> Finding:
    table = table_of(facts, item.table)
    missing = f"The {_noun(want)} {want.path} is in the models and not in the database"
    differs = f"The {_noun(want)} {want.path} is another in the models than in the database"
    done = f"{differs}, and {_UNSEEN}: it is made again" if have else f"{missing}, and {_UNSEEN}: it is added"
    kind = "alter_constraint" if have else "create_constraint"
    operation = Operation(-1, kind, table.name, want.name, _schema(table), want.type, want.columns)
    down = (_dropping(table, want), *([_making(table, have)] if have else []))
    up = (*([_dropping(table, have)] if have else []), _making(table, want))
    return _added("IN03", f"{done}.", want.path, operation, up, down, evidence=both(item))


def _noun(constraint: Constraint) -> str:
    return constraint.type if constraint.type == "foreign key" else f"{constraint.type} constraint"


def table_of(facts: ReviewContext, name: str) -> Table:
    """Return a table as the database has it. Raises LookupError where it has none."""
    found = facts.before.table(name)
    if found is None:
        raise LookupError(f"the database has no table {name}, though a difference inside of it was found")
    return found


def _schema(table: Table) -> str:
    return "" if table.schema == "public" else table.schema


def _making(table: Table, constraint: Constraint) -> Piece:
    """Make a constraint: a plain check as Alembic would write it, any other by PostgreSQL's own definition."""
    if constraint.type == "check" and constraint.definition.endswith("))"):
        return edits.create_check(constraint.name, table.name, constraint.definition[7:-1], _schema(table))
    name, path = sql.name(constraint.name), sql.table_path(table)
    return edits.execute(f"ALTER TABLE {path} ADD CONSTRAINT {name} {constraint.definition}")


def _dropping(table: Table, constraint: Constraint) -> Piece:
    return edits.drop_constraint(constraint.name, table.name, _schema(table), _ALEMBICS_KINDS[constraint.type])


def both(item: Difference) -> tuple[str, ...]:
    """Write both sides of a difference."""
    have = [f"in the database: {item.actual}"] if item.actual else []
    return (*have, *([f"in the models: {item.expected}"] if item.expected else []))


@CATALOGUE.rule(
    "IN04",
    "index-not-compared",
    "info",
    why="Autogenerate compares no index's condition, method, included columns or order of columns.",
    way_out="It is made again as the models have it.",
)
def index_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index that the models have and the database has not, or has otherwise."""
    yield from handled(facts, _index)


def _index(facts: ReviewContext, item: Difference) -> Finding | None:
    have, want = indexes(facts, item) if item.kind == "index" else (None, None)
    return _with_index(facts, item, have, want) if want and facts.before.table(item.table) else None


def _with_index(facts: ReviewContext, item: Difference, have: Index | None, want: Index) -> Finding:
    table = table_of(facts, item.table)
    schema = _schema(table)
    operation = Operation(
        -1, "alter_index" if have else "create_index", table.name, want.name, schema, "", want.columns, want.unique
    )
    old = [edits.drop_index(have.name, table.name, schema)] if have else []
    back = [edits.execute(have.definition)] if have else []
    differs = f"is another in the models than in the database, and {_UNSEEN}: it is made again"
    missing = "is in the models and not in the database, and autogenerate does not see it: it is added"
    return _added(
        "IN04",
        f"The index {want.path} {differs if have else missing}.",
        want.path,
        operation,
        (*old, edits.create_index(want.name, table.name, schema, want.definition)),
        (edits.drop_index(want.name, table.name, schema), *back),
        evidence=both(item),
    )


# --- columns ----------------------------------------------------------------------------------------------------


@CATALOGUE.rule(
    "IN05",
    "column-not-compared",
    "info",
    why="Autogenerate compares server defaults only when env.py asks for it, and no collations.",
    way_out="The column is altered as the models have it; `compare_server_default=True` in env.py sees defaults.",
)
def column_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose server default, comment or collation is another in the models."""
    yield from handled(facts, _column)


def _column(facts: ReviewContext, item: Difference) -> Finding | None:
    have, want = columns(facts, item)
    change = _change(facts, item, have, want) if have and want else None
    if change is None or want is None:
        return None
    sentence = f"The {item.object} has another {item.aspect} in the models than in the database, and {_UNSEEN}"
    return _added(
        "IN05", f"{sentence}: it is changed.", want.path, _operation(facts, item, want), *change, evidence=both(item)
    )


def columns(facts: ReviewContext, item: Difference) -> tuple[Column | None, Column | None]:
    """Return a differing column as the database and as the models have it."""
    have, want = (catalog and catalog.by_identity().get(item.object) for catalog in (facts.before, facts.after))
    return have if isinstance(have, Column) else None, want if isinstance(want, Column) else None


def _operation(facts: ReviewContext, item: Difference, column: Column) -> Operation:
    table = table_of(facts, item.table)
    return Operation(-1, "alter_column", table.name, column.name, _schema(table))


def _change(
    facts: ReviewContext, item: Difference, have: Column, want: Column
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]] | None:
    """Return what is to be done there and back; None for what is not certain."""
    table, aspect, name = table_of(facts, item.table), item.aspect, want.name
    schema, alter = _schema(table), f"ALTER TABLE {sql.table_path(table)} ALTER COLUMN {sql.name(name)}"
    if aspect == "default" and want.default is not None and not want.sequence_of and not have.sequence_of:
        pieces = [edits.alter_column(table.name, name, schema, server_default=each.default) for each in (want, have)]
    elif aspect == "comment":
        pieces = [edits.alter_column(table.name, name, schema, comment=each.comment) for each in (want, have)]
    elif aspect == "collation" and have.type == want.type:
        change = f"{alter} TYPE {want.type} COLLATE"
        pieces = [edits.execute(f"{change} {each.collation or _DEFAULT_COLLATION}") for each in (want, have)]
    elif aspect == "generated expression" and facts.server_version >= _SETS_EXPRESSIONS and _both_stored(have, want):
        expressions = [str(each.generated).removesuffix(" STORED") for each in (want, have)]
        pieces = [edits.execute(f"{alter} SET EXPRESSION AS ({expression})") for expression in expressions]
    else:
        return None
    return (pieces[0],), (pieces[1],)


def _both_stored(*columns: Column) -> bool:
    return all(str(column.generated).endswith(" STORED") for column in columns)


_SETS_EXPRESSIONS = 170000  # ALTER TABLE, PostgreSQL 17's manual: SET EXPRESSION
_DEFAULT_COLLATION = 'pg_catalog."default"'


# What makes a repair of a difference where one is certain; None where none is.
HANDLERS: tuple[Handler, ...] = (_missing, _sequence, _constraint, _index, _column)
