"""The review of drops: what is held back, why, and what an allowance changes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

import pytest

from migrations_tools.errors import CannotProceed
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.review import assessment, drop_verdicts
from migrations_tools.review.analysis.drops import DropAnalysis
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Allowance, Finding, Review, parse_allowances

TODAY = datetime.date(2026, 3, 1)


def operations(*described: dict[str, Any]) -> list[Operation]:
    return [Operation(id=number, **{"table": "users", "name": "", **item}) for number, item in enumerate(described)]


def table(name: str = "users", **more: Any) -> dict[str, Any]:
    return {"kind": "drop_table", "table": name, **more}


def column(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "drop_column", "name": name, **more}


def index(name: str, *columns: str, verb: str = "drop", **more: Any) -> dict[str, Any]:
    return {"kind": f"{verb}_index", "name": name, "columns": columns, **more}


def constraint(sort: str, name: str, *columns: str, verb: str = "drop", **more: Any) -> dict[str, Any]:
    return {"kind": f"{verb}_constraint", "constraint": sort, "name": name, "columns": columns, **more}


def review(given: Sequence[Operation], *allowed: str, history: Sequence[Revision] = ()) -> Review:
    return assessment.review(ReviewContext(tuple(given), history=tuple(history)), parse_allowances(allowed, TODAY))


KINDS = {
    "table": (table(), "FD05", "users", "users"),
    "table in a schema": (table(schema="shop"), "FD05", "shop.users", "users"),
    "column": (column("nick"), "BC01", "users.nick", "nick"),
    "index": (index("ix_a", "a"), "FD08", "users.ix_a", "ix_a"),
    "unique index": (index("ix_a", "a", unique=True), "FD08", "users.ix_a", "ix_a"),
    "unique constraint": (constraint("unique", "uq_a", "a"), "FD01", "users.uq_a", "uq_a"),
    "check constraint": (constraint("check", "ck_a"), "FD09", "users.ck_a", "ck_a"),
    "foreign key": (constraint("foreign key", "fk_a", "a", schema="shop"), "FD10", "shop.users.fk_a", "fk_a"),
    "primary key": (constraint("primary key", "pk_a", "a"), "AG06", "users.pk_a", "pk_a"),
    "exclusion": (constraint("exclude", "ex_a"), "FD14", "users.ex_a", "ex_a"),
    "enum type of an extension": (
        {"kind": "drop_enum", "table": "", "name": "mood", "schema": "shop"},
        "FD14",
        "shop.mood",
        "mood",
    ),
}


# What is said of an allowed drop when nothing is known of the version that still runs.
IN_USE = {"BC01": ["BC01"], "FD05": ["BC02"]}


@pytest.mark.parametrize(("described", "code", "full", "bare"), KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_drop_is_held_unless_allowed_by_full_or_bare_name(
    described: dict[str, Any], code: str, full: str, bare: str
) -> None:
    given = operations({"kind": "add_column", "name": "new"}, described)

    held = review(given)
    assert (held.hold, held.allowed, held.unused) == ({1}, (), ())
    assert [(item.code, item.severity, item.object) for item in held.findings] == [(code, "hold", full)]
    assert held.findings[0].ways_out[-1] == f"Or allow the drop by name: invoke generate --allow {code}:{full}"

    for name in (full, bare):
        found = review(given, f"{code}:{name}")
        assert (found.hold, found.allowed, found.unused) == (frozenset(), (Allowance(code, name),), ())
        assert [item.code for item in found.findings] == IN_USE.get(code, [])

    wrong = review(given, f"XX01:{full}", f"{code}:{full}x")
    assert (wrong.hold, wrong.allowed) == ({1}, ())
    assert [item.words() for item in wrong.unused] == [f"XX01:{full}", f"{code}:{full}x"]


HELD = "; the drop is held back."
SENTENCES = {
    "table": (
        table(schema="shop"),
        "The table shop.users is in the database, but not in the models",
        "Mend the model: import the model of shop.users in env.py, or leave the table out with include_name.",
    ),
    "column": (
        column("nick"),
        "The column nick of table users is in the database, but not in the models",
        "Mend the model: give the model of table users its column nick back.",
    ),
    "unique constraint on one column": (
        constraint("unique", "uq_a", "a"),
        (
            "The unique constraint uq_a on (a) of table users is in the database, but its model does not say"
            " `unique=True` on a"
        ),
        (
            "Mend the model: in the model of table users, write `unique=True` on its column a, or"
            ' `UniqueConstraint("a", name="uq_a")` in __table_args__.'
        ),
    ),
    "unique constraint on two columns of a table in a schema": (
        constraint("unique", "uq_a", "a", "b", schema="shop"),
        ("The unique constraint uq_a on (a, b) of table shop.users is in the database, but not in its model"),
        (
            'Mend the model: in the model of table shop.users, write `UniqueConstraint("a", "b", name="uq_a")` in'
            " __table_args__."
        ),
    ),
    "index on an expression": (
        index("ix_a", "lower(a)", "b"),
        "The index ix_a on (lower(a), b) of table users is in the database, but not in its model",
        'Mend the model: in the model of table users, write `Index("ix_a", text("lower(a)"), "b")` in __table_args__.',
    ),
    "unique index": (
        index("ix_a", "a", unique=True),
        "The unique index ix_a on (a) of table users is in the database, but not in its model",
        'Mend the model: in the model of table users, write `Index("ix_a", "a", unique=True)` in __table_args__.',
    ),
    "foreign key": (
        constraint("foreign key", "fk_a", "a", referent="teams"),
        "The foreign key fk_a on (a) of table users is in the database, but not in its model",
        'Mend the model: in the model of table users, give a its `ForeignKey` to teams back, with name="fk_a".',
    ),
    "check constraint": (
        constraint("check", "ck_a"),
        "The check constraint ck_a of table users is in the database, but not in its model",
        'Mend the model: in the model of table users, put the check constraint back, with name="ck_a".',
    ),
    "enum type": (
        {"kind": "drop_enum", "table": "", "name": "mood"},
        "The enum mood is in the database, but not in the models",
        "Mend the model: declare it again.",
    ),
}


@pytest.mark.parametrize(("described", "sentence", "way_out"), SENTENCES.values(), ids=SENTENCES.keys())
def test_a_finding_names_the_object_and_what_to_write(described: dict[str, Any], sentence: str, way_out: str) -> None:
    (finding,) = review(operations(described)).findings
    assert (finding.sentence, finding.ways_out[0]) == (sentence + HELD, way_out)
    assert finding.effect.endswith(".")
    assert finding.provenance == (
        "No revision file shows who created it: by hand, by an extension, or by SQL that names it otherwise."
    )


def test_a_finding_names_the_revision_that_created_the_object() -> None:
    source = "def upgrade():\n    op.create_unique_constraint('uq_a', 'users', ['a'])\n"
    history = [Revision("0002", ("0001",), "0002_unique.py", "Make a unique\n", source)]
    (finding,) = review(operations(constraint("unique", "uq_a", "a")), history=history).findings
    assert finding.provenance == "It was created on purpose by revision 0002, “Make a unique” (0002_unique.py:2)."
    assert "0002" not in finding.sentence


TOGETHER: dict[str, tuple[list[dict[str, Any]], set[int]]] = {
    "the same columns under another name": (
        [constraint("unique", "uq_a", "a", "b"), constraint("unique", "uq_new", "b", "a", verb="create")],
        {0, 1},
    ),
    "the same columns without a name": (
        [constraint("unique", "uq_a", "a"), constraint("unique", "", "a", verb="create")],
        {0, 1},
    ),
    "the same name over other columns": ([index("ix_a", "a"), index("ix_a", "a", "b", verb="create")], {0, 1}),
    "an index with the name of a unique constraint": (
        [constraint("unique", "uq_a", "a"), index("uq_a", "a", verb="create", unique=True)],
        {0, 1},
    ),
    "a foreign key in a schema": (
        [
            constraint("foreign key", "fk_a", "a", schema="shop"),
            constraint("foreign key", "fk_b", "a", schema="shop", verb="create"),
        ],
        {0, 1},
    ),
    "another primary key": (
        [constraint("primary key", "pk", "a"), constraint("primary key", "pk_new", "b", verb="create")],
        {0, 1},
    ),
    "not a unique index over the columns of a unique constraint": (
        [constraint("unique", "uq_a", "a"), index("ix_a", "a", verb="create", unique=True)],
        set(),
    ),
    "a unique index of some rows over the columns of a unique constraint": (
        [constraint("unique", "uq_a", "a"), index("ix_a", "a", verb="create", unique=True, details={"where": "a > 0"})],
        {0},
    ),
    "not the same columns of another table": (
        [index("ix_a", "a"), index("ix_b", "a", table="teams", verb="create")],
        {0},
    ),
    "not the same table of another schema": (
        [index("ix_a", "a"), index("ix_a", "a", schema="shop", verb="create")],
        {0},
    ),
    "not other columns under another name": ([index("ix_a", "a"), index("ix_b", "b", verb="create")], {0}),
    "not a check under another name": ([constraint("check", "ck_a"), constraint("check", "ck_b", verb="create")], {0}),
    "the indexes and constraints of a table": (
        [index("ix_a", "a"), constraint("foreign key", "fk_a", "a"), table(), index("ix_t", "a", table="teams")],
        {0, 1, 2, 3},
    ),
    "the indexes and constraints of a column": (
        [index("ix_a", "a"), constraint("unique", "uq_a", "a"), column("a")],
        {0, 1, 2},
    ),
}


@pytest.mark.parametrize(("described", "hold"), TOGETHER.values(), ids=TOGETHER.keys())
def test_what_belongs_together_is_held_together(described: list[dict[str, Any]], hold: set[int]) -> None:
    assert review(operations(*described)).hold == hold


@pytest.mark.parametrize("allowed", [(), ("FD08:ix_a",)])
def test_the_drops_of_a_revision_are_analysed_once(allowed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    analysed: list[ReviewContext] = []

    def analyse(facts: ReviewContext) -> DropAnalysis:
        analysed.append(facts)
        return drop_verdicts.analyse(facts)

    monkeypatch.setattr(assessment, "analyse", analyse)
    given = operations(index("ix_a", "a"), index("ix_b", "b"), column("c"))
    assert len(review(given, *allowed).findings) >= len(given) - len(allowed)
    assert len(analysed) == 1


def test_a_replacement_is_named_in_the_finding() -> None:
    (finding,) = review(
        operations(constraint("unique", "uq_a", "a"), constraint("unique", "", "a", verb="create"))
    ).findings
    assert finding.sentence == (
        "The unique constraint uq_a on (a) of table users is in the database, and the models have an unnamed one in its"
        " place; both are held back."
    )
    assert finding.operations == (0, 1)


def test_what_goes_with_an_allowed_table_or_column_needs_no_allowance_of_its_own() -> None:
    given = operations(
        index("ix_a", "a"),
        table(),
        index("ix_t", "b", "c", table="teams"),
        column("b", table="teams"),
        column("c", table="teams"),
    )
    allowed = ("FD05:users", "BC01:teams.b", "BC01:teams.c")
    found = review(given, *allowed)
    assert (found.hold, found.allowed, found.unused) == (frozenset(), parse_allowances(allowed, TODAY), ())
    assert [(item.code, item.object, item.outcome) for item in found.findings] == [
        ("BC01", "teams.b", "kept"),
        ("BC01", "teams.c", "kept"),
        ("BC02", "users", "kept"),
    ]


BLOCKED: dict[str, tuple[list[dict[str, Any]], list[str], set[int], list[str]]] = {
    "a column under a unique constraint that stays": (
        [constraint("unique", "uq_ab", "a", "b"), column("a")],
        ["BC01:a"],
        {0, 1},
        [
            (
                "The drop of column users.a is allowed, but the unique constraint users.uq_ab is held back and"
                " needs it; both are held back."
            )
        ],
    ),
    "a column in the expression of an index that stays": (
        [column("email"), index("ix_lower", "lower(email::text)")],
        ["BC01:email"],
        {0, 1},
        [
            (
                "The drop of column users.email is allowed, but the index users.ix_lower is held back and needs it;"
                " both are held back."
            )
        ],
    ),
    "a table that a foreign key which stays refers to": (
        [constraint("foreign key", "fk_t", "t_id", referent="teams"), table("teams"), index("ix_t", table="teams")],
        ["FD05:teams"],
        {0, 1, 2},
        [
            (
                "The drop of table teams is allowed, but the foreign key users.fk_t is held back and needs it;"
                " both are held back."
            )
        ],
    ),
    "one column after another": (
        [index("ix_abc", "a", "b"), column("a"), column("b")],
        ["BC01:b"],
        {0, 1, 2},
        [
            (
                "The drop of column users.b is allowed, but the index users.ix_abc is held back and needs it;"
                " both are held back."
            )
        ],
    ),
    "not a column whose name is part of another": (
        [index("ix_a", "lower(email_old)"), column("email")],
        ["BC01:email"],
        {0},
        [],
    ),
}


@pytest.mark.parametrize(("described", "allowed", "hold", "sentences"), BLOCKED.values(), ids=BLOCKED.keys())
def test_an_allowed_drop_never_takes_with_it_what_is_held(
    described: list[dict[str, Any]], allowed: list[str], hold: set[int], sentences: list[str]
) -> None:
    found = review(operations(*described), *allowed)
    assert found.hold == hold
    assert [item.sentence for item in found.findings if "is allowed, but" in item.sentence] == sentences
    assert found.unused == ()


def test_nothing_is_held_where_nothing_is_dropped() -> None:
    given = operations(
        {"kind": "create_table"},
        {"kind": "execute", "table": ""},
        {"kind": "drop_table_comment"},
        {"kind": "alter_column", "name": "a"},
    )
    assert review(given) == Review(frozenset(), (), (), ())


def test_a_finding_goes_into_json() -> None:
    finding = Finding("users.uq_a", "It is.", "It hurts.", ("Mend.",), operations=(1,), code="FD01", severity="hold")
    found = finding.as_json()
    assert (found["code"], found["object"], found["operations"], found["outcome"]) == (
        "FD01",
        "users.uq_a",
        (1,),
        "held",
    )
    assert json.loads(json.dumps(found))["ways_out"] == ["Mend."]


def test_allowances_are_read_from_options_and_settings_alike() -> None:
    given = [
        "FD01:users.uq_a",
        " FD08 : ix_a ",
        {"code": "BC01", "object": "users.nick", "reason": "nobody has one", "until": "2026-03-01"},
        {"code": "BC01", "object": "users.age", "until": datetime.date(2026, 12, 31)},
        "FD01:users.uq_a",
    ]
    assert parse_allowances(given, TODAY) == (
        Allowance("FD01", "users.uq_a"),
        Allowance("FD08", "ix_a"),
        Allowance("BC01", "users.nick", "nobody has one", "2026-03-01"),
        Allowance("BC01", "users.age", "", "2026-12-31"),
    )


def test_everything_malformed_or_expired_is_told_at_once() -> None:
    given = [
        "FD01",
        "FD01:",
        " : ",
        7,
        {"code": "FD01"},
        {"code": "FD01", "object": "a", "because": "b"},
        {"code": "", "object": "a"},
        {"code": "FD01", "object": None},
        {"code": "FD01", "object": "a", "until": "soon"},
        {"code": "FD01", "object": "b", "until": "2026-02-28"},
    ]
    with pytest.raises(CannotProceed) as caught:
        parse_allowances([*given, "FD08:good"], TODAY)
    assert caught.value.reasons == (
        "The allowance 'FD01' must read CODE:object, such as FD01:users.uq_users_email.",
        "The allowance 'FD01:' must read CODE:object, such as FD01:users.uq_users_email.",
        "The allowance ' : ' must read CODE:object, such as FD01:users.uq_users_email.",
        "The allowance 7 must be CODE:object or a map of code, object, reason and until.",
        "The allowance {'code': 'FD01'} must be CODE:object or a map of code, object, reason and until.",
        (
            "The allowance {'code': 'FD01', 'object': 'a', 'because': 'b'} must be CODE:object or a map of code,"
            " object, reason and until."
        ),
        "The allowance {'code': '', 'object': 'a'} must name a code and an object.",
        "The allowance {'code': 'FD01', 'object': None} must name a code and an object.",
        "The allowance FD01:a has no date in `until`: 'soon'.",
        "The allowance FD01:b expired on 2026-02-28; renew it or remove it.",
    )
