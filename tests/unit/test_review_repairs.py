"""The rules that repair or complete: when they speak, and when they keep silent."""

from __future__ import annotations

from typing import Any

import pytest

from migrations_tools.catalog import Catalog, Column, Constraint, Domain, Enum, Index, Schema, Sequence, Table, View
from migrations_tools.operations import Operation, message_for
from migrations_tools.review import assessment
from migrations_tools.review.context import ChangeHints, Mended, ReviewContext
from migrations_tools.review.findings import Allowance

OLD = "character varying(10)"


def column(name: str, kind: str = "integer", **more: Any) -> Column:
    return Column("users", name, kind, **more)


def check(name: str, text: str, *columns: str) -> Constraint:
    return Constraint("users", name, "check", f"CHECK (({text}))", columns)


def index(name: str, definition: str, *columns: str) -> Index:
    return Index("users", name, f"CREATE INDEX {name} ON users USING btree {definition}", columns=columns)


def users(*columns: Column, constraints: tuple[Constraint, ...] = (), **more: Any) -> Catalog:
    table = Table("public", "users", columns=(column("id", nullable=False), *columns), constraints=constraints, **more)
    return Catalog(tables=(table,))


def operation(kind: str, name: str = "", table: str = "users", **more: Any) -> Operation:
    return Operation(0, kind, table, name, **more)


def added(**details: Any) -> Operation:
    return operation("add_column", "new", details={"nullable": False, **details})


def altered(name: str, **details: Any) -> Operation:
    return operation("alter_column", name, details=details)


def said(facts: ReviewContext, *allowances: Allowance) -> list[str]:
    return [f"{item.outcome} {item.code} {item.object}" for item in assessment.review(facts, allowances).findings]


PLAIN = users()
SPOKEN = {
    "a required column without a value": (ReviewContext((added(),), PLAIN), ["held DT01 users.new"]),
    "a required column with a default in Python": (
        ReviewContext((added(python_default=True, default="'x'"),), PLAIN),
        ["repaired DT01 users.new"],
    ),
    "a required column with a backfill": (
        ReviewContext((added(),), PLAIN, wishes=ChangeHints(backfills={"users.new": "1"})),
        ["repaired DT01 users.new"],
    ),
    "a required column with a server default": (ReviewContext((added(server_default="1"),), PLAIN), []),
    "a required identity": (ReviewContext((added(identity=True),), PLAIN), []),
    "a required column of a new table": (ReviewContext((added(),), Catalog()), []),
    "a nullable column": (ReviewContext((added(nullable=True),), PLAIN), []),
    "set not null": (ReviewContext((altered("id", modify_nullable=False),), PLAIN), ["kept DT02 users.id"]),
    "set not null with a backfill": (
        ReviewContext((altered("id", modify_nullable=False),), PLAIN, wishes=ChangeHints(backfills={"users.id": "1"})),
        ["repaired DT02 users.id"],
    ),
    "set not null with a default in Python": (
        ReviewContext((altered("id", modify_nullable=False, default="0"),), PLAIN),
        ["repaired DT02 users.id"],
    ),
    "drop not null": (ReviewContext((altered("id", modify_nullable=True),), PLAIN), []),
    "unique on a column that exists": (
        ReviewContext((operation("create_index", "ux", unique=True, columns=("id",)),), PLAIN),
        ["kept DT03 users.ux"],
    ),
    "unique on a new column": (
        ReviewContext((operation("create_index", "ux", unique=True, columns=("new",)),), PLAIN),
        [],
    ),
    "a key on a column that exists": (
        ReviewContext((operation("create_constraint", "fk", constraint="foreign key", columns=("id",)),), PLAIN),
        ["kept DT07 users.fk"],
    ),
    "a wider type": (ReviewContext((altered("a", modify_type="TEXT"),), users(column("a", OLD))), []),
    "a type that changes under a view": (
        ReviewContext(
            (altered("a", modify_type="TEXT"),),
            Catalog(
                tables=users(column("a", OLD)).tables, views=(View("public", "v", "SELECT a", columns=("users.a",)),)
            ),
        ),
        ["repaired AG13 users.a"],
    ),
    "a type that changes beside a view": (
        ReviewContext(
            (altered("a", modify_type="TEXT"),),
            Catalog(
                tables=users(column("a", OLD)).tables, views=(View("public", "v", "SELECT a", columns=("teams.a",)),)
            ),
        ),
        [],
    ),
    "a narrower type": (
        ReviewContext((altered("a", modify_type="VARCHAR(5)"),), users(column("a", OLD))),
        ["kept DT04 users.a"],
    ),
    "a type without an assignment cast": (
        ReviewContext((altered("a", modify_type="INTEGER"),), users(column("a", OLD))),
        ["repaired DT05 users.a"],
    ),
    "a type whose way is written": (
        ReviewContext((altered("a", modify_type="INTEGER", using="a::int"),), users(column("a", OLD))),
        [],
    ),
    "a type without any cast": (
        ReviewContext((altered("a", modify_type="BOOLEAN"),), users(column("a", "date"))),
        ["held DT05 users.a"],
    ),
    "a type and a default that cannot follow": (
        ReviewContext(
            (altered("a", modify_type="INTEGER"),), users(column("a", OLD, default="'0'::character varying"))
        ),
        ["repaired DT06 users.a"],
    ),
    "a domain made plain": (
        ReviewContext(
            (altered("a", modify_type="TEXT"),),
            Catalog(domains=(Domain("public", "mail", "text"),), tables=users(column("a", "mail")).tables),
        ),
        ["held AG10 users.a"],
    ),
    "a table that exists": (ReviewContext((operation("create_table"),), PLAIN), ["held AG05 users"]),
    "what the probe has mended": (
        ReviewContext(mended=Mended(("mood", "state"), ("state",), ("kind",), ("users.x",), ("json",), ("users.uq",))),
        [
            "repaired EN03 state",
            "repaired EN04 kind",
            "repaired EN05 mood",
            "repaired AG01 json",
            "repaired DG02 users.x",
            "repaired DG05 users.uq",
        ],
    ),
}


@pytest.mark.parametrize(("facts", "expected"), SPOKEN.values(), ids=SPOKEN.keys())
def test_a_rule_speaks_and_says_what_became_of_it(facts: ReviewContext, expected: list[str]) -> None:
    assert sorted(said(facts)) == sorted(expected)


def enums(*labels: str) -> Catalog:
    return Catalog(enums=(Enum("public", "mood", labels),), tables=users(column("mood", "mood")).tables)


UNSEEN = {
    "nothing": (PLAIN, PLAIN, []),
    "a label": (enums("a"), enums("a", "b"), ["repaired EN01 mood"]),
    "a label that is gone": (enums("a", "b"), enums("a"), ["kept EN02 mood"]),
    "another order": (enums("a", "b"), enums("b", "a"), ["kept EN02 mood"]),
    "a label for another": (enums("a", "b"), enums("a", "c"), ["repaired EN01 mood", "kept EN02 mood"]),
    "a check": (PLAIN, users(constraints=(check("ck", "id > 0", "id"),)), ["repaired IN03 users.ck"]),
    "a check's text": (
        users(constraints=(check("ck", "id > 1", "id"),)),
        users(constraints=(check("ck", "id > 0", "id"),)),
        ["repaired IN03 users.ck"],
    ),
    "a check's name": (
        users(constraints=(check("ck", "id > 1", "id"),)),
        users(constraints=(check("kc", "id > 1", "id"),)),
        [],
    ),
    "a check of the database": (users(constraints=(check("ck", "id > 0"),)), PLAIN, ["held IN06 users.ck"]),
    "an index's condition": (
        users(indexes=(index("ix", "(id)", "id"),)),
        users(indexes=(index("ix", "(id) WHERE id > 1", "id"),)),
        ["repaired IN04 users.ix"],
    ),
    "a default": (users(column("a", default="1")), users(column("a", default="2")), ["repaired IN05 users.a"]),
    "a default of the database": (users(column("a", default="1")), users(column("a")), ["held IN06 users.a"]),
    "a moment that is the same": (
        users(column("a", default="now()")),
        users(column("a", default="CURRENT_TIMESTAMP")),
        [],
    ),
    "a collation": (users(column("a", "text")), users(column("a", "text", collation='"C"')), ["repaired IN05 users.a"]),
    "a generated expression": (
        users(column("a", generated="(b) STORED")),
        users(column("a", generated="(c) STORED")),
        ["held IN07 users.a"],
    ),
    "a type that env.py does not compare": (users(column("a")), users(column("a", "bigint")), ["held IN07 users.a"]),
    "a sequence": (PLAIN, Catalog(tables=PLAIN.tables, sequences=(Sequence("public", "s"),)), ["repaired IN01 s"]),
    "a sequence's step": (
        Catalog(sequences=(Sequence("public", "s"),)),
        Catalog(sequences=(Sequence("public", "s", increment=2),)),
        ["repaired IN02 s"],
    ),
    "a schema without a new table": (Catalog(), Catalog(schemas=(Schema("audit"),)), []),
    "views, domains and sequences of the database": (
        Catalog(domains=(Domain("public", "d", "text"),), sequences=(Sequence("public", "s"),)),
        Catalog(),
        [],
    ),
    "columns that env.py leaves out": (users(column("a")), users(column("b")), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_alembic_does_not_see_is_added_or_said(before: Catalog, after: Catalog, expected: list[str]) -> None:
    assert sorted(said(ReviewContext((), before, after))) == sorted(expected)
    assert said(ReviewContext((), before, after, excluded=frozenset({"users"}))) == [
        line for line in said(ReviewContext((), before, after)) if "users" not in line
    ]
    assert said(ReviewContext((), before, None)) == []


def test_what_goes_with_something_held_is_not_added() -> None:
    after = users(column("new", nullable=False), constraints=(check("ck", "new > 0", "new"),))
    held = ReviewContext((added(),), PLAIN, after)
    assert said(held) == ["held DT01 users.new"]
    filled = ReviewContext((added(),), PLAIN, after, wishes=ChangeHints(backfills={"users.new": "1"}))
    assert said(filled) == ["repaired DT01 users.new", "repaired IN03 users.ck"]


def test_what_alembic_has_an_operation_for_is_not_added() -> None:
    before, after = users(column("a", default="1")), users(column("a", default="2"))
    assert said(ReviewContext((altered("a", modify_server_default="2"),), before, after)) == []
    unique = Constraint("users", "uq", "unique", "UNIQUE (id)", ("id",))
    made = operation("create_constraint", constraint="unique", columns=("id",))
    assert said(ReviewContext((made,), PLAIN, users(constraints=(unique,)))) == ["kept DT03 users"]
    gone = (operation("drop_column", "a"),)
    lost = users(column("a"), constraints=(check("ck", "a > 0", "a"),))
    assert said(ReviewContext(gone, lost, PLAIN), Allowance("BC01", "users.a")) == [
        "kept FD11 users.a",
        "kept BC01 users.a",
    ]


NAME = "ix_of_a_name_that_is_longer_than_any_that_postgresql_would_take_as_it_is"
CUT = {
    "by SQLAlchemy": ("ix_of_a_name_that_is_longer_than_any_that_postgresql_wo_12ab", []),
    "by PostgreSQL": (NAME[:63], []),
    "another": ("ix_of_another_name", ["repaired IN04 users.ix_of_another_name"]),
}


@pytest.mark.parametrize(("name", "expected"), CUT.values(), ids=CUT.keys())
def test_an_index_whose_name_is_cut_is_the_one_that_alembic_makes(name: str, expected: list[str]) -> None:
    made = operation("create_index", NAME, columns=("id",))
    assert said(ReviewContext((made,), PLAIN, users(indexes=(index(name, "(id)", "id"),)))) == expected


DG07 = ["kept BC01 users.a", "repaired DG07 users.a"]
BACK = {
    "required": (users(column("a", nullable=False)), DG07),
    "with a default": (users(column("a", nullable=False, default="1")), DG07[:1]),
    "with numbers of its own": (users(column("a", nullable=False, identity_generation="ALWAYS")), DG07[:1]),
    "nullable": (users(column("a")), DG07[:1]),
    "of the key": (
        users(
            column("a", nullable=False),
            constraints=(Constraint("users", "pk", "primary key", "PRIMARY KEY (a)", ("a",)),),
        ),
        ["kept BC01 users.a", "kept FD11 users.a"],
    ),
}


@pytest.mark.parametrize(("before", "expected"), BACK.values(), ids=BACK.keys())
def test_a_required_column_comes_back_nullable_where_there_are_rows(before: Catalog, expected: list[str]) -> None:
    gone = ReviewContext((operation("drop_column", "a"),), before, PLAIN)
    assert sorted(said(gone, Allowance("BC01", "users.a"))) == expected
    assert said(gone) == ["held BC01 users.a"]


def test_the_type_of_the_last_column_goes_with_it_when_the_drop_is_allowed() -> None:
    facts = ReviewContext((operation("drop_column", "mood"),), enums("a"), PLAIN)
    assert said(facts) == ["held BC01 users.mood"]
    assert said(facts, Allowance("BC01", "users.mood")) == ["kept BC01 users.mood", "repaired EN06 mood"]


KEY, WIDER = (
    Constraint("users", "pk", "primary key", f"PRIMARY KEY ({words})", tuple(words.split(", ")))
    for words in ("id", "id, a")
)


@pytest.mark.parametrize(
    ("nullable", "expected"), [(False, ["repaired AG11 users.pk"]), (True, ["held AG11 users.pk"])]
)
def test_a_primary_key_is_changed_where_its_columns_are_ready(nullable: bool, expected: list[str]) -> None:
    before = users(column("a", nullable=nullable), constraints=(KEY,))
    after = users(column("a", nullable=False), constraints=(WIDER,))
    flip = (altered("a", modify_nullable=False),) if nullable else ()
    assert said(ReviewContext(flip, before, after)) == expected


def test_a_primary_key_in_another_order_is_a_note() -> None:
    turned = Constraint("users", "pk", "primary key", "PRIMARY KEY (a, id)", ("a", "id"))
    before, after = (users(column("a", nullable=False), constraints=(key,)) for key in (WIDER, turned))
    found = assessment.review(ReviewContext((), before, after)).findings
    assert [(item.code, item.severity, item.edits) for item in found] == [("AG11", "info", ())]


def test_a_primary_key_is_not_written_unasked_where_the_database_has_none() -> None:
    before, after = users(column("a", nullable=False)), users(column("a", nullable=False), constraints=(KEY,))
    assert said(ReviewContext((), before, after)) == ["held AG11 users.pk"]


@pytest.mark.parametrize(
    ("have", "want", "expected"),
    [
        ("ALWAYS", "BY DEFAULT", ["ALTER TABLE users ALTER COLUMN n SET GENERATED BY DEFAULT"]),
        ("ALWAYS", "", ["ALTER TABLE users ALTER COLUMN n DROP IDENTITY"]),
        (
            "",
            "ALWAYS",
            [
                "ALTER TABLE users ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY",
                "SELECT setval(pg_get_serial_sequence('users', 'n'), max(n)) FROM users",
            ],
        ),
    ],
)
def test_an_identity_is_changed_and_changed_back(have: Any, want: Any, expected: list[str]) -> None:
    before, after = (users(column("n", nullable=False, identity_generation=each)) for each in (have, want))
    (edit,) = assessment.review(ReviewContext((), before, after)).edits
    assert [piece["sql"] for piece in edit.upgrade] == expected
    (back,) = assessment.review(ReviewContext((), after, before)).edits
    assert edit.downgrade == back.upgrade


def test_a_generated_column_gets_its_new_expression_where_the_server_can() -> None:
    before, after = users(column("a", generated="lower(b) STORED")), users(column("a", generated="upper(b) STORED"))
    review = assessment.review(ReviewContext((), before, after, server_version=170000))
    ((edit,),) = [finding.edits for finding in review.findings]
    assert [piece["sql"] for piece in (*edit.upgrade, *edit.downgrade)] == [
        "ALTER TABLE users ALTER COLUMN a SET EXPRESSION AS (upper(b))",
        "ALTER TABLE users ALTER COLUMN a SET EXPRESSION AS (lower(b))",
    ]


def test_an_allowance_keeps_an_addition_out() -> None:
    facts = ReviewContext((), enums("a"), enums("a", "b"))
    assert said(facts, Allowance("EN01", "mood")) == []
    review = assessment.review(facts)
    assert [item.summary() for item in review.added] == ["alter enum mood"]
    assert message_for(review.added) == "change mood"
