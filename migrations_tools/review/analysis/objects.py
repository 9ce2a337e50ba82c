"""The objects that operations are about, in the catalogs before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable

from migrations_tools.catalog import Catalog, Column, Constraint, Index, Table
from migrations_tools.operations import Operation
from migrations_tools.review.context import ReviewContext, table_name


def child(table: Table | None, name: str) -> Constraint | Index | None:
    """Return a table's constraint or index by name."""
    return next((item for item in children(table) if item.name == name), None)


def children(table: Table | None) -> tuple[Constraint | Index, ...]:
    """Return a table's constraints and indexes."""
    return (*table.constraints, *table.indexes) if table else ()


def column(table: Table | None, name: str) -> Column | None:
    """Return a table's column by name."""
    return next((item for item in table.columns if item.name == name), None) if table else None


def is_unique(item: Constraint | Index) -> bool:
    """Return whether something lets no value of its columns occur twice, in any row."""
    if isinstance(item, Constraint):
        return item.type == "unique"
    return item.unique and item.predicate is None and item.expressions is None


def owner_of(operation: Operation, facts: ReviewContext) -> str:
    """Return the extension or the tables that an operation's table belongs to, where it is not the models' own."""
    known = facts.existing(operation)
    partition_of = ", ".join(known.parents) if known and known.kind == "partition" else ""
    return facts.members.get(table_name(operation), partition_of)


def lacks(catalog: Catalog, drop: Operation, facts: ReviewContext) -> bool | None:
    """Return whether another schema lacks what is dropped, under any name; None where that says nothing.

    What has only the name or the columns of a dropped constraint or index is another one.
    """
    table = catalog.table(table_name(drop))
    if drop.kind == "drop_table":
        return table is None
    if table is None or not drop.table:
        return None
    if drop.kind == "drop_column":
        return column(table, drop.name) is None
    ours = child(facts.existing(drop), drop.name)
    if ours is None:
        return child(table, drop.name) is None
    return not any(item.noun == ours.noun and item.description == ours.description for item in children(table))


def equivalents(drop: Operation, facts: ReviewContext) -> tuple[Constraint | Index, ...]:
    """Return what the models have on the same columns that does as much as what is dropped."""
    items = children(facts.wanted(drop))
    if not drop.columns:
        ours = child(facts.existing(drop), drop.name)
        return tuple(item for item in items if ours and item.description == ours.description)
    same = [item for item in items if set(item.columns) == set(drop.columns)]
    if drop.constraint == "unique" or drop.unique:
        return tuple(item for item in same if is_unique(item))
    if drop.kind == "drop_index":
        return tuple(item for item in same if isinstance(item, Index) or is_unique(item))
    return tuple(item for item in same if isinstance(item, Constraint) and item.type == drop.constraint)


def views_on(operation: Operation, facts: ReviewContext) -> str:
    """Name the views that read an operation's column, but those that the revision itself takes care of."""
    path = f"{table_name(operation)}.{operation.name}"
    reading = [view for view in facts.before.views if path in view.columns]
    others = [item for item in facts.operations if not item.table] if reading else []
    left = (view for view in reading if not any(names_word(item.code or item.name, view.name) for item in others))
    return ", ".join(view.identity for view in left)


def named(items: Iterable[Constraint | Index]) -> str:
    """Name constraints and indexes, with what they are."""
    return ", ".join(f"{_noun(item)} {item.name} ({', '.join(item.columns)})" for item in items)


def _noun(item: Constraint | Index) -> str:
    if isinstance(item, Index):
        return "unique index" if item.unique else "index"
    return item.type if item.type.endswith("key") else f"{item.type} constraint"


def names_word(text: str, word: str) -> bool:
    """Return whether a text has a name as a whole word."""
    return re.search(rf"(?<![\w$]){re.escape(word)}(?![\w$])", text) is not None


def in_words(drop: Operation) -> str:
    """Name what is dropped: `unique constraint uq_users_email on (email) of table users`."""
    where = f" of table {table_name(drop)}" if drop.kind != "drop_table" and drop.table else ""
    on = f" on ({', '.join(drop.columns)})" if drop.columns and drop.kind != "drop_column" else ""
    subject = drop.object if drop.kind == "drop_table" else drop.name
    return f"{drop.noun} {subject}{on}{where}"
