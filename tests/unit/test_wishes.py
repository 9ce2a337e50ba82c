"""Renames that are asked for on the command line."""

from __future__ import annotations

import pytest

from migrations_tools.autogenerate.options import parse_hints
from migrations_tools.errors import CannotProceed
from migrations_tools.review.context import ChangeHints


def test_renames_are_read_with_or_without_a_schema() -> None:
    found = parse_hints(["users.full_name=name", "shop.users.a=b", "public.logs.x=y"], ["users=people", "shop.a=b"])
    assert found == ChangeHints(
        {"users.full_name": "name", "shop.users.a": "b", "logs.x": "y"}, {"users": "people", "shop.a": "b"}
    )


def test_nothing_asked_for_is_nothing_wished() -> None:
    assert parse_hints([], []) == ChangeHints()


def test_everything_malformed_is_told_at_once() -> None:
    renames = [
        "full_name=name",
        "users.a",
        "users.a=",
        "users.a=b.c",
        "users.a=b",
        "users.a=c",
        "users.d=b",
        "users.a=b",
    ]
    with pytest.raises(CannotProceed) as caught:
        parse_hints(renames, ["=people", "users=people", "staff=people"])
    assert caught.value.reasons == (
        "--rename full_name=name: this must read as users.full_name=name does.",
        "--rename users.a: this must read as users.full_name=name does.",
        "--rename users.a=: this must read as users.full_name=name does.",
        "--rename users.a=b.c: this must read as users.full_name=name does.",
        "--rename users.a=c: users.a is to be b already.",
        "--rename users.d=b: something else is to be b already.",
        "--rename-table =people: this must read as users=people does.",
        "--rename-table staff=people: something else is to be people already.",
    )


def test_backfills_are_read_or_refused_all_at_once() -> None:
    found = parse_hints([], [], ["users.a = 'x=y'", "shop.users.b=1", "users.c=1"])
    assert found.backfills == {"users.a": "'x=y'", "shop.users.b": "1", "users.c": "1"}
    with pytest.raises(CannotProceed) as caught:
        parse_hints([], [], ["a=1", "users.a", "users.a="])
    assert len(caught.value.reasons) == 3


def test_what_values_become_is_sql() -> None:
    found = parse_hints([], [], [], ["users.name=left(name, 50)", "public.users.at=at AT TIME ZONE 'UTC'"])
    assert found.usings == {"users.name": "left(name, 50)", "users.at": "at AT TIME ZONE 'UTC'"}
    with pytest.raises(CannotProceed, match="--using name"):
        parse_hints([], [], [], ["name=1"])
