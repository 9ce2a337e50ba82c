"""Foreign keys and primary keys: in which order they can be made and dropped, and the repairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrations_tools.catalog import Constraint, Table, without_time
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit


def plain_schema(table: Table) -> str:
    """Return a table's schema as operations have it: nothing for `public`."""
    return "" if table.schema == "public" else table.schema


def adding(key: Constraint) -> str:
    """Write the action of ALTER TABLE that adds a constraint."""
    return f"ADD CONSTRAINT {sql.name(key.name)} {key.definition}"


# --- foreign keys ---------------------------------------------------------------------------------------------------


def early_keys(facts: ReviewContext) -> Iterator[tuple[Operation, list[Constraint]]]:
    """Yield each new table with its foreign keys to tables that come later, or that Alembic leaves out of it."""
    made = [item for item in facts.operations if item.kind == "create_table"]
    order = {table_name(item): number for number, item in enumerate(made)}
    for number, item in enumerate(made):
        altered = item.details.get("use_alter", [])
        table = facts.wanted(item)
        keys = [each for each in table.constraints if each.type == "foreign key"] if table else []
        early = [
            key for key in keys if order.get(str(key.referenced_table), -1) > number or list(key.columns) in altered
        ]
        if early:
            yield item, early


def made_later(item: Operation, keys: list[Constraint]) -> tuple[Edit, Edit]:
    """Create a table without some of its foreign keys, and add those when all tables are there."""
    towards = ", ".join(str(key.referenced_table) for key in keys)
    added = tuple(edits.execute(f"ALTER TABLE {sql.operated(item)} {adding(key)}") for key in keys)
    dropped = tuple(edits.drop_constraint(key.name, item.table, item.schema, "foreignkey") for key in reversed(keys))
    return (
        Edit(
            replaces=(item.id,),
            upgrade=(edits.original(item.id, without_keys=[list(key.columns) for key in keys]),),
            downgrade=(edits.mirror(item.id),),
        ),
        Edit(
            comment=f"AG02: {item.object} and {towards} refer to each other",
            place="last",
            upgrade=added,
            downgrade=dropped,
        ),
    )


@dataclass(frozen=True, slots=True)
class LateKey:
    """A foreign key of another table that goes after the table that it refers to."""

    parent: Operation
    child: Table
    key: Constraint
    ends: tuple[Operation, ...]

    @property
    def replaced(self) -> tuple[int, ...]:
        """The ids of the operations that drop the key itself."""
        return tuple(item.id for item in self.ends if item.kind == "drop_constraint")


def late_keys(facts: ReviewContext) -> Iterator[LateKey]:
    """Yield the foreign keys that are dropped after the tables that they refer to."""
    order = {item.id: index for index, item in enumerate(facts.operations)}
    for parent in (item for item in facts.operations if item.kind == "drop_table"):
        for key in facts.keys_to(table_name(parent)):
            child = facts.existing_table(key.table)
            if child is None or key.table == table_name(parent):
                continue
            ends = _ends(facts, child, key)
            if ends and all(order[item.id] > order[parent.id] for item in ends):
                yield LateKey(parent, child, key, ends)


def _ends(facts: ReviewContext, child: Table, key: Constraint) -> tuple[Operation, ...]:
    """Return the operations that take a foreign key away: itself, its columns, its table."""
    own = [item for item in facts.on_table(child.qualified_name) if item.is_drop]
    by_name = [item for item in own if item.kind == "drop_constraint" and item.name == key.name]
    columns = [item for item in own if item.kind == "drop_column" and item.name in key.columns]
    return (*by_name, *columns, *(item for item in own if item.kind == "drop_table"))


def dropped_first(late: LateKey, keys: Iterable[LateKey]) -> Iterator[Edit]:
    """Drop a foreign key before the table that it refers to, and bring it back when both tables are there again.

    `keys` are all that are dropped so: a table that is dropped too comes back without its own.
    """
    name, child = late.key.name, late.child
    yield Edit(
        comment=f"AG03: {name} refers to {late.parent.object}, which is dropped below",
        place="first",
        replaces=late.replaced,
        upgrade=(edits.drop_constraint(name, child.name, plain_schema(child), "foreignkey"),),
        downgrade=(edits.execute(f"ALTER TABLE {sql.table_path(child)} {adding(late.key)}"),),
    )
    own = [list(each.key.columns) for each in keys if each.child is child]
    for item in late.ends:
        if item.kind == "drop_table":
            back = edits.mirror(item.id, without_keys=own)
            yield Edit(replaces=(item.id,), upgrade=(edits.original(item.id),), downgrade=(back,))


# --- primary keys ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A table whose primary key is another in the models; `reasons` say why it cannot be changed without a hand."""

    table: Table
    old: Constraint | None
    new: Constraint
    reasons: tuple[str, ...]
    # Whether the new key has the old one's columns in another order: which rows there may be is the same.
    reordered: bool
    # The ids of operations that only make the new key's columns NOT NULL, or the old one's not.
    flips: tuple[int, ...]

    @property
    def columns(self) -> tuple[str, str]:
        """The columns of the old key and of the new one, in words."""
        return ", ".join(self.old.columns) if self.old else "", ", ".join(self.new.columns)

    @property
    def statement(self) -> str:
        """The SQL that changes the key."""
        drop = f"DROP CONSTRAINT {sql.name(self.old.name)}, " if self.old else ""
        return f"ALTER TABLE {sql.table_path(self.table)} {drop}{adding(self.new)}"


def other_primary_keys(facts: ReviewContext) -> Iterator[OtherKey]:
    """Yield the tables whose primary key has other columns in the models, and no operation changes it."""
    for table in facts.before.tables if facts.after else ():
        name = table.qualified_name
        want = facts.wanted_table(name)
        if want is None or name in facts.excluded or facts.renamed(name):
            continue
        old, new = _primary(table), _primary(want)
        if new and (not old or without_time(old.definition) != new.definition) and not _is_made(facts, name):
            reordered = old is not None and old.columns != new.columns and sorted(old.columns) == sorted(new.columns)
            reasons = tuple(_reasons(facts, table, old, new))
            yield OtherKey(table, old, new, reasons, reordered, _flips(facts, name, new))


def _primary(table: Table) -> Constraint | None:
    return next((each for each in table.constraints if each.type == "primary key"), None)


def _is_made(facts: ReviewContext, table: str) -> bool:
    return any(item.constraint == "primary key" or item.kind == "drop_table" for item in facts.on_table(table))


def _reasons(facts: ReviewContext, table: Table, old: Constraint | None, new: Constraint) -> Iterator[str]:
    if old is None:
        yield "SQLAlchemy's mapper needs a key and the database may not"
    ready = {column.name for column in table.columns if not column.nullable}
    if old and old.says("WITHOUT OVERLAPS"):
        yield "it is WITHOUT OVERLAPS, which models have no words for"
    yield from (f"its column {name} may be NULL" for name in new.columns if name not in ready)
    keys = facts.keys_to(table.qualified_name) if old else ()
    yield from (f"the foreign key {key.path} refers to it" for key in keys)


def _flips(facts: ReviewContext, table: str, new: Constraint) -> tuple[int, ...]:
    own = (item for item in facts.on_table(table) if item.kind == "alter_column" and item.name in new.columns)
    return tuple(item.id for item in own if "modify_nullable" in item.details)


def rekeyed(item: OtherKey) -> Edit:
    """Change a primary key."""
    back = f", {adding(item.old)}" if item.old else ""
    path, (old, new) = sql.table_path(item.table), item.columns
    return Edit(
        comment=f"AG11: autogenerate does not compare primary keys: ({old}) becomes ({new})",
        upgrade=(edits.execute(item.statement),),
        place="last",
        downgrade=(edits.execute(f"ALTER TABLE {path} DROP CONSTRAINT {sql.name(item.new.name)}{back}"),),
    )
