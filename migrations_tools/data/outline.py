"""What has to be known of a table to fill it: which columns get a value, and what restricts them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from migrations_tools.catalog import Catalog, Column, Constraint, Index, Table
from migrations_tools.data.column_types import ColumnType, Types
from migrations_tools.data.sql_text import condition, mentioned

# How the values of a column change from row to row: pairs of rows share one; pairs do, one row later; none do.
Pattern: TypeAlias = Literal["pairs", "later pairs", "distinct"]

_MAKES_ANOTHER: Final = re.compile(r"\b(nextval|gen_random_uuid|uuid_generate_\w+|uuidv[47]|random|clock_timestamp)\(")
_NULL_DEFAULT: Final = re.compile(r"NULL(::.*)?", re.DOTALL)
_GENERATION: Final = re.compile(r" (STORED|VIRTUAL)\Z")


@dataclass(frozen=True, slots=True)
class ForeignReference:
    """A foreign key: columns of one table, and those of another that they refer to.

    `full` (MATCH FULL) wants all of them to be NULL where one is.
    """

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]
    full: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A condition over some columns; `generated` are the generated columns that it mentions, with their expressions.

    `columns` are those that a value can be given to: in the place of generated ones, those that they are made from.
    """

    columns: tuple[str, ...]
    expression: str
    generated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """Columns of a table whose values are chosen together, since a constraint ties them to each other."""

    columns: tuple[str, ...]
    references: tuple[ForeignReference, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """A table and what restricts its rows.

    `parts` hold the columns that get a value; of the others the database makes it. `automatic` are those that it
    counts itself (serial, identity), `emptied` those with a default in whose place NULL may stand all the same.
    """

    table: Table
    columns: Mapping[str, Column]
    types: Mapping[str, ColumnType]
    parts: tuple[ColumnSet, ...]
    references: tuple[ForeignReference, ...] = ()
    patterns: Mapping[str, Pattern] = field(default_factory=dict)
    automatic: frozenset[str] = frozenset()
    emptied: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table's qualified name."""
        return self.table.qualified_name

    def is_optional(self, reference: ForeignReference) -> bool:
        """Return whether NULL may stand for the reference."""
        return any(self.columns[each].nullable for each in reference.columns)

    def default_of(self, column: str) -> str | None:
        """Return the expression of a column's default; None where there is none but NULL."""
        return _default(self.columns[column])


def outline(table: Table, catalog: Catalog, types: Types, partitions: Sequence[str] = ()) -> Outline:
    """Return the outline of a table; `partitions` are the conditions of its partitions."""
    columns = {column.name: column for column in table.columns}
    checks = _checks(table, catalog, columns)
    key = _check(" OR ".join(f"({each})" for each in partitions), columns) if partitions else None
    references = tuple(_references(table))
    automatic = frozenset(name for name, column in columns.items() if _is_automatic(column))
    tied = {name for each in references for name in each.columns} | set(key.columns if key else ())
    tied |= {name for check in checks if len(check.columns) > 1 for name in check.columns} - automatic
    own = automatic | {name for name, column in columns.items() if _MAKES_ANOTHER.search(column.default or "")}
    patterns = _patterns(table, columns, own - tied)
    given = [name for name, column in columns.items() if _is_given(column, name in tied, patterns.get(name))]
    for each in references:
        if each.table == table.qualified_name:
            # The first row is a root, the others stand below it.
            patterns |= {name: patterns.get(name, "later pairs") for name in each.columns if columns[name].nullable}
    parts = tuple(_parts(given, references, [*checks, *([key] if key else [])]))
    known = {name: types.resolve(column.type) for name, column in columns.items()}
    forbidding = {name for check in checks if "IS NOT NULL" in check.expression for name in check.columns}
    kept = {*given, *automatic, *forbidding, *(name for name, type_ in known.items() if type_.required)}
    emptied = tuple(
        name for name, column in columns.items() if column.nullable and _default(column) and name not in kept
    )
    return Outline(table, columns, known, parts, references, patterns, automatic, emptied)


def _default(column: Column) -> str | None:
    return None if column.default is None or _NULL_DEFAULT.fullmatch(column.default) else column.default


def _is_automatic(column: Column) -> bool:
    return bool(column.identity_generation or column.sequence_of) or "nextval(" in (column.default or "")


def _is_given(column: Column, tied: bool, pattern: Pattern | None) -> bool:
    """Return whether a column gets a value: where the database makes none, or one that would not do."""
    if column.generated:
        return False
    default = _default(column)
    if tied or (default is None and not column.identity_generation):
        return True
    return pattern is not None and not _is_automatic(column) and not _MAKES_ANOTHER.search(default or "")


# Constraints ---------------------------------------------------------------------------------------------------------


def _references(table: Table) -> Iterator[ForeignReference]:
    for constraint in table.constraints:
        if constraint.referenced_table:
            full = constraint.says("MATCH FULL")
            yield ForeignReference(constraint.columns, constraint.referenced_table, constraint.referenced_columns, full)


def _checks(table: Table, catalog: Catalog, columns: Mapping[str, Column]) -> list[Check]:
    found = [_check(condition(each.definition), columns) for each in _of_type(table, "check")]
    parents = [] if table.kind == "partition" else table.parents
    for parent in filter(None, map(catalog.table, parents)):
        inherited = _checks(parent, catalog, {column.name: column for column in parent.columns})
        found += [_check(check.expression, columns) for check in inherited]
    return [check for check in found if check.columns]


def _of_type(table: Table, *types: str) -> list[Constraint]:
    return [each for each in table.constraints if each.type in types]


def _check(expression: str, columns: Mapping[str, Column]) -> Check:
    own = mentioned(expression, frozenset(columns))
    generated = tuple(
        (name, _GENERATION.sub("", columns[name].generated or "")) for name in own if columns[name].generated
    )
    return Check(_without_generated(own, columns), expression, generated)


def _without_generated(names: Iterable[str], columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the columns, in the place of generated ones those that they are made from."""
    found: dict[str, None] = {}
    for name in names:
        made = columns[name].generated
        found |= dict.fromkeys(mentioned(made, frozenset(columns) - {name}) if made else (name,))
    return tuple(name for name in found if not columns[name].generated)


# Uniqueness ----------------------------------------------------------------------------------------------------------


def _patterns(table: Table, columns: Mapping[str, Column], own: frozenset[str]) -> dict[str, Pattern]:
    """Return the columns that may not repeat as others do, so that every unique constraint and index is kept.

    `own` are those whose values the database makes, another one for each row.
    """
    patterns: dict[str, Pattern] = {}
    for names, each in sorted(_unique_sets(table, columns), key=lambda one: len(one[0])):
        if each:
            patterns |= dict.fromkeys(names, "distinct")
        elif names and not _is_unique(names, patterns, own):
            _make_unique(names, patterns)
    return patterns


def _unique_sets(table: Table, columns: Mapping[str, Column]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the sets of columns that are unique, and whether each of them has to be so by itself."""
    for constraint in _of_type(table, "primary key", "unique"):
        # Ranges of one key may not overlap: rows differ in the key itself.
        own = constraint.columns[:-1] if constraint.says("WITHOUT OVERLAPS") else constraint.columns
        yield _without_generated(own, columns), False
    for constraint in _of_type(table, "exclusion"):
        using = constraint.definition.partition(" WHERE ")[0]
        yield _without_generated(mentioned(using, frozenset(columns)), columns), True
    for index in table.indexes:
        if index.unique:
            yield _of_index(index, columns, {name for one in _references(table) for name in one.columns})


def _of_index(index: Index, columns: Mapping[str, Column], referring: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """Return the columns of a unique index; where it has expressions, the one that is likeliest to make it unique."""
    names = _without_generated(mentioned(" , ".join(index.columns), frozenset(columns)), columns)
    if not index.expressions:
        return names, len(names) == 1
    # A plain column before one in an expression, which may make different values alike, and a key last.
    return tuple(sorted(names, key=lambda each: (each in referring, each not in index.columns))[:1]), True


def _is_unique(names: Sequence[str], patterns: Mapping[str, Pattern], own: frozenset[str]) -> bool:
    if any(name in own or patterns.get(name) == "distinct" for name in names):
        return True
    return len({patterns[name] for name in names if name in patterns}) > 1


def _make_unique(names: Sequence[str], patterns: dict[str, Pattern]) -> None:
    """Let two of several columns take turns; else the one may not repeat."""
    free = [name for name in names if name not in patterns]
    if len(free) >= 2:
        patterns |= {free[0]: "pairs", free[-1]: "later pairs"}
    elif len(names) >= 2 and free:
        other = next(name for name in names if name in patterns)
        patterns[free[0]] = "later pairs" if patterns[other] == "pairs" else "pairs"
    else:
        patterns[names[-1]] = "distinct"


# Parts ---------------------------------------------------------------------------------------------------------------


def _parts(
    given: Sequence[str], references: Sequence[ForeignReference], checks: Sequence[Check]
) -> Iterator[ColumnSet]:
    """Yield the columns in parts: those tied by a reference or by a check over several of them together."""
    group = {name: {name} for name in given}
    checks = [check for check in checks if set(check.columns) <= set(given)]
    for names in (*(each.columns for each in references), *(check.columns for check in checks)):
        merged = set().union(*(group[name] for name in names))
        group |= dict.fromkeys(merged, merged)
    seen: set[str] = set()
    for name in given:
        if name not in seen:
            seen |= group[name]
            columns = tuple(each for each in given if each in group[name])
            yield ColumnSet(
                columns,
                tuple(each for each in references if each.columns[0] in group[name]),
                tuple(check for check in checks if check.columns[0] in group[name]),
            )
