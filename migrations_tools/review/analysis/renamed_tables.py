"""What differs in a renamed table beside its name: what it gains or changes, and what only the database has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrations_tools.catalog import Column, Constraint, Index, Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.analysis.completions import dropping, making
from migrations_tools.review.analysis.keys import plain_schema
from migrations_tools.review.analysis.objects import children, column
from migrations_tools.review.analysis.relations import same_table
from migrations_tools.review.analysis.renaming import Step, changes, edit_of, new_name, renaming
from migrations_tools.review.analysis.replacements import rename_constraint
from migrations_tools.review.context import ReviewContext, table_name


@dataclass(frozen=True, slots=True)
class RenamedTable:
    """A table under its old and its new name, as the database and as the models have it."""

    made: Operation
    ours: Table
    theirs: Table
    # The columns that the user renames with it, by their old names.
    columns: dict[str, str]
    facts: ReviewContext

    @property
    def gained(self) -> tuple[Column, ...]:
        """The columns that only the models have."""
        known = {self.columns.get(each.name, each.name) for each in self.ours.columns}
        return tuple(each for each in self.theirs.columns if each.name not in known)

    @property
    def kept(self) -> tuple[Column | Constraint | Index, ...]:
        """What only the database has: nothing drops it unasked."""
        wanted = {each.name for each in self.theirs.columns}
        columns = (each for each in self.ours.columns if self.columns.get(each.name, each.name) not in wanted)
        paired = {old for old, _ in self.paired}
        return (*columns, *(each for each in children(self.ours) if each not in paired))

    def like(self, column: Column) -> tuple[Column, ...]:
        """Return the columns that only the models have and that one which only the database has may be."""
        return tuple(each for each in self.gained if types.parse(each.type).name == types.parse(column.type).name)

    @property
    def paired(self) -> tuple[tuple[Constraint | Index, Constraint | Index], ...]:
        """The constraints and indexes that say the same, the new names put in the place of the old ones."""
        left, found = list(children(self.theirs)), []
        for old in children(self.ours):
            said = re.sub(
                rf"(?<!\w){re.escape(self.ours.qualified_name)}(?=\()", self.theirs.qualified_name, old.description
            )
            for was, is_now in self.columns.items():
                said = re.sub(rf"(?<![\w.]){re.escape(sql.name(was))}(?!\w)", sql.name(is_now), said)
            new = next((each for each in left if type(each) is type(old) and each.description == said), None)
            if new is not None:
                left.remove(new)
                found.append((old, new))
        return tuple(found)

    def rest(self) -> Iterator[Step]:
        """Yield what makes the renamed table like the models', there and back, but for what is kept."""
        for old, new in self.columns.items():
            yield new_name(self.made, old, new)
        wanted = {each.name: each for each in self.theirs.columns}
        for have in self.ours.columns:
            want = wanted.get(self.columns.get(have.name, have.name))
            yield from changes(self.made, have, want) if want else ()
        for each in self.gained:
            yield from self._added(each)
        yield from self._children()

    def _added(self, gained: Column) -> Iterator[Step]:
        made, table = self.made, table_name(self.made)
        value = self.facts.wishes.backfills.get(f"{table}.{gained.name}")
        fills = {"nullable": True} if value and not gained.nullable else {}
        yield (edits.column_of(made.id, gained.name, **fills), edits.drop_column(made.table, gained.name, made.schema))
        if value:
            update = f"UPDATE {sql.operated(made)} SET {sql.name(gained.name)} = {value}"  # noqa: S608
            yield edits.execute(update), NOTHING
        if fills:
            yield edits.alter_column(made.table, gained.name, made.schema, nullable=False), NOTHING

    def _children(self) -> Iterator[Step]:
        """Yield the constraints and indexes that only the models have, but for those whose place is taken."""
        paired = {new for _, new in self.paired}
        taken = {each.name for each in self.kept}
        keyed = any(isinstance(each, Constraint) and each.type == "primary key" for each in self.ours.constraints)
        for each in (new for new in children(self.theirs) if new not in paired and new.name not in taken):
            if isinstance(each, Index):
                schema = plain_schema(self.theirs)
                yield (
                    edits.create_index(each.name, self.theirs.name, schema, each.definition),
                    edits.drop_index(each.name, self.theirs.name, schema),
                )
            elif each.type != "primary key" or not keyed:
                yield making(self.theirs, each), dropping(self.theirs, each)


NOTHING: edits.Piece = {}


def renamed(drop: Operation, made: Operation, facts: ReviewContext) -> RenamedTable | None:
    """Return a table that is renamed as both sides have it; None where one side is not known."""
    ours, theirs = facts.existing(drop), facts.wanted(made)
    if ours is None or theirs is None:
        return None
    wishes = {path.rpartition("."): new for path, new in facts.wishes.renames.items()}
    own = {old: new for (table, _, old), new in wishes.items() if table == table_name(drop)}
    columns = {old: new for old, new in own.items() if column(ours, old) and column(theirs, new)}
    return RenamedTable(made, ours, theirs, columns, facts)


def rename_table(drop: Operation, made: Operation, facts: ReviewContext) -> edits.Edit:
    """Rename a table with its sequences, indexes and constraints, and bring it to what the models say of it."""
    renamed_table = renamed(drop, made, facts)
    steps = [
        (
            edits.rename_table(drop.table, made.table, drop.schema),
            edits.rename_table(made.table, drop.table, drop.schema),
        ),
        *_named_after(drop, made, facts),
        *(renaming(old, new) for old, new in _keys(drop, made, facts) if new.name and old.name != new.name),
        *(renamed_table.rest() if renamed_table else ()),
    ]
    return edit_of(f"Renamed as asked: {drop.object} to {made.table}.", of_table(drop, made, facts), steps)


def of_table(drop: Operation, made: Operation, facts: ReviewContext) -> set[int]:
    """Return the ids of all operations that a renamed table is behind."""
    ids = {drop.id, made.id, *(item.id for pair in _keys(drop, made, facts) for item in pair)}
    ids |= {item.id for item in facts.on_table(table_name(drop)) if item.is_drop}
    return ids | {item.id for item in facts.on_table(table_name(made)) if item.kind.startswith("create")}


def _keys(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[tuple[Operation, Operation]]:
    """Pair the foreign keys of other tables that led to the old table and are to lead to the new one."""
    for old in facts.operations:
        if old.kind == "drop_constraint" and old.referent == drop.table and not same_table(old, drop):
            yield from (
                (old, new)
                for new in facts.on_table(table_name(old))
                if new.kind == "create_constraint" and new.referent == made.table and new.columns == old.columns
            )


def _named_after(drop: Operation, made: Operation, facts: ReviewContext) -> Iterator[Step]:
    found = renamed(drop, made, facts)
    if found is None:
        return
    ours, theirs, table = found.ours, found.theirs, sql.operated(made)
    for old, new in found.paired:
        if old.name != new.name and isinstance(old, Constraint):
            yield rename_constraint(table, old.name, new.name), rename_constraint(table, new.name, old.name)
        elif old.name != new.name:
            yield _by_sql("INDEX", made.schema, old.name, new.name)
    for one, other in _sequences(ours, theirs, facts):
        yield _by_sql("SEQUENCE", made.schema, one, other)


def _by_sql(noun: str, schema: str, old: str, new: str) -> Step:
    return (
        edits.execute(f"ALTER {noun} {sql.path(schema, old)} RENAME TO {sql.name(new)}"),
        edits.execute(f"ALTER {noun} {sql.path(schema, new)} RENAME TO {sql.name(old)}"),
    )


def _sequences(ours: Table, theirs: Table, facts: ReviewContext) -> Iterator[tuple[str, str]]:
    """Pair the sequences that the same columns draw from, where their names differ."""
    if facts.after is None:
        return
    new = {item.owned_by: item.name for item in facts.after.sequences if item.owner == theirs.qualified_name}
    for item in facts.before.sequences:
        if item.owner == ours.qualified_name and item.owned_by:
            name = new.get(f"{theirs.qualified_name}.{item.owned_by.rpartition('.')[2]}")
            if name and name != item.name:
                yield item.name, name
