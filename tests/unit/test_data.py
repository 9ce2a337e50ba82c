"""The rows' pure parts: values of types, texts of patterns, the order of tables, the choice of rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_tools.catalog import Catalog, Column, Constraint, Domain, Enum, Index, Table
from migrations_tools.data.candidates import candidates
from migrations_tools.data.choosing import choose, crossed, joined, plain
from migrations_tools.data.column_types import ColumnType, Composite, Range, Types
from migrations_tools.data.order import groups
from migrations_tools.data.outline import ColumnSet, ForeignReference, outline
from migrations_tools.data.patterns import like, matching
from migrations_tools.data.sql_text import Token, constants, literal, mentioned, name, tokens
from migrations_tools.data.values import is_known, value

AT = "CHECK ((VALUE ~ '@'::text))"
TYPES = Types(
    {
        ("public", "mood"): Enum("public", "mood", ("sad", "ok", "it's")),
        ("audit", "Level"): Enum("audit", "Level", ("low", "high")),
        ("public", "email"): Domain("public", "email", "character varying(40)", checks=(AT,)),
        ("public", "work email"): Domain("public", "work email", "email", nullable=False, checks=("CHECK (true)",)),
        ("public", "address"): Composite(("text", "mood")),
        ("public", "prices"): Range("numeric(4,1)", multi=False),
        ("public", "many_prices"): Range("numeric(4,1)", multi=True),
    }
)

# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "first", "second"),
    [
        ("integer", "1", "2"),
        ("numeric(10,2)", "1", "2"),
        ("numeric(2,2)", "0.01", "0.02"),
        ("numeric(1,0)", "1", "2"),
        ("numeric(2,-3)", "1000", "2000"),
        ("character varying(255)", "word 1", "word 2"),
        ("character varying(4)", "wor1", "wor2"),
        ('"char"', "1", "2"),
        ("character(2)", "w1", "w2"),
        ("timestamp(3) with time zone", "2024-01-01 12:00:00+00", "2024-01-02 12:00:00+00"),
        ("time without time zone", "08:00:00", "08:01:00"),
        ("interval day to second(2)", "1 days", "2 days"),
        ("interval year to month", "1 years", "2 years"),
        ("bit(3)", "000", "001"),
        ("text[]", '{"word 1","word 2"}', '{"word 2","word 3"}'),
        ("numeric(4,1)[]", '{"1","2"}', '{"2","3"}'),
        ("mood", "sad", "ok"),
        ('audit."Level"', "low", "high"),
        ("mood[]", '{"sad","ok"}', '{"ok","it\'s"}'),
        ("email", "word 1", "word 2"),
        ('"work email"', "word 1", "word 2"),
        ("address", '("word 1","sad")', '("word 2","ok")'),
        ("bytea[]", '{"\\\\x00000001","\\\\x00000002"}', '{"\\\\x00000002","\\\\x00000003"}'),
        ("prices", '["1","2")', '["3","4")'),
        ("many_prices", '{["1","2")}', '{["3","4")}'),
        ("int4range", '["1","2")', '["3","4")'),
        ("extensions.citext", "word 1", "word 2"),
        ("vector(2)", "[1,0]", "[2,0]"),
        ("geometry(Polygon,4326)", "SRID=4326;POLYGON((1 0,1 1,2 1,1 0))", "SRID=4326;POLYGON((2 0,2 1,3 1,2 0))"),
    ],
)
def test_a_type_has_a_first_and_a_second_value(printed: str, first: str, second: str) -> None:
    type_ = TYPES.resolve(printed)
    assert is_known(type_)
    assert [value(type_, number, "word") for number in (0, 1)] == [first, second]


def test_a_domain_keeps_what_every_domain_below_it_asks_for() -> None:
    type_ = TYPES.resolve('"work email"')
    assert type_ == ColumnType(
        "character varying", "character varying(40)", ("40",), checks=(AT, "CHECK (true)"), required=True
    )


@pytest.mark.parametrize("printed", ["elsewhere.thing", "nothing[]"])
def test_a_type_that_nobody_knows_is_known_to_be_none(printed: str) -> None:
    assert not is_known(TYPES.resolve(printed))


@given(st.integers(1, 20), st.integers(0, 300))
def test_a_text_keeps_to_its_length_and_is_another_for_another_number(longest: int, number: int) -> None:
    type_ = TYPES.resolve(f"character varying({longest})")
    texts = {value(type_, each, "word") for each in range(number, number + 20)}
    assert max(map(len, texts)) <= longest
    assert len(texts) == 20


@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 2000))
def test_a_number_keeps_to_its_precision(precision: int, scale: int, number: int) -> None:
    scale = min(scale, precision)
    whole, _, fraction = value(TYPES.resolve(f"numeric({precision},{scale})"), number).partition(".")
    assert len(whole.lstrip("0")) <= precision - scale
    assert len(fraction) <= scale


# --- texts of patterns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{3}$",
        r"^\d{5}(-\d{4})?$",
        "^(new|paid|sent)$",
        r"^[^\s@]+@[^\s@]+\.[a-z]{2,}$",
        r"^\+?[1-9]\d{6,14}$",
        "^[a-z0-9]+(?:-[a-z0-9]+)*$",
        "^#[0-9a-fA-F]{6}$",
        r"^v\d+\.\d+\.\d+$",
        "^.+$",
        "^x*y?z+$",
        r"^[\w.]+\/[-a]$",
        "^((a|b)c){2,3}d{0}$",
        r"^[]x]$",
        "^https?://.*$",
    ],
)
def test_what_comes_of_a_pattern_matches_it(pattern: str) -> None:
    found = [matching(pattern, number, longer) for number in range(6) for longer in (False, True)]
    assert None not in found
    assert [text for text in found if not re.fullmatch(pattern, text or "")] == []


@pytest.mark.parametrize("pattern", ["(?=a)b", "[a", "a)", "(a", r"\1", "a{x}", "[^ -~]"])
def test_a_pattern_that_is_not_understood_gives_nothing(pattern: str) -> None:
    assert matching(pattern, 0) is None


@pytest.mark.parametrize(
    ("pattern", "expected"), [("%@%", "a2@a2"), (r"100\%_", "100%a"), ("a_b", "aab"), ("plain", "plain")]
)
def test_what_comes_of_like_matches_it(pattern: str, expected: str) -> None:
    assert like(pattern, 1) == expected


@pytest.mark.parametrize(
    ("printed", "hint", "wanted"),
    [
        ("integer", "(age >= 18)", {"18", "19", "17"}),
        ("integer", "((a >= '-10'::integer) AND (a <= '-8'::integer))", {"-10", "-9", "-8"}),
        ("numeric(5,4)", "((a > (0)::numeric) AND (a < (1)::numeric))", {"0.5"}),
        ("text", "(a = ANY (ARRAY['new'::text, 'it''s'::text]))", {"new", "it's"}),
        ("text", "(a ~ '^[A-Z]{2}$'::text)", {"AA", "BA"}),
        ("text", "(a ~~ '%@%'::text)", {"a1@a1"}),
        ("text", "(length(a) = 7)", {"word 1x", "0000000"}),
        ("character varying(3)", "(a = ANY (ARRAY['abc'::text, 'abcd'::text]))", {"abc"}),
        ("date", "(a >= '2030-06-01'::date)", {"2030-06-01", "2030-06-02", "2030-05-31"}),
        ("timestamp with time zone", "(a > '2030-06-01 00:00:00+02'::x)", {"2030-06-02 00:00:00+02"}),
        ("jsonb", "(a ? 'kind'::text)", {'{"kind": 1}', "{}", "[]"}),
        ("integer[]", "(cardinality(a) = 3)", {"{}"}),
        ("bytea", "(octet_length(a) = 2)", {r"\x0000"}),
        ("mood", "(a <> 'sad'::mood)", {"sad", "ok", "it's"}),
        ("interval", "(a < '02:00:00'::interval)", {"02:00:00", "1 hour"}),
        ("boolean", "a", {"true", "false"}),
    ],
)
def test_the_text_of_a_check_suggests_values(printed: str, hint: str, wanted: set[str]) -> None:
    assert wanted <= set(candidates(TYPES.resolve(printed), [hint], 3, "word"))


def test_no_suggestion_is_longer_or_larger_than_its_type_takes() -> None:
    texts = candidates(TYPES.resolve("character varying(3)"), ["length(a) = 9"], 3, "word")
    assert max(map(len, texts)) <= 3
    assert "100" not in candidates(TYPES.resolve("numeric(3,2)"), ["a < 100"], 3, "word")


# --- SQL as text -----------------------------------------------------------------------------------------------------


def test_an_expression_is_taken_apart() -> None:
    text = "(((\"a \"\"b\"\"\" ~ E'it''s \\\\d'::text) AND (price > 1.5)) OR lower(name) = 'x;''y')"
    assert list(tokens(text))[3:6] == [Token("name", 'a "b"'), Token("symbol", "~"), Token("string", "it's \\d")]
    assert mentioned(text, frozenset({'a "b"', "price", "text", "lower", "name"})) == ('a "b"', "price", "name")
    assert constants(text) == (("it's \\d", "x;'y"), ("1.5",))


@pytest.mark.parametrize(
    ("text", "expected"), [(None, "NULL"), ("it's", "'it''s'"), ("a\\b", "E'a\\\\b'"), ("100%", "E'100\\x25'")]
)
def test_a_value_is_written_without_a_percent_sign(text: str | None, expected: str) -> None:
    assert literal(text) == expected


def test_a_name_is_written_without_a_percent_sign() -> None:
    assert name('a "b"') == '"a ""b"""'
    assert name('100% \\ "x"') == 'U&"100\\0025 \\\\ ""x"""'


# --- the order of tables ---------------------------------------------------------------------------------------------

GRAPHS = st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefghz"), max_size=4), max_size=8)


def _reached(start: str, references: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(references[start])
    while waiting:
        each = waiting.pop()
        if each in references and each not in found:
            found.add(each)
            waiting += references[each]
    return found


@given(GRAPHS)
def test_tables_come_after_what_they_refer_to_and_circles_together(references: dict[str, list[str]]) -> None:
    found = list(groups(references))
    place = {table: number for number, group in enumerate(found) for table in group}
    assert sorted(place) == sorted(references)
    reached = {table: _reached(table, references) for table in references}
    for table in references:
        circle = {other for other in reached[table] if table in reached[other]} | {table}
        assert set(found[place[table]]) == circle
        assert all(place[other] <= place[table] for other in reached[table])


def test_a_long_chain_of_references_is_no_problem() -> None:
    chain = {f"t{number}": [f"t{number + 1}"] for number in range(5000)}
    assert next(groups(chain)) == ("t4999",)


# --- the choice of rows ----------------------------------------------------------------------------------------------


def test_values_repeat_in_pairs_and_one_row_has_none() -> None:
    assert plain("abc", "pairs", 3, nullable=True) == ["a", "a", None]
    assert plain("abc", "later pairs", 3, nullable=True) == [None, "b", "b"]
    assert plain("abc", "distinct", 3, nullable=True) == ["a", "b", None]
    assert plain("abc", "pairs", 4, nullable=False) == ["a", "a", "b", "b"]
    assert plain("ab", "distinct", 5, nullable=False) == ["a", "b"]


def test_combinations_are_chosen_so_that_what_may_repeat_does_and_what_may_not_does_not() -> None:
    every = [(a, b) for a in ("1", "2", "3", None) for b in ("x", "y", None)]
    assert choose(every, ["distinct", "pairs"], 3, [2, 2]) == [("1", "x"), ("2", "x"), (None, None)]
    assert choose(every, ["distinct", "pairs"], 3, [-1, -1]) == [("1", "x"), ("2", "x"), ("3", "y")]
    assert choose([("1",), ("2",)], ["distinct"], 3, [2]) == [("1",), ("2",)]


def test_keys_that_share_a_column_are_joined_by_it() -> None:
    members = [{"tenant": "1", "member": "5"}, {"tenant": "2", "member": "6"}]
    projects = [{"tenant": "2", "project": "8"}, {"tenant": "2", "project": None}]
    expected = [{"tenant": "2", "member": "6", "project": "8"}, {"tenant": "2", "member": "6", "project": None}]
    assert joined([members, projects]) == expected


def test_combinations_stay_few_and_keep_null() -> None:
    free = {f"c{number}": [*map(str, range(40)), None] for number in range(9)}
    found = crossed([{}], free)
    assert len(found) <= 3000
    assert {each["c8"] for each in found} == {"0", None}


def _table(*constraints: Constraint, indexes: Sequence[Index] = (), **columns: Column) -> Table:
    return Table("public", "t", columns=tuple(columns.values()), constraints=constraints, indexes=tuple(indexes))


def _column(name: str, **more: object) -> Column:
    return Column("t", name, "integer", **more)  # type: ignore[arg-type]


KEY = 'FOREIGN KEY (a, c) REFERENCES x."odd (t)"("p q", r) ON DELETE SET NULL (c)'


def test_a_table_is_outlined_by_what_ties_its_columns() -> None:
    table = _table(
        Constraint("t", "pk", "primary key", "PRIMARY KEY (id)", ("id",)),
        Constraint("t", "u", "unique", "UNIQUE (a, b)", ("a", "b")),
        Constraint("t", "fk", "foreign key", KEY, ("a", "c"), "x.odd (t)", ("p q", "r")),
        Constraint("t", "ck", "check", "CHECK ((d > made))", ()),
        indexes=[Index("t", "i", "", unique=True, columns=("lower((e)::text)",), expressions="lower((e)::text)")],
        id=_column("id", nullable=False, default="nextval('s')", sequence_of="t.id"),
        a=_column("a"),
        b=_column("b"),
        c=_column("c"),
        d=_column("d", default="7"),
        e=_column("e", default="8"),
        f=_column("f", default="9"),
        g=_column("g"),
        made=_column("made", generated="(g * 2) STORED"),
    )
    found = outline(table, Catalog(tables=(table,)), TYPES)
    assert found.references == (ForeignReference(("a", "c"), "x.odd (t)", ("p q", "r")),)
    assert [part.columns for part in found.parts] == [("a", "c"), ("b",), ("d", "g"), ("e",)]
    assert found.patterns == {"e": "distinct", "a": "pairs", "b": "later pairs"}
    assert found.automatic == {"id"}
    assert found.parts[2] == ColumnSet(("d", "g"), (), found.parts[2].checks)
    assert found.parts[2].checks[0].generated == (("made", "(g * 2)"),)
