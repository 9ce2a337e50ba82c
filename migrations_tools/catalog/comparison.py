"""Compare two catalogs: what the migrations build, and what the models' own DDL builds.

Pure: values in, values out. Both catalogs must come from servers of one major version, read alike: then text
that PostgreSQL normalises to the same thing is the same text, and the order of columns, the names of
constraints that nobody named and the names of a serial column's sequence are the only differences in form
that remain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Final, Literal, TypeAlias, TypeVar

from migrations_tools.catalog import attributes
from migrations_tools.catalog.attributes import Aspects
from migrations_tools.catalog.kind_words import is_stated
from migrations_tools.catalog.kinds import KINDS
from migrations_tools.catalog.model import Catalog, Constraint, Index, Object, OtherObject, Table
from migrations_tools.catalog.model import Sequence as CatalogSequence
from migrations_tools.catalog.pairing import Child, pair_children, pairs

Sort: TypeAlias = Literal["missing", "unexpected", "different", "renamed"]
T = TypeVar("T", bound=Object | OtherObject)

_QUALIFIED_NAME: Final = attrgetter("qualified_name")
_LINE_BREAK: Final = re.compile(r"\s*\n\s*")
_SENTENCES: Final = {
    "missing": "{object} is missing: the models ask for {expected}",
    "unexpected": "{object} is not in the models: the migrations make {actual}",
    "different": "{object}, {aspect}: the migrations make {actual}, the models ask for {expected}",
    "renamed": "{object} differs from the models in its name only: they call it {expected}",
}


def on_one_line(text: str) -> str:
    """Return a definition, such as a view's, as one line."""
    return _LINE_BREAK.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two catalogs differ.

    `kind` is the sort of object, `object` its printed identity, `table` the qualified name of its table
    (or materialized view), `""` when it belongs to none. `actual` and `expected` are `""` where there
    is nothing. `notable` is False for what changes nothing but a name. `aspect` says in what a
    "different" object differs.
    """

    kind: str
    object: str
    table: str
    sort: Sort
    actual: str
    expected: str
    notable: bool = True
    aspect: str = ""

    def sentence(self) -> str:
        """Return the difference in one line for a human."""
        words = _SENTENCES[self.sort].format(
            object=self.object, aspect=self.aspect, actual=self.actual or "it", expected=self.expected or "it"
        )
        return on_one_line(words)

    @property
    def name(self) -> str:
        """The object's identity without its noun: `users.uq_users_email`."""
        return self.object.partition(" ")[2]


def compare(actual: Catalog, expected: Catalog) -> tuple[Difference, ...]:
    """Return all differences, by kind and name: `actual` is what the migrations build.

    A table that only one side has is one difference; its columns, constraints, indexes and sequences are none
    of their own. What a partition has from its parent is reported with the parent.
    """
    return tuple(
        chain(
            _by_identity(actual.schemas, expected.schemas, attributes.no_aspects),
            _by_identity(actual.extensions, expected.extensions, attributes.no_aspects),
            _by_identity(actual.enums, expected.enums, attributes.enum_aspects),
            _by_identity(actual.domains, expected.domains, attributes.domain_aspects),
            _tables(actual, expected),
            _sequences(actual, expected),
            _views(actual, expected),
        )
    )


def compare_all(actual: Catalog, expected: Catalog) -> tuple[Difference, ...]:
    """Return all differences, also in what models seldom state: of two moments of one database's history."""
    return (*compare(actual, expected), *_others(actual, expected))


def compare_stated(actual: Catalog, expected: Catalog) -> tuple[Difference, ...]:
    """Return the differences of the migrations' database from the models', whatever the models do state.

    A policy or function that only the migrations make is no difference; `only_in_history` counts these. That a primary
    key lists its columns in another order is not notable: there may be the same rows.
    """
    stated = (item for item in _others(actual, expected) if item.sort != "unexpected" and is_stated(item.kind))
    return (*map(_of_models, compare(actual, expected)), *stated)


def _of_models(item: Difference) -> Difference:
    keys = [_KEY.fullmatch(text) for text in (item.actual, item.expected)]
    columns = [sorted(key[1].split(", ")) for key in keys if key]
    return replace(item, notable=False) if len(columns) == 2 and columns[0] == columns[1] else item


_KEY = re.compile(r"PRIMARY KEY \(([^()]*)\)")


def hidden_differences(differences: Iterable[Difference], excluded: Collection[str]) -> tuple[Difference, ...]:
    """Return what differs and is excluded from comparison: for env.py leaves it out (include_object, include_name)."""
    return tuple(each for each in differences if each.notable and (each.table in excluded or each.name in excluded))


def labels_that_stay(was: Catalog, now: Catalog) -> dict[str, tuple[str, ...]]:
    """Return the labels that an enum type has gained, by its identity, where it kept all others in their order.

    PostgreSQL cannot take them back: no downgrade that keeps the type does.
    """
    before = {enum.identity: enum.labels for enum in was.enums}
    gained = {}
    for enum in now.enums:
        had = before.get(enum.identity, ())
        new = tuple(label for label in enum.labels if label not in had)
        if had and new and tuple(label for label in enum.labels if label in had) == had:
            gained[enum.identity] = new
    return gained


def only_in_history(actual: Catalog, expected: Catalog) -> dict[str, int]:
    """Return how many objects of each kind only the migrations make, for models do not state them."""
    found = Counter(item.kind for item in _others(actual, expected) if item.sort == "unexpected")
    return {kind.name: found[kind.name] for kind in KINDS if found[kind.name]}


def _others(actual: Catalog, expected: Catalog) -> Iterator[Difference]:
    """Yield the differences in `Catalog.others`; what belongs to an object that one side lacks is none of its own."""
    if actual.others == expected.others:
        return
    here, there = _all_identities(actual), _all_identities(expected)
    for one, other in pairs(actual.others, expected.others, attrgetter("identity")):
        thing = one or other
        if thing and one != other and not {thing.of, *_of_table(thing)} & (here ^ there):
            yield from _between(one, other, attributes.other_aspects)


def _all_identities(catalog: Catalog) -> set[str]:
    return {*catalog.by_identity(), *(each.identity for each in catalog.others)}


def _of_table(thing: OtherObject) -> set[str]:
    return {f"{noun} {thing.table}" for noun in ("table", "view", "materialized view") if thing.table}


def _by_identity(actual: Sequence[T], expected: Sequence[T], printed: Callable[[T], Aspects]) -> Iterator[Difference]:
    for one, other in pairs(actual, expected, lambda thing: thing.identity):
        yield from _between(one, other, printed)


def _between(actual: T | None, expected: T | None, printed: Callable[[T], Aspects]) -> Iterator[Difference]:
    """Yield what differs between two that are paired, or that one of them is alone."""
    if actual is None or expected is None:
        yield from _alone(actual, expected)
        return
    if actual == expected:  # most are, and printing takes its time
        return
    right = printed(expected)
    for aspect, value in printed(actual).items():
        if not attributes.same(value, right[aspect]):
            yield _difference(actual, "different", value, right[aspect], aspect)


def _alone(actual: Object | OtherObject | None, expected: Object | OtherObject | None) -> Iterator[Difference]:
    if expected is not None:
        yield _difference(expected, "missing", "", expected.description)
    elif actual is not None:
        yield _difference(actual, "unexpected", actual.description, "")


def _difference(thing: Object | OtherObject, sort: Sort, actual: str, expected: str, aspect: str = "") -> Difference:
    notable = sort != "renamed"
    return Difference(thing.noun, thing.identity, thing.owner, sort, actual, expected, notable, aspect)


def _tables(actual: Catalog, expected: Catalog) -> Iterator[Difference]:
    paired = [each for each in pairs(actual.tables, expected.tables, _QUALIFIED_NAME) if each[0] != each[1]]
    columns = dict(_columns(one, other) for one, other in paired if one and other)
    for one, other in paired:
        yield from _between(one, other, attributes.table_aspects)
        if one and other:
            yield from _not_inherited(columns, one)
            yield from _children(one.constraints, other.constraints)
            yield from _children(one.indexes, other.indexes)


def _columns(actual: Table, expected: Table) -> tuple[str, list[Difference]]:
    """Compare the columns of one table, which is named with the result."""
    found: list[Difference] = []
    for one, other in pairs(actual.columns, expected.columns, lambda column: column.name):
        same_default = one is not None and other is not None and attributes.same_default(one, other)
        differences = _between(one, other, attributes.column_aspects)
        found += (one for one in differences if not (one.aspect == "default" and same_default))
    return actual.qualified_name, found


def _not_inherited(columns: dict[str, list[Difference]], table: Table) -> Iterator[Difference]:
    """Leave out what differs in the same way in a parent of the table."""
    name = table.qualified_name
    told = {_elsewhere(found, parent, name) for parent in table.parents for found in columns.get(parent, ())}
    return (found for found in columns[name] if found not in told)


def _elsewhere(found: Difference, parent: str, table: str) -> Difference:
    """Return a parent's difference as it would look in the table."""
    column = found.object.removeprefix(f"column {parent}.")
    return replace(found, object=f"column {table}.{column}", table=table)


def _children(actual: Sequence[Child], expected: Sequence[Child]) -> list[Difference]:
    """Compare the constraints or the indexes of one table."""
    found: list[Difference] = []
    for one, other in pair_children(actual, expected):
        if one and other and attributes.same_definition(one, other):
            found += _renamed(one, other)
        else:
            found += _between(one, other, attributes.definition)
    return sorted(found, key=lambda difference: (difference.object, difference.sort))


def _renamed(actual: Constraint | Index, expected: Constraint | Index) -> Iterator[Difference]:
    if actual.name != expected.name:
        yield _difference(actual, "renamed", actual.name, expected.name)


def _sequences(actual: Catalog, expected: Catalog) -> list[Difference]:
    """Compare sequences: those that a column draws from by their column, the others by name."""
    left, right = _by_column(actual), _by_column(expected)
    both = left.keys() & right.keys()
    found: list[Difference] = []
    for path in both:
        found += _between(left[path], right[path], attributes.sequence_aspects)
    here = [one for one in actual.sequences if not (one.implicit and one.owned_by in both)]
    there = [one for one in expected.sequences if not (one.implicit and one.owned_by in both)]
    for one, other in pairs(here, there, _QUALIFIED_NAME):
        if not _goes_with_column(one, expected) or not _goes_with_column(other, actual):
            found += _between(one, other, attributes.ownership_aspects)
    return sorted(found, key=lambda difference: difference.object)


def _by_column(catalog: Catalog) -> dict[str | None, CatalogSequence]:
    return {sequence.owned_by: sequence for sequence in catalog.sequences if sequence.implicit}


def _goes_with_column(sequence: CatalogSequence | None, elsewhere: Catalog) -> bool:
    """Whether the column tells the difference: it draws from the sequence, or is not there `elsewhere`."""
    if sequence is None or sequence.implicit:
        return True
    paths = {column.path for table in elsewhere.tables for column in table.columns}
    return sequence.owned_by is not None and sequence.owned_by not in paths


def _views(actual: Catalog, expected: Catalog) -> Iterator[Difference]:
    for one, other in pairs(actual.views, expected.views, _QUALIFIED_NAME):
        yield from _between(one, other, attributes.view_aspects)
        if one and other:
            yield from _children(one.indexes, other.indexes)
