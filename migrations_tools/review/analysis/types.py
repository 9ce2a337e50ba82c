"""Types as PostgreSQL and SQLAlchemy print them: which can become which, and whether values may not fit."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

# How values of one type become values of another: by themselves in ALTER TYPE, with USING column::type, with USING
# column::text::type, not at all, or nothing is known of them.
Cast: TypeAlias = Literal["assignment", "explicit", "through text", "none", "unknown"]

_STRINGS: Final = frozenset({"text", "character varying", "character"})
# PostgreSQL's own casts that ALTER COLUMN TYPE uses by itself: pg_cast with castcontext "i" or "a".
_ASSIGNMENT: Final = {
    "smallint": "bigint|double precision|integer|numeric|oid|real",
    "integer": "bigint|double precision|numeric|oid|real|money|smallint",
    "bigint": "double precision|numeric|oid|real|integer|money|smallint",
    "numeric": "double precision|real|bigint|integer|money|smallint",
    "real": "double precision|bigint|integer|numeric|smallint",
    "double precision": "bigint|integer|numeric|real|smallint",
    "money": "numeric",
    "oid": "bigint|integer",
    "bit": "bit varying",
    "bit varying": "bit",
    "cidr": "inet",
    "inet": "cidr",
    "date": "timestamp with time zone|timestamp without time zone",
    "time without time zone": "interval|time with time zone",
    "time with time zone": "time without time zone",
    "timestamp without time zone": "timestamp with time zone|date|time without time zone",
    "timestamp with time zone": "date|time with time zone|time without time zone|timestamp without time zone",
    "interval": "time without time zone",
    "json": "jsonb",
    "jsonb": "json",
    "boolean": "",
    "uuid": "",
    "bytea": "",
    "xml": "",
    "macaddr": "",
}
# Those that need to be written: castcontext "e".
_EXPLICIT: Final = {
    "bigint": "bit",
    "integer": "bit|boolean",
    "bit": "bigint|integer",
    "boolean": "integer",
    "jsonb": "bigint|boolean|double precision|integer|numeric|real|smallint",
}
_ALIASES: Final = {
    "varchar": "character varying",
    "char": "character",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float": "double precision",
    "float8": "double precision",
    "float4": "real",
    "double": "double precision",
    "decimal": "numeric",
    "bool": "boolean",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "varbit": "bit varying",
}
_RANKS: Final = (("smallint", "integer", "bigint"), ("real", "double precision"))
# What is lost though PostgreSQL does it: a part of each value.
_LOSSES: Final = {
    "timestamp with time zone": (
        "timestamp without time zone",
        "date",
        "time with time zone",
        "time without time zone",
    ),
    "timestamp without time zone": ("date", "time without time zone"),
    "time with time zone": ("time without time zone",),
    "interval": ("time without time zone",),
    "numeric": ("smallint", "integer", "bigint", "real", "double precision"),
    # To numeric, a float keeps the digits that are sure: 15 and 6 (PostgreSQL's numeric.c).
    "double precision": ("smallint", "integer", "bigint", "numeric"),
    "real": ("smallint", "integer", "bigint", "numeric"),
}
# The longest text of a value, and how many digits one has.
_WIDTHS: Final = {"smallint": 6, "integer": 11, "bigint": 20, "uuid": 36, "boolean": 5}
_DIGITS: Final = {"smallint": 5, "integer": 10, "bigint": 19}
_WITH_ZONE, _WITHOUT_ZONE = " with time zone", " without time zone"
_PRINTED = re.compile(r"(?P<name>[^(\[]*?)\s*(?:\((?P<arguments>[\d\s,-]+)\))?(?P<rest>[^(\[]*)(?P<array>(?:\[\d*\])*)")


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type without its arguments (`numeric`), its arguments (10, 2), and whether it is an array of it."""

    name: str
    arguments: tuple[int, ...] = ()
    array: bool = False


def parse(printed: str) -> SqlType:
    """Read a type as `format_type` prints it or as SQLAlchemy writes it; a name that neither has is kept as it is."""
    found = _PRINTED.fullmatch(printed.strip())
    if found is None:
        return SqlType(printed)
    whole = f"{found['name']} {found['rest'].strip()}".strip()
    arguments = tuple(int(part) for part in (found["arguments"] or "").split(",") if part.strip())
    lowered = " ".join(whole.lower().split())
    builtin = _ALIASES.get(lowered, lowered)
    return SqlType(builtin if builtin in _ASSIGNMENT or builtin in _STRINGS else whole, arguments, bool(found["array"]))


def cast(old: SqlType, new: SqlType, enums: Collection[str] = ()) -> Cast:
    """Return how a column of one type becomes one of another; `enums` are the names of the enum types."""
    to_text = new.name in _STRINGS and not new.array
    if to_text or (old.name == new.name and old.array == new.array):
        return "assignment"
    if old.name in _STRINGS and not old.array:
        return "explicit"
    return _between(old.name, new.name, enums) if old.array == new.array else "none"


def _between(old: str, new: str, enums: Collection[str]) -> Cast:
    if new in _STRINGS or new in _ASSIGNMENT.get(old, "").split("|"):
        return "assignment"
    if old in _STRINGS or new in _EXPLICIT.get(old, "").split("|"):
        return "explicit"
    if old in enums and new in enums:
        return "through text"
    known = {*_ASSIGNMENT, *enums}
    return "none" if old in known and new in known else "unknown"


def narrows(old: SqlType, new: SqlType) -> bool:
    """Return whether a value may not fit the new type, or lose a part of itself in it."""
    if new.name in ("character varying", "character"):
        return _size(new) < (_size(old) if old.name in _STRINGS else _WIDTHS.get(old.name, 0))
    if old.name == new.name == "numeric":
        return _numeric_narrows(old.arguments, new.arguments)
    if new.name == "numeric" and old.name in _DIGITS:
        return bool(new.arguments) and _numeric_narrows((_DIGITS[old.name],), new.arguments)
    ranked = next((ranks for ranks in _RANKS if {old.name, new.name} <= set(ranks)), ())
    if ranked:
        return ranked.index(new.name) < ranked.index(old.name)
    if old.name == new.name and old.name.startswith("time"):
        return (new.arguments or (6,)) < (old.arguments or (6,))
    return new.name in _LOSSES.get(old.name, ())


def takes_zone(old: SqlType, new: SqlType) -> bool:
    """Return whether values become others by the session's time zone: one type has a zone, and the other has none."""
    changed = {old.name, new.name}
    kinds = ({f"{kind}{_WITH_ZONE}", f"{kind}{_WITHOUT_ZONE}"} for kind in ("timestamp", "time"))
    return changed in kinds


def _size(kind: SqlType) -> float:
    if kind.arguments:
        return kind.arguments[0]
    return 1 if kind.name == "character" else float("inf")


def _numeric_narrows(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    if not new:
        return False
    if not old:
        return True
    (precision, scale), (wanted, wanted_scale) = (*old, 0)[:2], (*new, 0)[:2]
    return wanted_scale < scale or wanted - wanted_scale < precision - scale
