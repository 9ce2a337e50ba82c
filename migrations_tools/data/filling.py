"""The rows of tables that refer to each other, or of one table: every column's values, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from migrations_tools.data.candidates import candidates
from migrations_tools.data.choosing import MOST_COMBINATIONS, choose, crossed, joined, null_row, plain
from migrations_tools.data.column_types import ColumnType
from migrations_tools.data.database import RowSession, defaults, passing, passing_values
from migrations_tools.data.outline import ColumnSet, ForeignReference, Outline, Pattern
from migrations_tools.data.sql_text import Value
from migrations_tools.data.values import is_known

# The values of a table's columns, row by row; a column that is not there is the database's to make.
Rows: TypeAlias = dict[str, list[Value]]
Keys: TypeAlias = Mapping[str, Sequence[Mapping[str, Value]]]

_MOST_KEYS = 12


class Unfillable(Exception):
    """A table cannot get rows, for a reason that is a finished sentence."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the rows are to be like: how many, with NULL where it may stand or not, from which value of a type on.

    `left` are columns that are left out.
    """

    rows: int
    nulls: bool = True
    first: int = 0
    left: frozenset[str] = frozenset()


@dataclass(slots=True)
class TableGroup:
    """Tables that are filled by one statement, and what has been chosen for them so far.

    `keys` are the rows of the tables that have been filled, as far as others refer to them; `loose` tells to leave
    references to tables that have no rows NULL where that may be.
    """

    session: RowSession
    outlines: Mapping[str, Outline]
    keys: Keys
    wanted: Mapping[str, Iterable[str]]
    shape: Shape
    chosen: dict[str, Rows] = field(default_factory=dict)

    def fill(self) -> dict[str, Rows]:
        """Choose the values of every table. Raises Unfillable when a reference leads to no row."""
        self.chosen = {name: self._made_before(outline) for name, outline in self.outlines.items()}
        left = self.shape.left
        waiting = [
            (outline, part)
            for outline in self.outlines.values()
            for part in outline.parts
            if not left & {*part.columns}
        ]
        while waiting:
            ready = [each for each in waiting if self._is_ready(each[1])] or waiting[:1]
            for outline, part in ready:
                self.chosen[outline.name] |= self._values(outline, part)
            waiting = [each for each in waiting if each not in ready]
        return {name: _even(rows) for name, rows in self.chosen.items()}

    def _made_before(self, outline: Outline) -> Rows:
        """Return the values that the database makes and a table of the group refers to: they must be known before."""
        given = {name for part in outline.parts for name in part.columns}
        wanted = [name for name in self.wanted.get(outline.name, ()) if name not in given]
        if not wanted or not self._is_circle(outline):
            return {}
        made = defaults(self.session, outline, wanted, self.shape.rows)
        return {name: [row[at] for row in made] for at, name in enumerate(wanted)}

    def _is_circle(self, outline: Outline) -> bool:
        return len(self.outlines) > 1 or any(each.table == outline.name for each in outline.references)

    def _is_ready(self, part: ColumnSet) -> bool:
        """Return whether the rows that a part refers to within the group are known."""
        return all(
            each.table not in self.outlines or set(each.referenced) <= set(self.chosen[each.table])
            for each in part.references
        )

    # One part --------------------------------------------------------------------------------------------------------

    def _values(self, outline: Outline, part: ColumnSet) -> Rows:
        patterns = [outline.patterns.get(each, "pairs") for each in part.columns]
        if len(part.columns) == 1 and not part.references and not part.checks:
            return self._plain(outline, part.columns[0], patterns[0])
        options = [self._referred(outline, each) for each in part.references]
        base = joined(options)
        if not base:
            raise Unfillable(f"no rows agree with each other that {' and '.join(map(_words, part.references))}")
        tied = {name for each in base for name in each}
        free = {name: self._alone(outline, part, name) for name in part.columns if name not in tied}
        combinations = [tuple(each.get(name) for name in part.columns) for each in crossed(base, free)]
        several = [check for check in part.checks if len(check.columns) > 1 or set(check.columns) & tied]
        if several:
            kept = passing(self.session, outline, part.columns, several, combinations[:MOST_COMBINATIONS])
            combinations = kept or combinations
        rows = choose(combinations, patterns, self.shape.rows, self._empties(part, patterns))
        return {name: [row[at] for row in rows] for at, name in enumerate(part.columns)}

    def _empties(self, part: ColumnSet, patterns: Sequence[Pattern]) -> list[int]:
        """Return for each column the row that has NULL; a key's columns have it together."""
        if not self.shape.nulls:
            return [-1] * len(patterns)
        found = dict(zip(part.columns, (null_row(each, self.shape.rows) for each in patterns), strict=True))
        for reference in part.references:
            found |= dict.fromkeys(reference.columns, found[reference.columns[0]])
        return [found[name] for name in part.columns]

    def _plain(self, outline: Outline, name: str, pattern: Pattern) -> Rows:
        values = self._candidates(outline.types[name], (), name)
        nullable = self._may_be_null(outline, name)
        if not values:
            return {name: [None] * self.shape.rows}
        return {name: plain(values, pattern, self.shape.rows, nullable and self.shape.nulls)}

    def _may_be_null(self, outline: Outline, name: str) -> bool:
        return outline.columns[name].nullable and not outline.types[name].required

    def _alone(self, outline: Outline, part: ColumnSet, name: str) -> list[Value]:
        """Return the values that a column may have as far as its own checks go."""
        hints = [check.expression for check in part.checks]
        values: list[Value] = [*self._candidates(outline.types[name], hints, name)]
        if self._may_be_null(outline, name):
            values.append(None)
        own = [check for check in part.checks if check.columns == (name,)]
        if not own:
            return values
        kept = passing(self.session, outline, (name,), own, [(value,) for value in values])
        return [value for (value,) in kept] or values

    def _candidates(self, type_: ColumnType, hints: Sequence[str], name: str) -> list[str]:
        known = [*hints, *type_.checks, *(type_.element.checks if type_.element else ())]
        if not is_known(type_):
            return [""]
        values = candidates(type_, known, self.shape.rows + 1, name, self.shape.first)
        return passing_values(self.session, type_, values)

    # References ------------------------------------------------------------------------------------------------------

    def _referred(self, outline: Outline, reference: ForeignReference) -> list[dict[str, Value]]:
        """Return what a foreign key's columns may hold: the keys of rows that exist, and NULL."""
        keys = self._keys(reference)
        pairs = list(zip(reference.columns, reference.referenced, strict=True))
        found = [{own: key[other] for own, other in pairs} for key in keys]
        empty: dict[str, Value] = {own: None for own, _ in pairs if self._may_be_null(outline, own)}
        if empty and (len(empty) == len(pairs) or not reference.full):
            # With MATCH SIMPLE one NULL is enough; the other columns keep to a row, which other keys may share.
            found += [{**key, **empty} for key in found] or [empty]
        if not found:
            raise Unfillable(f"it refers to {reference.table}, which has no rows")
        return [dict(each) for each in dict.fromkeys(tuple(each.items()) for each in found)]

    def _keys(self, reference: ForeignReference) -> list[Mapping[str, Value]]:
        chosen = self.chosen.get(reference.table)
        if chosen is None:
            rows: Sequence[Mapping[str, Value]] = self.keys.get(reference.table, ())
        elif set(reference.referenced) <= set(chosen):
            lists = [chosen[name] for name in reference.referenced]
            rows = [dict(zip(reference.referenced, values, strict=True)) for values in zip(*lists, strict=False)]
        else:
            rows = ()
        whole = [row for row in rows if all(row.get(name) is not None for name in reference.referenced)]
        return whole[: max(_MOST_KEYS, self.shape.rows)]


def _words(reference: ForeignReference) -> str:
    return f"{', '.join(reference.columns)} could refer to in {reference.table}"


def _even(rows: Rows) -> Rows:
    """Cut all columns to the length of the shortest."""
    size = min((len(values) for values in rows.values()), default=0)
    return {name: values[:size] for name, values in rows.items()}
