"""What an install command is given for a scratch copy: variables that lead to no other database, SQLAlchemy or not."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrations_tools.engines.process import start_python
from migrations_tools.inapp.advice import NO_ADVICE
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe_client import Program
from migrations_tools.sandbox.compose import one_off, temp_database
from migrations_tools.sandbox.protocol import watched

_COPY: Any = SimpleNamespace(
    project=SimpleNamespace(database=SimpleNamespace(service="db", port=5432, name="shop")),
    original=SimpleNamespace(config={"services": {"db": {"container_name": "shop-db"}}}),
)
_GIVEN = {
    "SHOP_URL": "postgresql+asyncpg://keeper:word@db:5432/shop",
    "BILLS_URL": "postgresql://keeper:word@shop-db/bills?sslmode=disable",
    "POSTGRES_HOST": "db",
    "POSTGRES_DB": "shop",
    "REDIS_URL": "redis://cache/0",
    "PATH": "/usr/bin",
}


@pytest.fixture(autouse=True)
def _a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temp_database, "server", lambda _: SimpleNamespace(user="keeper", password="word"))


def test_every_address_of_the_database_is_the_copys() -> None:
    changed = one_off.variables_sent(_COPY, _GIVEN, {"": "shop_trip"})
    assert changed["SHOP_URL"] == "postgresql+asyncpg://keeper:word@db:5432/shop_trip"
    assert str(changed["BILLS_URL"]).startswith("postgresql://keeper:word@db:5432/shop_trip")
    assert (changed["POSTGRES_DB"], changed["PGHOST"], changed["PGDATABASE"]) == ("shop_trip", "db", "shop_trip")
    assert not {"REDIS_URL", "PATH"} & changed.keys()


def test_each_of_several_databases_is_its_own_copy() -> None:
    changed = one_off.variables_sent(_COPY, _GIVEN, {"shop": "shop_trip", "bills": "bills_trip"})
    assert str(changed["SHOP_URL"]).endswith("/shop_trip")
    assert "/bills_trip" in str(changed["BILLS_URL"])
    assert changed["PGDATABASE"] == "shop_trip"


def test_the_command_gets_them_and_does_without_what_is_taken_away(tmp_path: Path) -> None:
    line = 'printf \'%s,%s\' "$PGDATABASE" "${GONE-away}" >told'
    environment = {**os.environ, "PGDATABASE": "shop", "GONE": "here"}
    started = start_python([sys.executable], BOOTSTRAP, tmp_path, environment)
    variables = {"PGDATABASE": "shop_trip", "GONE": None}
    program = Program(shlex.split(f"sh -c {shlex.quote(line)}"), "token", take_over=False, variables=variables)
    assert watched(started, NO_ADVICE, program, 60).code == 0
    assert (tmp_path / "told").read_text() == "shop_trip,away"
