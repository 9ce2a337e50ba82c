"""What a step changed in a schema, at a cost that hardly grows with the schema: only what was touched is read again."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from migrations_tools.catalog import change_queries, kind_queries, read_queries
from migrations_tools.catalog.change_queries import GLOBAL, REST
from migrations_tools.catalog.model import Catalog
from migrations_tools.catalog.read import CatalogRows, Row, build
from migrations_tools.catalog.snapshots import Ask, Read, SessionFunction, Way

# Among `read_queries.OF_RELATIONS`; tables and views come before.
_SEQUENCES, _COLUMNS, _OTHERS = (
    read_queries.OF_RELATIONS.index(statement)
    for statement in (read_queries.SEQUENCES, read_queries.COLUMNS, kind_queries.OF_RELATIONS)
)
_ITSELF: Final = 0  # columns are numbered from 1 on
_OWNER: Final = 10  # the field of a sequence's row that has the owning column's table


class _Relation(NamedTuple):
    """What is known of one relation: its rows of each kind, and the ids of its objects."""

    rows: tuple[list[Row], ...]
    objects: frozenset[str]


_NONE: Final = _Relation(tuple([] for _ in read_queries.OF_RELATIONS), frozenset())


@dataclass(frozen=True, slots=True)
class _State:
    """All that is known of a schema; what belongs to no relation is the objects of `GLOBAL`, and `general`."""

    general: list[list[Row]]
    relations: dict[int, _Relation]
    count: int  # objects of all relations

    def rows(self, only: Iterable[int]) -> CatalogRows:
        """Return the rows of some relations."""
        chosen = [self.relations[relation].rows for relation in only if relation in self.relations]
        kinds = [[row for each in chosen for row in each[kind]] for kind, _ in enumerate(read_queries.OF_RELATIONS)]
        return CatalogRows(*self.general, *kinds)

    def around(self) -> CatalogRows:
        """Return what a part is read in the light of: the names of all relations and the owners of all sequences."""
        every = self.relations.values()
        tables, views, sequences = ([row for each in every for row in each.rows[kind]] for kind in range(_COLUMNS))
        return CatalogRows(self.general[0], (), (), (), (), tables, views, sequences, (), (), (), (), ())

    def names(self, relation: int) -> dict[Hashable, str]:
        """Return the names that others may print: the relation's own and its columns', or those of all functions."""
        rows = self.relations.get(relation, _NONE).rows
        if relation == REST:
            return {row[2]: row[2] for row in rows[-1]}
        own = [f"{row[1]}.{row[2]}" for kind in rows[:_COLUMNS] for row in kind]
        own += [row[2] for row in rows[_OTHERS] if row[1] == "composite type"]
        return {**dict(zip((_ITSELF,), own, strict=False)), **{row[-1]: row[1] for row in rows[_COLUMNS]}}

    def with_owners(self, touched: Collection[int]) -> set[int]:
        """Add the tables that touched sequences belong to, and the sequences of touched tables."""
        found = set(touched)
        for relation, each in self.relations.items():
            for row in each.rows[_SEQUENCES]:
                if relation in touched or row[_OWNER] in touched:
                    found |= {relation, *([row[_OWNER]] if row[_OWNER] else [])}
        return found

    def having(self, read: Read) -> _State:
        """Return the state with what was read in the place of what was known of it."""
        relations = dict(self.relations)
        count = self.count - sum(len(relations.pop(relation, _NONE).objects) for relation in read.relations)
        return _State(read.general or self.general, relations | _by_relation(read), count + len(read.objects))

    def lacking(self, present: Collection[str]) -> set[int]:
        """Return the relations that have an object which is not present."""
        there = frozenset(present)
        return {relation for relation, each in self.relations.items() if not each.objects <= there}


def _by_relation(read: Read) -> dict[int, _Relation]:
    """Return each relation that has something with what it has."""
    objects: dict[int, list[str]] = {}
    for name, relation in read.objects.items():
        objects.setdefault(relation, []).append(name)
    found = {relation: _Relation(tuple([] for _ in read.rows), frozenset(names)) for relation, names in objects.items()}
    for kind, rows in enumerate(read.rows):
        for row in rows:
            found.setdefault(row[0], _Relation(tuple([] for _ in read.rows), frozenset())).rows[kind].append(row)
    return found


@dataclass(slots=True)
class Point:
    """A moment that later looks are compared with, and what was touched since."""

    state: _State
    touched: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """What a step touched, as it was and as it is; both hold the touched relations only, and are built when asked."""

    _before: _State
    _after: _State
    _touched: frozenset[int]

    @property
    def before(self) -> Catalog:
        """What was touched, as it was."""
        return _part(self._before, self._with_owners())

    @property
    def after(self) -> Catalog:
        """What was touched, as it is."""
        return _part(self._after, self._with_owners())

    @property
    def same(self) -> bool:
        """Whether all that was touched is, row by row, as it was: then before and after are the same."""
        before, after = self._before, self._after
        pairs = ((before.relations.get(each, _NONE), after.relations.get(each, _NONE)) for each in self._touched)
        return before.general == after.general and all(was.rows == now.rows for was, now in pairs)

    def _with_owners(self) -> set[int]:
        return self._before.with_owners(self._touched) | self._after.with_owners(self._touched)


class SchemaWatch:
    """Looks at one database again and again; each look gives what has changed since the one before."""

    def __init__(self, way: Way | None = None) -> None:
        self._state = _State([[] for _ in change_queries.GENERAL], {}, 0)
        self._since = change_queries.EVERYTHING
        self._points: list[Point] = []
        self._way = way or SessionFunction()

    def begin_anew(self) -> None:
        """Read everything at the next look: the connection is another, or something happened unseen."""
        self._since = change_queries.EVERYTHING

    def point(self) -> Point:
        """Remember how things were at the last look, until `forget`."""
        self._points.append(Point(self._state))
        return self._points[-1]

    def since(self, point: Point) -> SchemaChange:
        """Return what is different from how it was at a point."""
        return SchemaChange(point.state, self._state, frozenset(point.touched))

    def forget(self) -> None:
        """Let go of all points."""
        self._points.clear()

    @property
    def catalog(self) -> Catalog:
        """The whole schema as it was at the last look."""
        return build(self._state.rows(self._state.relations))

    def look(self, ask: Ask, back_to: Point | None = None) -> SchemaChange:
        """Read what has changed since the last look.

        Where a step takes back what was done since a point, what has vanished is found sooner with it.
        """
        before, first = self._state, self._since == change_queries.EVERYTHING
        given = set(back_to.touched) if back_to else set()
        looked = self._way.look(ask, self._since, {*given, *({GLOBAL, REST} if first else ())})
        after, touched = before.having(looked.read), set(looked.read.relations)
        if after.count != looked.count:
            # Something is gone of relations that were not read: all that is there was known, or is new.
            (((present,),),) = ask([change_queries.PRESENT])
            read = self._way.read(ask, after.lacking((present or "").split()))
            after, touched = after.having(read), touched | read.relations
        renamed = set() if first else _renamed(before, after, touched)
        types = GLOBAL in touched and not first
        if renamed or types:
            read = self._way.read(ask, (), renamed, types)
            after, touched = after.having(read), touched | read.relations
        self._state, self._since = after, looked.next
        for point in self._points:
            point.touched |= touched
        return SchemaChange(before, after, frozenset(touched))


def _renamed(before: _State, after: _State, touched: Iterable[int]) -> set[int]:
    """Return the relations that are there still with another name, or a column's: others may print it.

    What prints a name is gone with what had the name. A function is known by its name alone.
    """
    return {
        relation for relation in touched if _has_other_names(before.names(relation), after.names(relation), relation)
    }


def _has_other_names(before: Mapping[Hashable, str], after: Mapping[Hashable, str], relation: int) -> bool:
    if relation == REST:
        return not before.keys() <= after.keys()
    return any(after.get(key, name) != name for key, name in before.items())


def _part(state: _State, touched: Collection[int]) -> Catalog:
    """Return the touched part of a state, and its schemas, extensions and types only where one of these was touched."""
    rows = state.rows(touched)
    if GLOBAL not in touched:
        rows = replace(rows, schemas=(), extensions=(), enums=(), domains=())
    return build(rows, state.around())
