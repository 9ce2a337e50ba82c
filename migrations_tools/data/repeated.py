"""The contents of one database read again and again, at a cost that grows with what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrations_tools.catalog import Catalog, Column, Query, Table
from migrations_tools.catalog.read import pinned_settings
from migrations_tools.data.contents import Contents, TableContents, fingerprint, has_rows
from migrations_tools.data.sql_text import name_of

_MOST_TABLES = 400


@dataclass(frozen=True, slots=True)
class _Sum:
    """What tells that a table holds what it held: its columns, its rows' number, and the sum of their texts' hashes."""

    columns: tuple[Column, ...]
    rows: int
    checksum: str


class ContentsWatch:
    """Gives the same as `fingerprint`; a table whose columns and rows' texts are what they were is not read again."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[_Sum, TableContents]] = {}

    def look(self, query: Query, catalog: Catalog) -> Contents:
        """Return the contents of the database that has this catalog."""
        tables = [table for table in catalog.tables if has_rows(table)]
        with pinned_settings(query):
            sums = dict(_sums(query, tables))
        stale = tuple(each for each in tables if not self._stands(each.qualified_name, sums))
        found = fingerprint(query, Catalog(tables=stale)).tables if stale else {}
        known = {name: held for name, (_, held) in self._seen.items()}
        self._seen = {name: (each, found[name] if name in found else known[name]) for name, each in sums.items()}
        return Contents({name: held for name, (_, held) in self._seen.items()})

    def _stands(self, name: str, sums: dict[str, _Sum]) -> bool:
        return name in self._seen and self._seen[name][0] == sums[name]


def _sums(query: Query, tables: Sequence[Table]) -> Iterator[tuple[str, _Sum]]:
    for first in range(0, len(tables), _MOST_TABLES):
        some = tables[first : first + _MOST_TABLES]
        for number, rows, checksum in query(" UNION ALL ".join(_question(at, each) for at, each in enumerate(some))):
            yield some[number].qualified_name, _Sum(some[number].columns, rows, checksum)


def _question(number: int, table: Table) -> str:
    """Ask for the number of rows and the sum of the hashes of whole rows (collation "C": bytes count)."""
    only = "ONLY " if table.kind == "ordinary" else ""
    whole = '"a row".*'  # of an alias that a column is unlikely to be called; with the star it is the row all the same
    hashes = f'pg_catalog.hashtextextended(({whole})::text COLLATE "C", 0)'
    return f'SELECT {number}, count(*), coalesce(sum({hashes}), 0)::text FROM {only}{name_of(table)} AS "a row"'  # noqa: S608
