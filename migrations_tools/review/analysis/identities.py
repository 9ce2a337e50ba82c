"""Serial columns that are identities in the models, and the SQL that makes one of the other."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit

_ROOM = 50  # of the 63 characters of a name


def made_identities(facts: ReviewContext) -> Iterator[tuple[Column, Column]]:
    """Yield each serial column that is an identity in the models, as it is and as it is to be."""
    for table in facts.before.tables if facts.after else ():
        other = facts.wanted_table(table.qualified_name)
        serials = [have for have in table.columns if have.sequence_of == have.path]
        if other is None or table.qualified_name in facts.excluded or not serials:
            continue
        wanted = {column.name: column for column in other.columns if column.identity_generation}
        yield from ((have, wanted[have.name]) for have in serials if have.name in wanted)


def as_identity(facts: ReviewContext, operation: Operation | None, have: Column, want: Column) -> Edit:
    """Repair the operation that Alembic has for it, or stand in for it: some versions have none."""
    # What else the operation changes of the column is left to it.
    more = operation is not None and len({key for key in operation.details if key.startswith("modify_")}) > 1
    numbers = (operation.id,) if operation else ()
    up, down = _statements(facts, have, want)
    return Edit(
        comment="AG04: a column with a default cannot become an identity",
        comment_down="AG04: the sequence is made again and goes on counting",
        replaces=numbers,
        place="here" if operation else "last",
        upgrade=(*(edits.original(number, server_default=None) for number in numbers if more), *map(edits.execute, up)),
        downgrade=(
            *(edits.mirror(number, server_default=None) for number in numbers if more),
            *map(edits.execute, down),
        ),
    )


def _statements(facts: ReviewContext, have: Column, want: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the statements that make an identity of a serial, and those that take it back."""
    owner = facts.existing_table(have.table)
    table = sql.table_path(owner) if owner else sql.name(have.table)
    sequence = next(each for each in facts.before.sequences if each.owned_by == have.path and each.implicit)
    counter, column = sql.path(sequence.schema, sequence.name), sql.name(have.name)
    aside = f"{sequence.name[:_ROOM]}_before"
    before = sql.path(sequence.schema, aside)
    here = f"pg_get_serial_sequence({sql.quoted(table)}, {sql.quoted(have.name)})"
    go_on = f"last_value, is_called) FROM {before}"  # read while both sequences are there
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    return (
        f"{alter} DROP DEFAULT",
        # pg_get_serial_sequence() would find the first that the column owns.
        f"ALTER SEQUENCE {counter} OWNED BY NONE",
        f"ALTER SEQUENCE {counter} RENAME TO {sql.name(aside)}",
        f"{alter} ADD GENERATED {want.identity_generation} AS IDENTITY",
        f"SELECT setval({here}, {go_on}",
        f"DROP SEQUENCE {before}",
    ), (
        f"ALTER SEQUENCE {counter} RENAME TO {sql.name(aside)}",
        f"CREATE SEQUENCE {counter} AS {sequence.type} OWNED BY {table}.{column}",
        f"SELECT setval({sql.quoted(counter)}, {go_on}",
        f"{alter} DROP IDENTITY IF EXISTS",
        f"{alter} SET DEFAULT nextval({sql.quoted(counter)})",
    )
