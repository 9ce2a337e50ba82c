"""The choice of rows: which of the possible values of some columns stand in which row.

As far as the constraints let it: two rows share every value, and in a nullable column one row has NULL, so that a
migration meets the duplicates and the gaps that real tables have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from migrations_tools.data.outline import Pattern
from migrations_tools.data.sql_text import Value

Combination = tuple[Value, ...]

MOST_COMBINATIONS = 3000


def index_of(pattern: Pattern, row: int) -> int:
    """Return which of a column's values stands in a row."""
    if pattern == "distinct":
        return row
    return row // 2 if pattern == "pairs" else (row + 1) // 2


def null_row(pattern: Pattern, rows: int) -> int:
    """Return the row in which a nullable column has NULL; that of the later pairs is another one."""
    return 0 if pattern == "later pairs" else rows - 1


def plain(values: Sequence[str], pattern: Pattern, rows: int, nullable: bool) -> list[Value]:
    """Return a column's values row by row where nothing but the pattern restricts them.

    Fewer rows come back where a column that may not repeat has no more values.
    """
    if pattern == "distinct":
        rows = min(rows, len(values) + nullable)
    empty = null_row(pattern, rows) if nullable else -1
    return [None if row == empty else values[index_of(pattern, row) % len(values)] for row in range(rows)]


def choose(
    combinations: Sequence[Combination], patterns: Sequence[Pattern], rows: int, empties: Sequence[int]
) -> list[Combination]:
    """Return a combination for each row, or for as many rows as there are without a forbidden repetition.

    `patterns` are those of the columns, `empties` the rows in which they have NULL where they may; elsewhere, and
    nowhere with -1, they have it only where they must.
    """
    chosen: list[Combination] = []
    for _ in range(rows):
        possible = [each for each in combinations if _is_allowed(each, chosen, patterns)]
        if not possible:
            break
        chosen.append(max(possible, key=lambda each: _score(each, chosen, patterns, empties)))
    return chosen


def _is_allowed(candidate: Combination, chosen: Sequence[Combination], patterns: Sequence[Pattern]) -> bool:
    return not any(
        pattern == "distinct" and any(before[at] == candidate[at] for before in chosen)
        for at, pattern in enumerate(patterns)
    )


def _score(
    candidate: Combination, chosen: Sequence[Combination], patterns: Sequence[Pattern], empties: Sequence[int]
) -> int:
    row = len(chosen)
    score = 0
    for at, pattern in enumerate(patterns):
        score += 4 if (candidate[at] is None) == (row == empties[at]) else -4
        if chosen and pattern != "distinct":
            same = candidate[at] == chosen[-1][at]
            score += 2 * (same == (index_of(pattern, row) == index_of(pattern, row - 1)))
    return score


def joined(options: Sequence[Sequence[Mapping[str, Value]]]) -> list[dict[str, Value]]:
    """Return the combinations of one of each of the options whose common columns agree."""
    found: list[dict[str, Value]] = [{}]
    for option in options:
        pairs = ((one, other) for one in found for other in option)
        agreeing = ({**one, **other} for one, other in pairs if _agree(one, other))
        found = list(islice(agreeing, MOST_COMBINATIONS))
    return found


def _agree(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    return all(one[name] == value for name, value in other.items() if name in one)


def crossed(base: Sequence[Mapping[str, Value]], free: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    """Return every combination of the base with values of the free columns, of each as many as there is room for."""
    if not free:
        return [dict(each) for each in base]
    share = max(2, int((MOST_COMBINATIONS / max(1, len(base))) ** (1 / len(free))))
    lists = [_cut(values, share) for values in free.values()]
    every = ({**each, **dict(zip(free, values, strict=True))} for each in base for values in product(*lists))
    return list(islice(every, MOST_COMBINATIONS))


def _cut(values: Sequence[Value], size: int) -> Sequence[Value]:
    """Keep the first values, and NULL where it is among them."""
    if len(values) <= size:
        return values
    kept = [value for value in values if value is not None][: size - (None in values)]
    return [*kept, None] if None in values else kept
