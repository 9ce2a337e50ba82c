"""Operations as plain values: what they are called, and the message made of them."""

from __future__ import annotations

from typing import Any

import pytest

from migrations_tools.operations import Operation, message_for, parse


def operation(kind: str, table: str = "users", name: str = "", **more: Any) -> Operation:
    return Operation(id=0, kind=kind, table=table, name=name, **more)


@pytest.mark.parametrize(
    ("given", "summary", "drops"),
    [
        (operation("create_table"), "create table users", False),
        (operation("create_table", schema="shop"), "create table shop.users", False),
        (operation("drop_table"), "drop table users", True),
        (operation("add_column", name="email"), "add column users.email", False),
        (operation("drop_column", name="email", schema="shop"), "drop column shop.users.email", True),
        (operation("alter_column", name="email"), "alter column users.email", False),
        (operation("create_index", name="ix_a"), "create index users.ix_a", False),
        (operation("drop_index", name="ix_a", unique=True), "drop unique index users.ix_a", True),
        (operation("drop_constraint", name="uq_a", constraint="unique"), "drop unique constraint users.uq_a", True),
        (operation("drop_constraint", name="ck_a", constraint="check"), "drop check constraint users.ck_a", True),
        (operation("drop_constraint", name="fk_a", constraint="foreign key"), "drop foreign key users.fk_a", True),
        (operation("drop_constraint", name="pk_a", constraint="primary key"), "drop primary key users.pk_a", True),
        (operation("drop_constraint", name="a"), "drop constraint users.a", True),
        (
            operation("create_constraint", constraint="unique", columns=("a", "b")),
            "create unique constraint users (a, b)",
            False,
        ),
        (operation("create_table_comment"), "create table comment users", False),
        (operation("drop_table_comment"), "drop table comment users", False),
        (operation("execute", table=""), "execute SQL", False),
        (operation("drop_enum", table="", name="mood", schema="shop"), "drop enum shop.mood", True),
        (operation("drop", table="", name="to_upper(some text)"), "drop object to_upper(some text)", True),
        (operation("sync_enum_values", table="", name="mood"), "sync enum values mood", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_operation_says_what_it_does_and_whether_it_takes_away(given: Operation, summary: str, drops: bool) -> None:
    assert (given.summary(), given.is_drop) == (summary, drops)


def test_what_the_probe_leaves_open_is_empty() -> None:
    described = {
        "id": 3,
        "kind": "drop_index",
        "schema": None,
        "table": "users",
        "name": "ix_a",
        "constraint": None,
        "unique": None,
        "columns": ["a"],
        "referent": None,
        "code": "op.drop_index('ix_a')",
    }
    assert parse([described]) == (
        Operation(3, "drop_index", "users", "ix_a", columns=("a",), code="op.drop_index('ix_a')"),
    )


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([], "change schema"),
        ([operation("execute", table="")], "change schema"),
        ([operation("create_table", "a"), operation("create_index", "a", "ix_a")], "add a"),
        ([operation("add_column", "b", "x"), operation("drop_index", "a", "ix")], "change a, b"),
        ([operation("create_table", "a"), operation("add_column", "b", "x")], "add a, change b"),
        ([operation("create_table", name) for name in "abcde"], "add a, b, c and 2 more"),
    ],
)
def test_the_message_names_what_is_new_and_what_changes(operations: list[Operation], message: str) -> None:
    assert message_for(operations) == message
