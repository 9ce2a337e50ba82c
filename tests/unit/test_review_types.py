"""Types: how they are printed, which become which, and what is lost on the way."""

from __future__ import annotations

import pytest

from migrations_tools.review.analysis.types import SqlType, cast, narrows, parse, takes_zone

PRINTED = {
    "character varying(40)": SqlType("character varying", (40,)),
    "VARCHAR(40)": SqlType("character varying", (40,)),
    'VARCHAR(5) COLLATE "C"': SqlType('VARCHAR COLLATE "C"', (5,)),
    "numeric(10,2)": SqlType("numeric", (10, 2)),
    "NUMERIC(10, 2)": SqlType("numeric", (10, 2)),
    "timestamp(3) without time zone": SqlType("timestamp without time zone", (3,)),
    "TIMESTAMP WITHOUT TIME ZONE": SqlType("timestamp without time zone"),
    "timestamp with time zone": SqlType("timestamp with time zone"),
    "FLOAT": SqlType("double precision"),
    "integer[]": SqlType("integer", (), True),
    "character varying(9)[]": SqlType("character varying", (9,), True),
    "shop.Kind": SqlType("shop.Kind"),
}


@pytest.mark.parametrize(("printed", "read"), PRINTED.items())
def test_a_type_is_read_as_both_sides_print_it(printed: str, read: SqlType) -> None:
    assert parse(printed) == read


CASTS = [
    ("character varying(9)", "text", "assignment"),
    ("integer", "bigint", "assignment"),
    ("bigint", "smallint", "assignment"),
    ("date", "timestamp with time zone", "assignment"),
    ("mood", "text", "assignment"),
    ("integer[]", "text", "assignment"),
    ("integer[]", "bigint[]", "assignment"),
    ("text", "integer", "explicit"),
    ("text", "mood", "explicit"),
    ("integer", "boolean", "explicit"),
    ("text", "integer[]", "explicit"),
    ("text[]", "integer[]", "explicit"),
    ("boolean", "integer", "explicit"),
    ("mood", "state", "through text"),
    ("boolean", "bigint", "none"),
    ("date", "boolean", "none"),
    ("integer", "integer[]", "none"),
    ("integer", "uuid", "none"),
    ("mood", "integer", "none"),
    ("vector", "integer", "unknown"),
    ("vector", "vector", "assignment"),
    ("json", "jsonb", "assignment"),
]


@pytest.mark.parametrize(("old", "new", "how"), CASTS)
def test_how_one_type_becomes_another(old: str, new: str, how: str) -> None:
    assert cast(parse(old), parse(new), {"mood", "state"}) == how


NARROWER = [
    ("varchar(100)", "varchar(50)"),
    ("text", "varchar(50)"),
    ("varchar", "char(3)"),
    ("numeric(10,2)", "numeric(9,2)"),
    ("numeric(10,2)", "numeric(9,1)"),
    ("numeric", "numeric(10,2)"),
    ("bigint", "integer"),
    ("integer", "smallint"),
    ("double precision", "real"),
    ("numeric", "integer"),
    ("timestamptz", "timestamp"),
    ("timestamp", "date"),
    ("timestamp(6) without time zone", "timestamp(3) without time zone"),
    ("varchar(3)", "char"),
    ("integer", "varchar(9)"),
]


@pytest.mark.parametrize(
    ("old", "new"), [("double precision", "numeric"), ("real", "numeric(10,2)"), ("bigint", "numeric(9,2)")]
)
def test_what_loses_digits_in_both_directions(old: str, new: str) -> None:
    assert narrows(parse(old), parse(new))
    assert narrows(parse(new), parse(old))


@pytest.mark.parametrize(
    ("old", "new"), [("integer", "varchar(11)"), ("uuid", "varchar(36)"), ("integer", "numeric(12,2)")]
)
def test_what_holds_every_old_value_is_not_narrower(old: str, new: str) -> None:
    assert not narrows(parse(old), parse(new))


@pytest.mark.parametrize(("old", "new"), [("timestamp", "timestamptz"), ("time", "timetz")])
def test_a_zone_that_comes_or_goes_is_the_sessions(old: str, new: str) -> None:
    assert takes_zone(parse(old), parse(new))
    assert takes_zone(parse(new), parse(old))
    assert not takes_zone(parse(new), parse(new))
    assert not takes_zone(parse("date"), parse(new))


@pytest.mark.parametrize(("old", "new"), NARROWER)
def test_what_is_narrower_is_so_in_one_direction_only(old: str, new: str) -> None:
    assert narrows(parse(old), parse(new))
    assert not narrows(parse(new), parse(old))
    assert not narrows(parse(old), parse(old))
