"""Values of a type, as text: the first, the second, and so on, all distinct where the type has so many.

Sources: PostgreSQL manual, chapter 8 "Data Types"; for extensions the chapters of citext, hstore, ltree and cube,
and the documentation of pgvector and PostGIS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeAlias

from migrations_tools.data.column_types import ColumnType

Maker: TypeAlias = Callable[[ColumnType, int, str], str]

_FIRST_DAY = date(2024, 1, 1)
_DIGITS = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0"


def value(type_: ColumnType, number: int, word: str = "value") -> str:
    """Return a value of the type; `word` is what a text begins with. An unknown type's is an empty text."""
    if type_.labels:
        return type_.labels[number % len(type_.labels)]
    if type_.element:
        return array([value(type_.element, number, word), value(type_.element, number + 1, word)])
    if type_.fields:
        return row([value(field, number, word) for field in type_.fields])
    if type_.range_of:
        return _range(type_.range_of, number, word, type_.multi)
    return _MAKERS.get(type_.name, _unknown)(type_, number, word)


def is_known(type_: ColumnType) -> bool:
    """Return whether values of the type can be written."""
    parts = [part for part in (type_.element, type_.range_of, *type_.fields) if part]
    return all(map(is_known, parts)) if parts else bool(type_.labels) or type_.name in _MAKERS


def array(elements: list[str]) -> str:
    """Write an array of values that are not NULL."""
    return "{" + ",".join(_quoted(element) for element in elements) + "}"


def row(fields: list[str]) -> str:
    """Write a composite value whose fields are not NULL."""
    return "(" + ",".join(_quoted(field) for field in fields) + ")"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def short_text(word: str, number: int, longest: int | None) -> str:
    """Return a text that ends in what tells it from others, within a length."""
    text = f"{word} {number + 1}"
    if longest is None or len(text) <= longest:
        return text
    tail = _in_digits(number, longest)
    return word[: longest - len(tail)] + tail


def _in_digits(number: int, longest: int) -> str:
    text = ""
    while len(text) < longest and (number or not text):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def _unknown(_: ColumnType, __: int, ___: str) -> str:
    return ""


def _limit(type_: ColumnType) -> int | None:
    return int(type_.modifier[0]) if type_.modifier else None


def _text(type_: ColumnType, number: int, word: str) -> str:
    return short_text(word, number, _limit(type_))


def _character(type_: ColumnType, number: int, word: str) -> str:
    return short_text(word, number, _limit(type_) or 1)


def _numeric(type_: ColumnType, number: int, _: str) -> str:
    """Return a number that the precision and the scale have room for (manual, 8.1.2)."""
    if not type_.modifier:
        return f"{number + 1}.5"
    precision, scale = int(type_.modifier[0]), int((*type_.modifier, "0")[1])
    whole = precision - scale
    if scale < 0:
        return str((number % (10**precision - 1) + 1) * 10**-scale)
    if whole > 0:
        return f"{number % (10**whole - 1) + 1}"
    unscaled = number % (10**precision - 1) + 1
    return f"0.{unscaled:0{scale}d}" if scale else str(unscaled)


def _smallint(_: ColumnType, number: int, __: str) -> str:
    return str(number % 32767 + 1)


def _whole(_: ColumnType, number: int, __: str) -> str:
    return str(number + 1)


def _fraction(_: ColumnType, number: int, __: str) -> str:
    return f"{number + 1}.5"


def _day(number: int) -> str:
    return (_FIRST_DAY + timedelta(days=number)).isoformat()


def _interval(type_: ColumnType, number: int, _: str) -> str:
    return f"{number + 1} {'years' if 'year' in type_.name else 'mons' if 'month' in type_.name else 'days'}"


def _clock(number: int) -> str:
    hours, minutes = divmod(number, 60)
    return f"{(8 + hours) % 24:02}:{minutes:02}:00"


def _uuid(_: ColumnType, number: int, __: str) -> str:
    return f"00000000-0000-4000-8000-{number + 1:012x}"


def _bits(type_: ColumnType, number: int, _: str) -> str:
    size = _limit(type_) or 1
    return f"{number % 2**size:0{size}b}"


def _address(number: int) -> str:
    return f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"


def _vector(type_: ColumnType, number: int, _: str) -> str:
    return "[" + ",".join([str(number + 1), *["0"] * ((_limit(type_) or 3) - 1)]) + "]"


def _sparse_vector(type_: ColumnType, number: int, _: str) -> str:
    return f"{{1:{number + 1}}}/{_limit(type_) or 3}"


_SHAPES = {
    "point": "POINT({0} {0})",
    "linestring": "LINESTRING({0} 0,{0} 1)",
    "polygon": "POLYGON(({0} 0,{0} 1,{1} 1,{0} 0))",
    "multipoint": "MULTIPOINT(({0} {0}))",
    "multilinestring": "MULTILINESTRING(({0} 0,{0} 1))",
    "multipolygon": "MULTIPOLYGON((({0} 0,{0} 1,{1} 1,{0} 0)))",
    "geometrycollection": "GEOMETRYCOLLECTION(POINT({0} {0}))",
}


def _geometry(type_: ColumnType, number: int, _: str) -> str:
    """Return a shape of the kind and reference system of the modifier (PostGIS, 4.2.1): `geometry(Point,4326)`."""
    kind, system = (*type_.modifier, "", "")[:2]
    shape = _SHAPES.get(kind.lower(), _SHAPES["point"]).format(number % 80 + 1, number % 80 + 2)
    return f"SRID={system};{shape}" if system else shape


def _range(subtype: ColumnType, number: int, word: str, multi: bool) -> str:
    """Return a range that touches none of the others."""
    low, high = (_quoted(value(subtype, each, word)) for each in (2 * number, 2 * number + 1))
    return f"{{[{low},{high})}}" if multi else f"[{low},{high})"


def _ranging(subtype: str, multi: bool = False) -> Maker:
    def make(_: ColumnType, number: int, word: str) -> str:
        return _range(ColumnType(subtype, subtype), number, word, multi)

    return make


def _as(pattern: str) -> Maker:
    """Make values by a pattern: {n} is the number from 1 on."""

    def make(_: ColumnType, number: int, __: str) -> str:
        return pattern.replace("{n}", str(number + 1))

    return make


def _one_of(*values: str) -> Maker:
    def make(_: ColumnType, number: int, __: str) -> str:
        return values[number % len(values)]

    return make


_SUBTYPES = {
    "int4": "integer",
    "int8": "bigint",
    "num": "numeric",
    "date": "date",
    "ts": "timestamp without time zone",
    "tstz": "timestamp with time zone",
}
_MAKERS: Mapping[str, Maker] = {
    "smallint": _smallint,
    **dict.fromkeys(("integer", "bigint", "oid", "xid", "cid", "xid8"), _whole),
    **dict.fromkeys(("real", "double precision", "money"), _fraction),
    "numeric": _numeric,
    "boolean": _one_of("true", "false"),
    **dict.fromkeys(("text", "character varying", "citext", "name", "refcursor"), _text),
    **dict.fromkeys(("character", '"char"', "char"), _character),
    "bpchar": _text,
    "uuid": _uuid,
    "date": lambda _, number, __: _day(number),
    "timestamp without time zone": lambda _, number, __: f"{_day(number)} 12:00:00",
    "timestamp with time zone": lambda _, number, __: f"{_day(number)} 12:00:00+00",
    "time without time zone": lambda _, number, __: _clock(number),
    "time with time zone": lambda _, number, __: f"{_clock(number)}+00",
    **{
        f"interval{fields}": _interval
        for fields in (
            "",
            " year",
            " month",
            " day",
            " hour",
            " minute",
            " second",
            " year to month",
            " day to hour",
            " day to minute",
            " day to second",
            " hour to minute",
            " hour to second",
            " minute to second",
        )
    },
    "json": _as('{"key": {n}}'),
    "jsonb": _as('{"key": {n}}'),
    "jsonpath": _as("$.key{n}"),
    "xml": _as("<key>{n}</key>"),
    "bytea": lambda _, number, __: f"\\x{number + 1:08x}",
    "bit": _bits,
    "bit varying": lambda type_, number, _: f"{number % 2 ** (_limit(type_) or 31):b}",
    "inet": lambda _, number, __: _address(number + 1),
    "cidr": lambda _, number, __: f"{_address(number + 1)}/32",
    "macaddr": lambda _, number, __: f"08:00:2b:01:{number // 256 % 256:02x}:{number % 256:02x}",
    "macaddr8": lambda _, number, __: f"08:00:2b:01:02:03:{number // 256 % 256:02x}:{number % 256:02x}",
    "tsvector": _as("'word':{n}"),
    "tsquery": _as("'word{n}'"),
    "point": _as("({n},{n})"),
    "line": _as("{1,-1,{n}}"),
    "lseg": _as("[(0,0),({n},{n})]"),
    "box": _as("({n}.5,{n}.5),({n},{n})"),
    "path": _as("[(0,0),({n},{n})]"),
    "polygon": _as("((0,0),({n},0),({n},{n}))"),
    "circle": _as("<({n},{n}),0.25>"),
    "pg_lsn": _as("0/{n}"),
    "tid": _as("(0,{n})"),
    "txid_snapshot": _as("{n}:{n}:"),
    "pg_snapshot": _as("{n}:{n}:"),
    "int2vector": _as("{n} 1"),
    "oidvector": _as("{n} 1"),
    "regclass": _one_of("pg_class", "pg_type", "pg_proc", "pg_index", "pg_attribute"),
    "regtype": _one_of("integer", "text", "boolean", "uuid", "date"),
    "regproc": _one_of("pg_catalog.current_schema", "pg_catalog.pg_backend_pid", "pg_catalog.timeofday"),
    "regprocedure": _one_of("abs(integer)", "abs(bigint)", "abs(numeric)"),
    "regoper": _one_of("pg_catalog.~~*", "pg_catalog.!~~*"),
    "regoperator": _one_of("+(integer,integer)", "-(integer,integer)", "*(integer,integer)"),
    "regnamespace": _one_of("pg_catalog", "public", "information_schema"),
    "regrole": _one_of("pg_monitor", "pg_read_all_stats", "pg_read_all_settings"),
    "regconfig": _one_of("english", "simple", "german"),
    "regdictionary": _one_of("english_stem", "simple", "german_stem"),
    "regcollation": _one_of('"C"', '"POSIX"', '"default"'),
    **{f"{short}range": _ranging(subtype) for short, subtype in _SUBTYPES.items()},
    **{f"{short}multirange": _ranging(subtype, multi=True) for short, subtype in _SUBTYPES.items()},
    "hstore": _as('"key"=>"{n}"'),
    "ltree": _as("top.n{n}"),
    "lquery": _as("top.n{n}"),
    "ltxtquery": _as("n{n}"),
    "cube": _as("({n})"),
    "seg": _as("{n}"),
    "vector": _vector,
    "halfvec": _vector,
    "sparsevec": _sparse_vector,
    "geometry": _geometry,
    "geography": _geometry,
}
