"""What a database's tables hold, told by counts and checksums, and the pure comparison of two such states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from migrations_tools.catalog import Catalog, Query, Table
from migrations_tools.catalog.read import pinned_settings
from migrations_tools.data.sql_text import name, name_of

Kind: TypeAlias = Literal[
    "rows lost",
    "rows added",
    "values changed",
    "values lost",
    "table gone",
    "table came",
    "table renamed",
    "column gone",
    "column came",
    "column renamed",
]

_OF_DATA: frozenset[Kind] = frozenset({"rows lost", "rows added", "values changed", "values lost"})
_MOST_COLUMNS = 600


@dataclass(frozen=True, slots=True)
class ColumnContents:
    """A column's values: how many are not NULL, and a checksum over their texts that no order of rows changes."""

    type: str
    values: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TableContents:
    """A table's rows: how many there are, and its columns by name."""

    rows: int
    columns: Mapping[str, ColumnContents] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """The tables of a database by qualified name."""

    tables: Mapping[str, TableContents] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContentsChange:
    """Something that differs between two states; `column` is empty when it is about the whole table."""

    kind: Kind
    table: str
    column: str
    sentence: str

    @property
    def is_of_data(self) -> bool:
        """Return whether rows or values differ, and not only what holds them."""
        return self.kind in _OF_DATA


# Reading -------------------------------------------------------------------------------------------------------------


def fingerprint(query: Query, catalog: Catalog) -> Contents:
    """Return the contents of a database that has this catalog: of its ordinary and partitioned tables.

    The session's settings that texts depend on are pinned meanwhile, as they are for reading a catalog.
    """
    tables = [table for table in catalog.tables if has_rows(table)]
    found: dict[str, TableContents] = {}
    with pinned_settings(query):
        for some in _portions(tables):
            rows = query(" UNION ALL ".join(_question(number, table) for number, table in enumerate(some)))
            for number, count, values, checksums in rows:
                table = some[number]
                columns = zip(table.columns, values, checksums, strict=True)
                each = {column.name: ColumnContents(column.type, held, text) for column, held, text in columns}
                found[table.qualified_name] = TableContents(count, each)
    return Contents(found)


def has_rows(table: Table) -> bool:
    """Return whether rows are read of a table: a partition's are those of the table that it is part of."""
    return table.kind in ("ordinary", "partitioned")


def _portions(tables: Sequence[Table]) -> Iterator[list[Table]]:
    portion: list[Table] = []
    size = 0
    for table in tables:
        if portion and size + len(table.columns) > _MOST_COLUMNS:
            yield portion
            portion, size = [], 0
        portion.append(table)
        size += len(table.columns) + 1
    if portion:
        yield portion


def _question(number: int, table: Table) -> str:
    """Ask for the rows, and of each column for the values and the sum of their hashes (collation "C": bytes count)."""
    columns = [name(column.name) for column in table.columns]
    values = ", ".join(f"count({column})" for column in columns)
    hashes = (f'pg_catalog.hashtextextended({column}::text COLLATE "C", 0)' for column in columns)
    sums = ", ".join(f"coalesce(sum({each}), 0)::text" for each in hashes)
    only = "ONLY " if table.kind == "ordinary" else ""
    return f"SELECT {number}, count(*), ARRAY[{values}]::bigint[], ARRAY[{sums}]::text[] FROM {only}{name_of(table)}"  # noqa: S608


# Comparing -----------------------------------------------------------------------------------------------------------


def compare(before: Contents, after: Contents, *, retyped: bool = True) -> tuple[ContentsChange, ...]:
    """Return what differs, table by table: rows lost and added, values changed; and what came, went or was renamed.

    Where the number of rows differs, values are not compared. Without `retyped`, columns whose type has changed are
    not compared; with it, they are by their texts, which a change such as `integer` to `bigint` leaves alone.
    """
    renamed = _renamed_tables(before, after)
    changes: list[ContentsChange] = []
    for old in sorted(before.tables):
        new = renamed.get(old, old)
        if old in renamed:
            changes.append(ContentsChange("table renamed", old, "", f"The table {old} is called {new} now."))
        if new in after.tables:
            changes += _in_table(new, before.tables[old], after.tables[new], retyped)
        else:
            changes.append(_gone(old, before.tables[old]))
    came = sorted(set(after.tables) - set(before.tables) - set(renamed.values()))
    return (*changes, *(_came(table, after.tables[table]) for table in came))


def _renamed_tables(before: Contents, after: Contents) -> dict[str, str]:
    """Return the tables that are gone and whose very rows stand in one that came."""
    came = {table: after.tables[table] for table in sorted(set(after.tables) - set(before.tables))}
    found: dict[str, str] = {}
    for old in sorted(set(before.tables) - set(after.tables)):
        held = before.tables[old]
        same = (new for new, holds in came.items() if holds == held and new not in found.values())
        new = next(same, None) if held.rows else None
        if new:
            found[old] = new
    return found


def _gone(table: str, held: TableContents) -> ContentsChange:
    return ContentsChange("table gone", table, "", f"The table {table} is gone, with {_counted(held.rows, 'row')}.")


def _came(table: str, holds: TableContents) -> ContentsChange:
    return ContentsChange("table came", table, "", f"The table {table} is new, with {_counted(holds.rows, 'row')}.")


def _in_table(table: str, before: TableContents, after: TableContents, retyped: bool) -> Iterator[ContentsChange]:
    yield from _columns_of_one(table, before, after)
    lost = before.rows - after.rows
    if lost > 0:
        of_all = f"{lost} of its {_counted(before.rows, 'row')}"
        yield ContentsChange("rows lost", table, "", f"The table {table} has lost {of_all}.")
    elif lost < 0:
        yield ContentsChange(
            "rows added", table, "", f"The table {table} has {_counted(-lost, 'row')} more than before."
        )
    else:
        for column, held in before.columns.items():
            holds = after.columns.get(column)
            if holds and (retyped or holds.type == held.type):
                yield from _in_column(table, column, held, holds)


def _columns_of_one(table: str, before: TableContents, after: TableContents) -> Iterator[ContentsChange]:
    """Yield which columns are gone and which came; those that hold the same are one that was renamed."""
    came = {column: holds for column, holds in after.columns.items() if column not in before.columns}
    for column, held in before.columns.items():
        if column in after.columns:
            continue
        same = [new for new, holds in came.items() if holds == held] if held.values else []
        if same:
            del came[same[0]]
            sentence = f"The values of {table}.{column} stand in {table}.{same[0]} now."
            yield ContentsChange("column renamed", table, column, sentence)
        else:
            sentence = f"The column {table}.{column} is gone, with {_counted(held.values, 'value')}."
            yield ContentsChange("column gone", table, column, sentence)
    for column, holds in came.items():
        sentence = f"The column {table}.{column} is new, with {_counted(holds.values, 'value')}."
        yield ContentsChange("column came", table, column, sentence)


def _in_column(table: str, column: str, before: ColumnContents, after: ColumnContents) -> Iterator[ContentsChange]:
    lost = before.values - after.values
    types = f" (its type was {before.type} and is {after.type})" if before.type != after.type else ""
    if lost > 0:
        words = f"{_counted(lost, 'value')} of {table}.{column} became NULL{types}."
        yield ContentsChange("values lost", table, column, words)
    elif lost < 0:
        words = f"In {table}.{column}, {_counted(-lost, 'NULL')} became {'a value' if lost == -1 else 'values'}{types}."
        yield ContentsChange("values changed", table, column, words)
    elif before.checksum != after.checksum:
        words = f"The values of {table}.{column} are not what they were{types}."
        yield ContentsChange("values changed", table, column, words)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
