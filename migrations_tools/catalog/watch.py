"""What a step changed in a schema, at a cost that does not grow with the schema: only what was touched is read again.

PostgreSQL tells by each catalog row's `xmin` which transaction wrote it; what has vanished is told by its oid. Source:
PostgreSQL manual, "System Columns" and "Transaction ID and Snapshot Information Functions".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias

from migrations_tools.catalog import statements
from migrations_tools.catalog.model import Catalog, quoted
from migrations_tools.catalog.read import Row, Rows, build

# Runs statements without placeholders on one connection, in their order, and gives the rows of each.
Ask: TypeAlias = Callable[[Sequence[str]], list[list[Row]]]

# A statement as it is, or one of `statements.PREPARABLE` by its number, with its parameter.
Statement: TypeAlias = str | tuple[int, str]
Run: TypeAlias = Callable[[Sequence[Statement]], list[list[Row]]]

_GLOBAL: Final = 0  # in the place of a relation: a schema, an extension, an enum type, a domain
_GLOBALS: Final = len(statements.ALL) - len(statements.OF_RELATIONS)
# Views and sequences among `statements.OF_RELATIONS`, and what the ids of such objects begin with.
_FEW: Final = {statements.OF_RELATIONS.index(statements.VIEWS): "v",
               statements.OF_RELATIONS.index(statements.SEQUENCES): "s"}  # fmt: skip
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

    def _with_owners(self) -> set[int]:
        return self._before.with_owners(self._touched) | self._after.with_owners(self._touched)


class Watch:
    """Looks at one database again and again; each look gives what has changed since the one before.

    With `often`, the server keeps its plans for the session (from PostgreSQL 12 on). What asks then runs nothing behind
    a statement that begins with `statements.OR_ELSE` and has given no row.
    """

    def __init__(self, often: bool = False) -> None:
        self._state = _State([[] for _ in range(_GLOBALS)], [{} for _ in statements.OF_RELATIONS])
        self._since = _EVERYTHING
        self._points: list[Point] = []
        self._way = _Prepared() if often else _Plain()

    def begin_anew(self) -> None:
        """Read everything at the next look: the connection is another, or something happened unseen."""
        self._since = _EVERYTHING
        self._way.begin_anew()

    def point(self) -> Point:
        """Remember how things were at the last look, until `forget`."""
        self._points.append(Point(self._state))
        return self._points[-1]

    def since(self, point: Point) -> Step:
        """Give what is different from how it was at a point."""
        return Step(point.state, self._state, frozenset(point.touched))

    def forget(self) -> None:
        """Let go of all points."""
        self._points.clear()

    @property
    def catalog(self) -> Catalog:
        """The whole schema as it was at the last look."""
        return build(self._state.rows())

    def look(self, ask: Ask) -> Step:
        """Read what has changed since the last look."""
        run = partial(self._way.run, ask)
        pin = _pinned(self._way.settings)
        settings, ((count, recent, changed, now),) = self._way.begin(ask, [pin, (0, self._since)])
        before, new = self._state, dict(_pairs(recent or ""))
        known = {**before.objects, **new}
        vanished = _vanished(run, known) if count != len(known) else set()
        first = {_GLOBAL} if self._since == _EVERYTHING else set()
        touched = (
            {known[name] for name in vanished} | set(new.values()) | set(map(int, (changed or "").split())) | first
        )
        back = _pinned({key: value for key, value, _ in settings})
        after = _read(run, before, touched, new, (back,))
        renamed = [] if first else _renamed(before, after, touched)
        if renamed or (_GLOBAL in touched and not first):
            _, dependent = run([pin, statements.dependents(renamed, _GLOBAL in touched)])
            dependents = {relation for (relation,) in dependent} - touched
            after, touched = _read(run, after, dependents, (), (back,)), touched | dependents
        after.objects = {name: relation for name, relation in known.items() if name not in vanished}
        self._state, self._since = after, now
        for point in self._points:
            point.touched |= touched
        return Step(before, after, frozenset(touched))


def _pinned(settings: Mapping[str, str]) -> str:
    return statements.PIN.format(settings=quoted(json.dumps(settings)))


class _Plain:
    """Statements run as they are."""

    settings: Mapping[str, str] = statements.PRINTING

    def begin_anew(self) -> None:
        """Take another session: to this way it is all the same."""

    def begin(self, ask: Ask, wanted: Sequence[Statement]) -> list[list[Row]]:
        """Run a look's first statements."""
        return self.run(ask, wanted)

    def run(self, ask: Ask, wanted: Sequence[Statement]) -> list[list[Row]]:
        """Run statements of the same look."""
        return ask([each if isinstance(each, str) else self._filled(*each) for each in wanted])

    def _filled(self, number: int, value: str) -> str:
        if number == 0:
            return statements.CHANGES.format(since=value)
        return statements.of_relations(statements.OF_RELATIONS[number - 1], quoted(value))


class _Prepared(_Plain):
    """Statements that are prepared in one session.

    They may be gone at any time: psycopg sends DEALLOCATE ALL when it sees a DROP or a ROLLBACK, a migration may send
    DISCARD ALL. An EXECUTE that fails would end the migration's transaction, so that each look asks first.
    """

    settings: Mapping[str, str] = {**statements.PRINTING, **statements.ONE_PLAN}

    def __init__(self) -> None:
        self.session = 0

    def begin_anew(self) -> None:
        """Prepare everything again at the next look."""
        self.session += 1

    def begin(self, ask: Ask, wanted: Sequence[Statement]) -> list[list[Row]]:
        """Run a look's first statements, and prepare before where that is to be done (again)."""
        found = self.run(ask, [statements.STILL_PREPARED.format(start=self._name("")), *wanted])
        if len(found) > 1:
            return found[1:]
        self.session += 1  # some of them may be there, under names of before
        ask([f"PREPARE {self._name(at)} ({type_}) AS {text}" for at, (type_, text) in enumerate(statements.PREPARABLE)])
        return self.run(ask, wanted)

    def _name(self, number: int | str) -> str:
        return f"migrations_tools_{self.session}_{number}"

    def _filled(self, number: int, value: str) -> str:
        return f"EXECUTE {self._name(number)} ({quoted(value)})"


def _vanished(run: Run, known: Mapping[str, int]) -> set[str]:
    """Give what was there, or is new, and is not there: all that is there is one of the two."""
    (((present,),),) = run([statements.PRESENT])
    return known.keys() - (present or "").split()


def _read(run: Run, old: _State, touched: set[int], new: Iterable[str], last: Sequence[str]) -> _State:
    """Give the state with the touched relations as they are now; `new` are objects by their ids.

    The statements of `last` are run behind all others, in the same go.
    """
    relations = touched - {_GLOBAL}
    general = list(statements.ALL[:_GLOBALS]) if _GLOBAL in touched else []
    kinds = _kinds(old, relations, {name[0] for name in new}) if relations else []
    given = f"{{{','.join(map(str, relations))}}}"
    answers = run([*general, *((kind + 1, given) for kind in kinds), *last])
    tables = list(old.relations)
    for kind, rows in zip(kinds, answers[len(general) : len(general) + len(kinds)], strict=True):
        tables[kind] = _replaced(tables[kind], relations, rows)
    return _State(answers[: len(general)] or old.globals, tables)


def _kinds(old: _State, relations: Collection[int], new: Collection[str]) -> list[int]:
    """Give which of the statements can have rows of these relations: of views and sequences there are few."""
    few = {
        kind for kind, letter in _FEW.items()
        if letter not in new and not any(relation in old.relations[kind] for relation in relations)
    }  # fmt: skip
    return [kind for kind in range(len(statements.OF_RELATIONS)) if kind not in few]


def _renamed(before: _State, after: _State, touched: Iterable[int]) -> list[int]:
    """Give the relations of whose names one is gone: others may print it."""
    return [relation for relation in touched if before.names(relation) - after.names(relation)]


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
    rows = state.rows(touched)
    if _GLOBAL not in touched:
        rows = replace(rows, schemas=(), extensions=(), enums=(), domains=())
    return build(rows, state.around())
