"""What a step changed in a schema, at a cost that does not grow with the schema: only what was touched is read again.

PostgreSQL tells by each catalog row's `xmin` which transaction wrote it; what has vanished is told by its oid. Source:
PostgreSQL manual, "System Columns" and "Transaction ID and Snapshot Information Functions".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from migrations_tools.catalog import statements
from migrations_tools.catalog.model import Catalog, quoted
from migrations_tools.catalog.read import Row, Rows, build

# Runs statements without placeholders on one connection, in their order, and gives the rows of each.
Ask: TypeAlias = Callable[[Sequence[str]], list[list[Row]]]

_GLOBAL: Final = 0  # in the place of a relation: a schema, an extension, an enum type, a domain
_GLOBALS: Final = len(statements.ALL) - len(statements.OF_RELATIONS)
_OWNER: Final = 10  # the field of a sequence's row that has the owning column's table
# No transaction is older: age() of this one is the largest (FrozenTransactionId).
_EVERYTHING: Final = "2"


@dataclass(slots=True)
class _State:
    """All rows, those of relations by the relation; and every object's relation by the object's id."""

    globals: list[list[Row]]
    relations: list[dict[int, list[Row]]]
    objects: dict[str, int] = field(default_factory=dict)

    def rows(self, only: Collection[int] | None = None) -> Rows:
        """Give the rows of some relations, or of all."""
        found = [
            [row for relation in (table if only is None else only) for row in table.get(relation, ())]
            for table in self.relations
        ]
        return Rows(*self.globals, *found)

    def around(self) -> Rows:
        """Give what a part is read in the light of: the names of all relations and the owners of all sequences."""
        tables, views, sequences = ([row for rows in table.values() for row in rows] for table in self.relations[:3])
        return Rows(self.globals[0], (), (), (), (), tables, views, sequences, (), (), ())

    def names(self, relation: int) -> set[str]:
        """Give the names that others may print: the relation's own and its columns'."""
        own = {f"{row[1]}.{row[2]}" for table in self.relations[:3] for row in table.get(relation, ())}
        return own | {row[1] for row in self.relations[3].get(relation, ())}

    def with_owners(self, touched: Iterable[int]) -> set[int]:
        """Add the tables that touched sequences belong to, and the sequences of touched tables."""
        found = set(touched)
        sequences = [row for rows in self.relations[2].values() for row in rows]
        for row in sequences:
            if row[0] in found or row[_OWNER] in found:
                found |= {row[0], *([row[_OWNER]] if row[_OWNER] else [])}
        return found


@dataclass(slots=True)
class Point:
    """A moment that later looks are compared with, and what was touched since."""

    state: _State
    touched: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step touched, as it was and as it is; both hold the touched relations only."""

    before: Catalog
    after: Catalog


class Watch:
    """Looks at one database again and again; each look gives what has changed since the one before."""

    def __init__(self) -> None:
        self._state = _State([[] for _ in range(_GLOBALS)], [{} for _ in statements.OF_RELATIONS])
        self._since = _EVERYTHING
        self._points: list[Point] = []

    def begin_anew(self) -> None:
        """Read everything at the next look: the connection is another, or something happened unseen."""
        self._since = _EVERYTHING

    def point(self) -> Point:
        """Remember how things were at the last look, until `forget`."""
        self._points.append(Point(self._state))
        return self._points[-1]

    def since(self, point: Point) -> Step:
        """Give what is different from how it was at a point."""
        touched = point.state.with_owners(point.touched) | self._state.with_owners(point.touched)
        return Step(_part(point.state, touched), _part(self._state, touched))

    def forget(self) -> None:
        """Let go of all points."""
        self._points.clear()

    @property
    def catalog(self) -> Catalog:
        """The whole schema as it was at the last look."""
        return build(self._state.rows())

    def look(self, ask: Ask) -> Step:
        """Read what has changed since the last look."""
        pin = statements.PIN.format(settings=quoted(json.dumps(statements.PRINTING)))
        settings, ((present, recent, changed, now),) = ask([pin, statements.OBJECTS.format(since=self._since)])
        before, names = self._state, (present or "").split()
        touched = self._touched(names, recent or "", changed or "")
        known = {**before.objects, **dict(_pairs(recent or ""))}
        after = _read(ask, before, touched)
        if touched and self._since != _EVERYTHING:
            dependents = _dependents(ask, before, after, touched) - touched
            after, touched = _read(ask, after, dependents), touched | dependents
        after.objects = {name: known[name] for name in names}
        self._state, self._since = after, now
        ask([statements.PIN.format(settings=quoted(json.dumps({key: value for key, value, _ in settings})))])
        for point in self._points:
            point.touched |= touched
        touched = before.with_owners(touched) | after.with_owners(touched)
        return Step(_part(before, touched), _part(after, touched))

    def _touched(self, present: Sequence[str], recent: str, changed: str) -> set[int]:
        known, here = self._state.objects, set(present)
        vanished = {relation for name, relation in known.items() if name not in here}
        first = {_GLOBAL} if self._since == _EVERYTHING else set()
        return first | vanished | {relation for _, relation in _pairs(recent)} | {int(each) for each in changed.split()}


def _read(ask: Ask, old: _State, touched: set[int]) -> _State:
    """Give the state with the touched relations as they are now."""
    relations = touched - {_GLOBAL}
    general = list(statements.ALL[:_GLOBALS]) if _GLOBAL in touched else []
    wanted = [statements.restricted(statement, relations) for statement in statements.OF_RELATIONS] if relations else []
    answers = ask([*general, *wanted]) if general or wanted else []
    return _State(
        answers[: len(general)] or old.globals,
        [_replaced(table, relations, rows) for table, rows in zip(old.relations, answers[len(general) :], strict=True)]
        if wanted else old.relations,
    )  # fmt: skip


def _dependents(ask: Ask, before: _State, after: _State, touched: set[int]) -> set[int]:
    """Give the relations that print a name which has changed."""
    renamed = [relation for relation in touched if before.names(relation) - after.names(relation)]
    if not renamed and _GLOBAL not in touched:
        return set()
    (rows,) = ask([statements.dependents(renamed, _GLOBAL in touched)])
    return {relation for (relation,) in rows}


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    for item in text.split():
        name, _, relation = item.rpartition(":")
        yield name, int(relation)


def _replaced(table: Mapping[int, list[Row]], touched: Collection[int], rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Put the rows of the touched relations in the place of those that they had."""
    found = {relation: each for relation, each in table.items() if relation not in touched}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _part(state: _State, touched: Collection[int]) -> Catalog:
    """Give the touched part of a state, and its schemas, extensions and types only where one of these was touched."""
    rows: dict[str, Any] = {name: getattr(state.rows(touched), name) for name in Rows.__dataclass_fields__}
    if _GLOBAL not in touched:
        rows |= {"schemas": [], "extensions": [], "enums": [], "domains": []}
    return build(Rows(**rows), state.around())
