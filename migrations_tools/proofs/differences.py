"""Differences between the database and the models, by table, each with both definitions and the revision behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_tools import provenance
from migrations_tools.catalog import Difference
from migrations_tools.provenance import Revision, Trace

NO_TABLE = "outside of tables"


@dataclass(frozen=True, slots=True)
class ToldDifference:
    """One difference: what the migrations make of the object, what the models want, and which revision it comes from.

    `migrations` and `models` are "" where that side has nothing; `revision` and `file` are "" and `line` 0 where no
    revision file mentions the object. `heading` names the object and says in what it differs, `origin` says where it
    comes from, with the way out where there is one.
    """

    heading: str
    object: str
    sort: str
    aspect: str
    migrations: str
    models: str
    revision: str
    file: str
    line: int
    origin: str


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """What differs in one table (its qualified name), or outside of tables."""

    table: str
    differences: tuple[ToldDifference, ...]


def grouped(differences: Iterable[Difference], history: Sequence[Revision]) -> tuple[DifferenceGroup, ...]:
    """Group differences by table, by name, what belongs to none last; `history` comes newest first."""
    return tuple(
        DifferenceGroup(name, tuple(_told(item, history) for item in items)) for name, items in by_table(differences)
    )


def by_table(differences: Iterable[Difference]) -> list[tuple[str, list[Difference]]]:
    """Return the differences of each table (its qualified name), by name; what is outside of tables comes last."""
    tables: dict[str, list[Difference]] = {}
    for item in differences:
        tables.setdefault(_table(item), []).append(item)
    return sorted(tables.items(), key=lambda pair: (pair[0] == NO_TABLE, pair[0]))


def _table(item: Difference) -> str:
    return item.table or (item.name if item.kind == "table" else NO_TABLE)


def _told(item: Difference, history: Sequence[Revision]) -> ToldDifference:
    found = _trace(item, history)
    place = found.place if found else None
    return ToldDifference(
        _heading(item),
        item.object,
        item.sort,
        item.aspect,
        item.actual,
        item.expected,
        place.revision if place else "",
        place.file if place else "",
        place.line if place else 0,
        _origin(item, found, history),
    )


def _heading(item: Difference) -> str:
    said = {"missing": "is missing", "unexpected": "is not in the models"}.get(item.sort, "differs")
    return f"{item.object} {said}{f' in its {item.aspect}' if item.aspect else ''}"


def _trace(item: Difference, history: Sequence[Revision]) -> Trace | None:
    """Look for the object under its own name; revision files name the schema of a table elsewhere, if at all."""
    bare, table = item.name, _table(item)
    if table == NO_TABLE:
        return provenance.trace(history, "", bare.rpartition(".")[2])
    return provenance.trace(history, table.rpartition(".")[2], bare.removeprefix(table).removeprefix("."))


def _origin(item: Difference, found: Trace | None, history: Sequence[Revision]) -> str:
    """Return which revision is responsible, or honestly that no file tells."""
    if found:
        return f"{_DEEDS[found.deed]} revision {found.place.revision} ({found.place.words()})"
    if item.sort == "missing":
        return "no revision makes it: run `invoke generate`"
    table = _table(item)
    made = provenance.trace(history, table.rpartition(".")[2], "") if table not in (NO_TABLE, item.name) else None
    more = f"; its table was {_DEEDS[made.deed]} revision {made.place.revision} ({made.place.words()})" if made else ""
    return f"no revision file mentions it{more}"


_DEEDS = {"created": "created by", "changed": "last changed by", "dropped": "dropped by"}


def lines(group: Mapping[str, Any]) -> list[str]:
    """Return a group, as plain values, as text: each level two spaces further in."""
    said = [str(group["table"])]
    for each in group["differences"]:
        said.append(f"  {each['heading']}")
        said += [f"    {side:<12}{_flat(each[side[:-1]])}" for side in ("migrations:", "models:")]
        said.append(f"    {each['origin']}")
    return said


def _flat(definition: str) -> str:
    return " ".join(definition.split()) or "-"
