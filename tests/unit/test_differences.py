"""Differences between migrations and models: by table, both definitions, and the revision that is responsible."""

from __future__ import annotations

import pytest

from migrations_tools.catalog import Catalog, Column, Difference, Enum, Table
from migrations_tools.proofs import schema
from migrations_tools.proofs.differences import NO_TABLE, grouped, lines
from migrations_tools.proofs.proof import FAILED, PASSED
from migrations_tools.provenance import Revision

_BODY = """
def upgrade():
    op.create_table("users", sa.Column("email", sa.String(80)), schema="shop")
    op.create_unique_constraint("uq_users_email", "users", ["email"])
    op.execute("CREATE TYPE mood AS ENUM ('good')")
    op.create_index("ix_users_email", "users", ["email"])
"""
_LATER = """
def upgrade():
    op.drop_index("ix_users_email", "users")
"""
HISTORY = (Revision("b2", ("a1",), "b2.py", "", _LATER), Revision("a1", (), "a1.py", "", _BODY))


@pytest.mark.parametrize(
    ("difference", "origin"),
    [
        (
            Difference("column", "column shop.users.email", "shop.users", "different", "text", "int", aspect="type"),
            "created by revision a1 (a1.py:3)",
        ),
        (
            Difference("constraint", "constraint shop.users.uq_users_email", "shop.users", "unexpected", "UNIQUE", ""),
            "created by revision a1 (a1.py:4)",
        ),
        (
            Difference("index", "index shop.users.ix_users_email", "shop.users", "missing", "", "btree (email)"),
            "dropped by revision b2 (b2.py:3)",
        ),
        (Difference("enum", "enum mood", "", "different", "good", "good, bad"), "created by revision a1 (a1.py:5)"),
        (Difference("table", "table notes", "", "missing", "", "table"), "no revision makes it: run `invoke generate`"),
        (
            Difference("column", "column shop.users.nick", "shop.users", "missing", "", "text"),
            "no revision makes it: run `invoke generate`",
        ),
        (
            Difference("index", "index shop.users.by_hand", "shop.users", "unexpected", "btree (email)", ""),
            "no revision file mentions it; its table was created by revision a1 (a1.py:3)",
        ),
        (Difference("table", "table strange", "", "unexpected", "table", ""), "no revision file mentions it"),
        (Difference("enum", "enum strange", "", "unexpected", "a, b", ""), "no revision file mentions it"),
    ],
    ids=[
        "a column of a table in a schema",
        "a constraint",
        "an index that was dropped again",
        "an enum type",
        "a table that nobody made",
        "a column that nobody made",
        "made by hand on a table of the history",
        "a table made by hand",
        "a type made by hand",
    ],
)
def test_each_difference_says_which_revision_is_responsible(difference: Difference, origin: str) -> None:
    (group,) = grouped([difference], HISTORY)
    assert [item.origin for item in group.differences] == [origin]


def test_differences_are_grouped_by_table_and_what_has_none_comes_last() -> None:
    def one(kind: str, name: str, table: str) -> Difference:
        return Difference(kind, f"{kind} {name}", table, "missing", "", "x")  # type: ignore[arg-type]

    found = [
        one("enum", "mood", ""),
        one("table", "notes", ""),
        one("column", "users.b", "users"),
        one("column", "shop.users.a", "shop.users"),
        one("index", "users.ix", "users"),
    ]
    assert [(group.table, [item.object for item in group.differences]) for group in grouped(found, ())] == [
        ("notes", ["table notes"]),
        ("shop.users", ["column shop.users.a"]),
        ("users", ["column users.b", "index users.ix"]),
        (NO_TABLE, ["enum mood"]),
    ]


def _database(type_: str, *labels: str) -> Catalog:
    columns = (Column("users", "email", type_),)
    enums = (Enum("public", "mood", labels),)
    return Catalog(tables=(Table("public", "users", columns=columns),), enums=enums)


def test_the_oracle_shows_both_definitions_below_the_table() -> None:
    actual, expected = _database("character varying(80)", "good"), _database("text", "good", "bad")
    proof = schema.equals_models("The claim", actual, expected, (), (), lambda: HISTORY)
    assert (proof.outcome, proof.evidence, len(proof.details)) == (FAILED, "2 problems", 2)
    assert [line for group in proof.as_json()["groups"] for line in lines(group)] == [
        "users",
        "  column users.email differs in its type",
        "    migrations: character varying(80)",
        "    models:     text",
        "    created by revision a1 (a1.py:3)",
        NO_TABLE,
        "  enum mood differs in its labels",
        "    migrations: ('good')",
        "    models:     ('good', 'bad')",
        "    created by revision a1 (a1.py:5)",
    ]


def test_where_nothing_differs_nobody_asks_for_the_history() -> None:
    def asked() -> tuple[Revision, ...]:
        raise AssertionError("the history was read")

    same = _database("text", "good")
    proof = schema.equals_models("The claim", same, same, (), (), asked)
    assert (proof.outcome, proof.groups) == (PASSED, ())
