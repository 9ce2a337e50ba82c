"""A few rows for every table of a database, made from its catalog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrations_tools.catalog import Catalog, Query, Table
from migrations_tools.data import database
from migrations_tools.data.column_types import types_of
from migrations_tools.data.contents import has_rows
from migrations_tools.data.database import Refused, RowSession
from migrations_tools.data.filling import Rows, Shape, TableGroup, Unfillable
from migrations_tools.data.inserting import insert
from migrations_tools.data.order import groups
from migrations_tools.data.outline import Outline, outline
from migrations_tools.data.sql_text import Value, name, name_of
from migrations_tools.data.values import is_known, value

ROWS = 3
_ATTEMPTS = 3
_MOST_SINGLES = 12


@dataclass(frozen=True, slots=True)
class Unseeded:
    """A table that got no row, and why."""

    table: str
    reason: str

    @property
    def sentence(self) -> str:
        """The table and the reason."""
        return f"The table {self.table} has no rows: {self.reason}."


@dataclass(frozen=True, slots=True)
class Seeded:
    """How many rows each table got, and the tables that have none.

    A table that had rows before and takes no more is in neither.
    """

    rows: Mapping[str, int]
    unseeded: tuple[Unseeded, ...] = ()


def _silent(_done: int, _total: int) -> None:
    """Report nobody."""


def seed(query: Query, catalog: Catalog, rows: int = ROWS, tell: Callable[[int, int], None] = _silent) -> Seeded:
    """Fill every ordinary and partitioned table of the database that has this catalog with a few rows.

    `query` runs statements on a connection that commits by itself and is in no transaction; of several in one text it
    gives the first one's rows, as psycopg does. All rows come in one transaction; where PostgreSQL or a trigger of the
    user's refuses rows, others are tried, and a table that takes none is named in the result. Two rows of a table
    share a value in each column that may repeat, one has NULL in each that may be empty. Defaults, serial, identity
    and generated columns are left to the database. `tell` gets how many tables are done, of how many.
    Raises ValueError when fewer than two rows are asked for.
    """
    if rows < 2:
        raise ValueError("A table needs two rows to have duplicates.")
    seeding = _Seeding.of(query, catalog, rows)
    try:
        done, total = 0, len(seeding.outlines)
        for names in groups(seeding.graph()):
            seeding.fill(names)
            done += len(names)
            tell(done, total)
        query("COMMIT")
    except BaseException:
        query("ROLLBACK")
        raise
    return seeding.result()


@dataclass(slots=True)
class _Seeding:
    """The work on one database: what its tables are like, and what has come into them."""

    session: RowSession
    outlines: Mapping[str, Outline]
    wanted: Mapping[str, Collection[str]]
    before: Mapping[str, int]
    rows: int
    keys: dict[str, list[dict[str, Value]]]
    inserted: dict[str, int]
    refused: dict[str, str]
    partitions: Mapping[str, tuple[Table, str]]

    @classmethod
    def of(cls, query: Query, catalog: Catalog, rows: int) -> _Seeding:
        """Ask what the catalog does not hold, and begin the transaction."""
        outlines = {each.name: each for each in _outlines(query, catalog)}
        wanted: dict[str, dict[str, None]] = defaultdict(dict)
        for reference in (one for each in outlines.values() for one in each.references):
            wanted[reference.table] |= dict.fromkeys(reference.referenced)
        before = database.counts(query, [(each.name, name_of(each.table)) for each in outlines.values()], rows)
        return cls(database.opened(query), outlines, wanted, before, rows, {}, {}, {}, _partitions(catalog))

    def graph(self) -> dict[str, list[str]]:
        """Return for each table those that it refers to; in the place of a partition, the table that fills it."""
        return {
            each.name: [
                self.partitions[one.table][1] if one.table in self.partitions else one.table for one in each.references
            ]
            for each in self.outlines.values()
        }

    def result(self) -> Seeded:
        """Return the counts, and the tables that have no rows at all."""
        left = tuple(
            Unseeded(table, reason) for table, reason in sorted(self.refused.items()) if not self.before[table]
        )
        return Seeded({table: count for table, count in sorted(self.inserted.items()) if count}, left)

    # A group ---------------------------------------------------------------------------------------------------------

    def fill(self, names: Sequence[str]) -> None:
        """Fill tables that refer to each other in a circle, or one table."""
        if len(names) == 1:
            self._fill_one(self.outlines[names[0]])
            return
        try:
            self._fill_together(names)
        except (Refused, Unfillable) as error:
            self._fill_apart(names, str(error))

    def _fill_together(self, names: Sequence[str]) -> None:
        """Fill them by one statement: foreign keys are looked at when it ends."""
        outlines = {each: self.outlines[each] for each in names}
        values = self._group(outlines, Shape(self.rows)).fill()
        inserts = [insert(outlines[each], values[each], self.rows, nulls=True) for each in names]
        parts = [f"{name(f'#{at}')} AS ({statement})" for at, statement in enumerate(inserts)]
        counted = ", ".join(f"(SELECT count(*) FROM {name(f'#{at}')})" for at in range(len(names)))  # noqa: S608
        ((*counts,),) = self.session.change(f"WITH {', '.join(parts)} SELECT {counted}")
        for each, count in zip(names, counts, strict=True):
            self.inserted[each] = count
            self.keys[each] = _rows_of(values[each], self.wanted.get(each, ()))
            self._read_keys(outlines[each])

    def _fill_apart(self, names: Sequence[str], reason: str) -> None:
        """Fill the tables one after another, references of the circle that may be NULL left so."""
        needed = {
            each: [one.table for one in self.outlines[each].references if not self.outlines[each].is_optional(one)]
            for each in names
        }
        for group in groups(needed):
            if len(group) > 1:
                self.refused |= dict.fromkeys(group, f"rows in a circle of references were refused: {reason}")
                continue
            self._fill_one(self.outlines[group[0]])

    def _group(self, outlines: Mapping[str, Outline], shape: Shape) -> TableGroup:
        return TableGroup(self.session, outlines, self.keys, self.wanted, shape)

    # One table -------------------------------------------------------------------------------------------------------

    def _fill_one(self, table: Outline) -> None:
        """Try rows until enough are in: the best ones, ones without NULL, others, and at last each by itself."""
        missing, reason, left = self.rows, "", frozenset[str]()
        for attempt in range(_ATTEMPTS):
            # Without NULL in the second, unless what stood in its way was a column that is left out now.
            shape = Shape(max(2, missing), bool(left) or not reason, attempt * self.rows, left)
            try:
                missing -= self._insert(table, shape, missing)
            except Refused as error:
                reason = reason or str(error)
                left = left or self._unwritable(table)
            except Unfillable as error:
                reason = reason or str(error)
            if missing <= 0:
                break
        if missing == self.rows:
            missing -= self._insert_singly(table, left)
        self.inserted[table.name] = self.rows - missing
        if missing == self.rows:
            self.refused[table.name] = reason or "a trigger or a rule of it, or a unique key, let none in"
        self._read_keys(table)

    def _insert(self, table: Outline, shape: Shape, most: int) -> int:
        values = self._group({table.name: table}, shape).fill()[table.name]
        some = {column: given[:most] for column, given in values.items()}
        return self._put(table, some, shape.rows, shape.nulls)

    def _unwritable(self, table: Outline) -> frozenset[str]:
        """Return the columns of types that are not known, or whose values this server does not take."""
        known = {each: value(type_, 0, each) for each, type_ in table.types.items() if is_known(type_)}
        return database.unwritable(self.session, table, known) | (set(table.types) - set(known))

    def _insert_singly(self, table: Outline, left: frozenset[str]) -> int:
        """Try single rows, each of which may be refused; return how many came in."""
        count = 0
        for nulls, first in ((False, 0), (True, 0), (False, self.rows)):
            try:
                values = self._group({table.name: table}, Shape(_MOST_SINGLES // 3, nulls, first, left)).fill()
            except (Refused, Unfillable):
                return count  # the reason is known from the attempts before
            for row in _rows_of(values[table.name], values[table.name]):
                count += self._put_single(table, {column: [given] for column, given in row.items()})
                if count == self.rows:
                    return count
        return count

    def _put_single(self, table: Outline, values: Rows) -> int:
        try:
            return self._put(table, values, 1)
        except Refused:
            return 0  # the reason is known from the attempts before

    def _put(self, table: Outline, values: Rows, rows: int, nulls: bool = False) -> int:
        wanted = [*self.wanted.get(table.name, ())]
        returned = [f"{name(each)}::text" for each in wanted] or ["1"]
        found = self.session.change(insert(table, values, rows, returned, nulls=nulls, picking=True))
        self.keys.setdefault(table.name, []).extend(dict(zip(wanted, row, strict=False)) for row in found)
        return len(found)

    def _read_keys(self, table: Outline) -> None:
        """Let references lead to the rows that were there before, too, and to those of its partitions."""
        if self.before[table.name]:
            self._read_keys_of(table.table)
        for partition, filled_by in self.partitions.values():
            if filled_by == table.name:
                self._read_keys_of(partition)

    def _read_keys_of(self, table: Table) -> None:
        wanted = [*self.wanted.get(table.qualified_name, ())]
        if not wanted:
            return
        written = ", ".join(f"{name(each)}::text" for each in wanted)
        found = self.session.ask(f"SELECT {written} FROM {name_of(table)} LIMIT {self.rows}")  # noqa: S608
        rows = (dict(zip(wanted, row, strict=True)) for row in found)
        self.keys.setdefault(table.qualified_name, []).extend(rows)


def _partitions(catalog: Catalog) -> dict[str, tuple[Table, str]]:
    """Return the partitions that others could refer to, each with the name of the table that fills it."""
    tables = {table.qualified_name: table for table in catalog.tables}
    found: dict[str, tuple[Table, str]] = {}
    for table in catalog.tables:
        above = table
        while above.kind == "partition" and above.parents and above.parents[0] in tables:
            above = tables[above.parents[0]]
        if above is not table:
            found[table.qualified_name] = table, above.qualified_name
    return found


def _outlines(query: Query, catalog: Catalog) -> Iterator[Outline]:
    tables = [table for table in catalog.tables if has_rows(table)]
    types = types_of(catalog, {})
    if not all(is_known(types.resolve(column.type)) for table in tables for column in table.columns):
        types = types_of(catalog, database.more_types(query))
    bounds = database.partitions(query, catalog)
    for table in tables:
        yield outline(table, catalog, types, bounds.get(table.qualified_name, ()))


def _rows_of(values: Rows, names: Collection[str]) -> list[dict[str, Value]]:
    known = [each for each in names if each in values]
    return [dict(zip(known, row, strict=True)) for row in zip(*(values[each] for each in known), strict=True)]
