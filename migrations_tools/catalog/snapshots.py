"""The two ways to look at what has changed: statements as they are, or a function that one session keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from migrations_tools.catalog import change_queries, look_queries, read_queries
from migrations_tools.catalog.model import quoted
from migrations_tools.catalog.read import Row

# Runs statements without placeholders on one connection, in their order, and gives the rows of each. Behind a statement
# that begins with `look_queries.OR_ELSE` and has given no row, nothing more is run.
Ask: TypeAlias = Callable[[Sequence[str]], list[list[Row]]]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of some relations: the objects that they have, each with its relation, and their rows of each kind.

    `general` has the rows of what belongs to no relation, where `changes.GLOBAL` is among the relations.
    """

    relations: frozenset[int]
    objects: Mapping[str, int]
    general: list[list[Row]] | None
    rows: list[list[Row]]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found: how many objects there are, where the next look begins, and what was read."""

    count: int
    next: str
    read: Read


class Way(Protocol):
    """How to look: since a transaction (and at given relations too), or at given relations and their dependents."""

    def look(self, ask: Ask, since: str, given: Collection[int]) -> Looked:
        """Read the relations that have something as new as the transaction, and the given ones."""
        ...

    def read(self, ask: Ask, given: Collection[int], renamed: Collection[int] = (), types: bool = False) -> Read:
        """Read the given relations, and those that show the names of the renamed ones, or of types."""
        ...


def answered(run: Callable[[str], list[Row]], wanted: Iterable[str]) -> list[list[Row]]:
    """Run statements as `Ask` has it."""
    found: list[list[Row]] = []
    for statement in wanted:
        found.append(run(statement))
        if not found[-1] and statement.startswith(look_queries.OR_ELSE):
            break
    return found


class PlainStatements:
    """Statements as they are, the session's settings pinned around them."""

    def look(self, ask: Ask, since: str, given: Collection[int]) -> Looked:
        """Read the relations that have something as new as the transaction, and the given ones."""
        settings, ((count, changed, following),) = ask([_pinned(read_queries.PRINTING), change_queries.changes(since)])
        return Looked(count, following, self._read(ask, {*given, *map(int, changed.split())}, settings))

    def read(self, ask: Ask, given: Collection[int], renamed: Collection[int] = (), types: bool = False) -> Read:
        """Read the given relations, and those that show the names of the renamed ones, or of types."""
        settings, dependent = ask([_pinned(read_queries.PRINTING), change_queries.dependents(_array(renamed), types)])
        return self._read(ask, {*given, *(relation for (relation,) in dependent)}, settings)

    def _read(self, ask: Ask, relations: Collection[int], settings: Iterable[Row]) -> Read:
        general = list(change_queries.GENERAL) if change_queries.GLOBAL in relations else []
        array = _array(relations)
        back = _pinned({key: value for key, value, _ in settings})
        found = ask([*general, *change_queries.rows_of(array), change_queries.present_of(array), back])
        (((present,),), _) = found[-2:]
        rows = found[len(general) : -2]
        return Read(frozenset(relations), _pairs(present), found[: len(general)] or None, rows)


class SessionFunction:
    """A function that one session keeps: a look is one call. Where it cannot be made, it is as `Plain`.

    It may be gone at any time (DISCARD ALL, DROP OWNED, another session). To call it then would end the migration's
    transaction, so that each look asks first.
    """

    def __init__(self) -> None:
        self._plain = PlainStatements()
        self._possible = True

    def look(self, ask: Ask, since: str, given: Collection[int]) -> Looked:
        """Read the relations that have something as new as the transaction, and the given ones."""
        looked = self._call(ask, look_queries.call(since, _array(given), "{}", False))
        return looked or self._plain.look(ask, since, given)

    def read(self, ask: Ask, given: Collection[int], renamed: Collection[int] = (), types: bool = False) -> Read:
        """Read the given relations, and those that show the names of the renamed ones, or of types."""
        looked = self._call(ask, look_queries.call(None, _array(given), _array(renamed), types))
        return looked.read if looked else self._plain.read(ask, given, renamed, types)

    def _call(self, ask: Ask, call: str) -> Looked | None:
        """Call the function, and make it before where it is not there; None where it cannot be made."""
        found = ask([look_queries.STILL_THERE, call]) if self._possible else []
        if len(found) == 1:
            self._possible = ask([look_queries.CAN_BE_MADE]) == [[(True,)]]
            found = ask([look_queries.FUNCTION, call]) if self._possible else []
        if not found:
            return None
        count, relations, present, following, general, rows = json.loads(found[-1][0][0])
        read = Read(frozenset(relations), _pairs(present), _tuples(general) or None, _tuples(rows))
        return Looked(count, following, read)


def _tuples(lists: list[list[list[Any]] | None] | None) -> list[list[Row]]:
    return [[tuple(row) for row in rows or ()] for rows in lists or ()]


def _pinned(settings: Mapping[str, str]) -> str:
    return change_queries.PIN.format(settings=quoted(json.dumps(settings)))


def _array(relations: Iterable[int]) -> str:
    return f"{{{','.join(map(str, relations))}}}"


def _pairs(text: str | None) -> dict[str, int]:
    """Return objects by their ids, each with its relation."""
    pairs = (item.rpartition(":") for item in (text or "").split())
    return {name: int(relation) for name, _, relation in pairs}
