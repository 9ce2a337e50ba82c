"""What reads a column whose type changes: PostgreSQL refuses the change while it is there.

Views, generated columns and policies are taken away before the change and made again, as they were, after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from migrations_tools.catalog import Column, OtherObject, Table, View
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import remaking, sql
from migrations_tools.review.analysis.keys import plain_schema
from migrations_tools.review.analysis.objects import children, column, names_word
from migrations_tools.review.analysis.relations import mentions
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit, Piece

_Reader: TypeAlias = View | Column | OtherObject


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A change of a column's type with what reads the column, each after what it reads itself.

    `obstacle` says why that cannot be made again as it was; empty where it can.
    """

    operation: Operation
    readers: tuple[_Reader, ...]
    obstacle: str

    @property
    def names(self) -> str:
        """Name the readers."""
        return ", ".join(map(_identity, self.readers))


def read_columns(facts: ReviewContext) -> Iterator[ReadColumn]:
    """Yield each change of a type of a column that something reads."""
    for item in facts.operations:
        table = facts.existing(item)
        if table and item.kind == "alter_column" and item.details.get("modify_type"):
            readers = tuple(_readers(facts, table, item.name))
            reasons = (_obstacle(facts, each) for each in readers)
            if readers:
                yield ReadColumn(item, readers, next(filter(None, reasons), ""))


def taken_away(facts: ReviewContext, changes: Collection[ReadColumn]) -> tuple[Edit, ...]:
    """Return the repair of all changes: readers are dropped before, and made again after, on both ways."""
    found = {_identity(each): each for change in changes for each in change.readers}
    readers = _in_order(tuple(found.values()))
    words = f"AG13: {', '.join(map(_identity, readers))}, which a change of type would stop at,"
    away, back = f"{words} made again below", f"{words} as it was"
    drops = tuple(_dropping(facts, each) for each in reversed(readers))
    making = [tuple(piece for each in readers for piece in _making(facts, each, old)) for old in (True, False)]
    return (
        Edit(comment=away, comment_down=back, upgrade=drops, downgrade=making[0], place="first"),
        Edit(comment=back, comment_down=away, upgrade=making[1], downgrade=drops, place="last"),
    )


def _identity(reader: _Reader) -> str:
    return f"generated {reader.identity}" if isinstance(reader, Column) else reader.identity


# --- what reads -----------------------------------------------------------------------------------------------------


def _readers(facts: ReviewContext, table: Table, name: str) -> Iterator[_Reader]:
    generated = [each for each in table.columns if each.generated and names_word(each.generated, name)]
    names = {name, *(each.name for each in generated)}
    yield from generated
    yield from _views(facts, {f"{table.qualified_name}.{each}" for each in names})
    for other in facts.before.others:
        about = other.table == table.qualified_name or names_word(other.definition, table.name)
        if other.kind == "policy" and about and any(names_word(other.definition, each) for each in names):
            yield other


def _views(facts: ReviewContext, paths: set[str]) -> tuple[View, ...]:
    """Return the views that read columns, and the views on these; none that the revision itself takes care of."""
    others = [item for item in facts.operations if not item.table]
    views = [
        each for each in facts.before.views if not any(names_word(item.code or item.name, each.name) for item in others)
    ]
    found: dict[str, View] = {}
    while fresh := [each for each in views if each.identity not in found and _reads(each, paths, found.values())]:
        found |= {each.identity: each for each in fresh}
    return tuple(found.values())


def _reads(view: View, paths: set[str], views: Collection[View]) -> bool:
    return not paths.isdisjoint(view.columns) or any(_is_on(view, each) for each in views)


def _is_on(view: View, other: View) -> bool:
    return any(path.rpartition(".")[0] == other.qualified_name for path in view.columns)


def _in_order(readers: tuple[_Reader, ...]) -> tuple[_Reader, ...]:
    """Return generated columns, then the views, each after those that it reads, then the policies."""
    views = [each for each in readers if isinstance(each, View)]
    ordered: list[View] = []
    while views:
        free = next(each for each in views if not any(_is_on(each, other) for other in views))
        ordered.append(free)
        views.remove(free)
    columns = (each for each in readers if isinstance(each, Column))
    return (*columns, *ordered, *(each for each in readers if isinstance(each, OtherObject)))


# --- what stands in the way -----------------------------------------------------------------------------------------


def _obstacle(facts: ReviewContext, reader: _Reader) -> str:
    if isinstance(reader, View):
        things = (each.identity for each in facts.before.others if each.table == reader.qualified_name)
        return _with_it(reader, next(things, ""))
    if isinstance(reader, Column):
        return _obstacle_of_column(facts, reader)
    forced = (each for each in facts.before.others if each.kind == "row security" and "forced" in each.definition)
    if any(each.table == reader.table for each in forced):
        return f"row security is forced on {reader.table}, where no row is seen without {reader.identity}"
    return _with_it(reader, _hanging(facts, {reader.identity}))


def _with_it(reader: _Reader, thing: str) -> str:
    return f"{thing} would go with {_identity(reader)}" if thing else ""


def _hanging(facts: ReviewContext, identities: Collection[str]) -> str:
    return next((each.identity for each in facts.before.others if each.of in identities), "")


def _obstacle_of_column(facts: ReviewContext, reader: Column) -> str:
    table = facts.existing_table(reader.table)
    changes = (each for each in facts.on_table(reader.table) if mentions((*each.columns, each.name), reader.name))
    change = next(changes, None)
    wanted = column(facts.wanted_table(reader.table), reader.name)
    if table is None or table.kind != "ordinary" or table.parents:
        return f"{reader.table} has partitions or a parent"
    if change:
        return f"it is not the only change: {change.summary()}"
    if facts.after is not None and (wanted is None or not wanted.generated or wanted.type != reader.type):
        return f"{reader.path} is another column in the models"
    keys = [key for key in facts.keys_to(reader.table) if reader.name in key.referenced_columns]
    parts = {each.identity for each in children(table) if _is_part(each.columns, each.definition, reader)}
    statistics = (
        each.identity
        for each in facts.before.others
        if each.kind == "extended statistics" and each.table == reader.table
    )
    hanging = _hanging(facts, {reader.identity, *parts}) or (keys[0].identity if keys else next(statistics, ""))
    return _with_it(reader, hanging)


def _is_part(columns: Collection[str], definition: str, reader: Column) -> bool:
    return reader.name in columns or names_word(definition, reader.name)


# --- taking away and making again -----------------------------------------------------------------------------------


def _dropping(facts: ReviewContext, reader: _Reader) -> Piece:
    if isinstance(reader, View):
        return edits.execute(f"DROP {reader.kind.upper()} {sql.path(reader.schema, reader.name)}")
    table = _table(facts, reader)
    if isinstance(reader, Column):
        return edits.drop_column(table.name, reader.name, plain_schema(table))
    return edits.execute(f"DROP POLICY {_policy(reader)} ON {sql.table_path(table)}")


def _making(facts: ReviewContext, reader: _Reader, old: bool) -> Iterator[Piece]:
    if isinstance(reader, View):
        statements = remaking.view(reader)
    elif isinstance(reader, Column):
        new = None if old else column(facts.wanted_table(reader.table), reader.name)
        statements = _column(_table(facts, reader), new or reader)
    else:
        kind, _, rest = reader.definition.partition(" ")
        statements = iter(
            [f"CREATE POLICY {_policy(reader)} ON {sql.table_path(_table(facts, reader))} AS {kind} {rest}"]
        )
    return map(edits.execute, statements)


def _table(facts: ReviewContext, reader: Column | OtherObject) -> Table:
    table = facts.existing_table(reader.table)
    if table is None:
        raise LookupError(f"the database has no table {reader.table}, though {reader.identity} is of it")
    return table


def _policy(policy: OtherObject) -> str:
    return sql.name(policy.identity.removeprefix("policy ").removesuffix(f" on {policy.table}"))


def _column(table: Table, new: Column) -> Iterator[str]:
    path = sql.table_path(table)
    yield f"ALTER TABLE {path} {remaking.generated_column(new)}"
    for part in children(table):
        if _is_part(part.columns, part.definition, new):
            yield remaking.part(table, part)
    if new.comment is not None:
        yield f"COMMENT ON COLUMN {path}.{sql.name(new.name)} IS {sql.quoted(new.comment)}"
