"""Which variables are tried, with what, and what an address says of them."""

from __future__ import annotations

from typing import Any

import pytest

from migrations_tools.discovery.address_search import Attempt, Destination, Look, attempts, candidates, value_of
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.variables import guess

HERE = ServerAddress("127.0.0.1", 6000, "us er", "p/w", "shop")


def destination(**parts: str) -> Destination:
    given: dict[str, Any] = {
        "host": "db",
        "port": "5432",
        "user": "acme",
        "password": "pw",
        "database": "acme",
        **parts,
    }
    return Destination("postgresql", "asyncpg", True, **given)


def look(*read: str, led: Destination | None = None, options: tuple[str, ...] = ()) -> Look:
    return Look((led,) if led else (), None, (), read, options, ("asyncpg", "psycopg2"))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("SHOP_DB_HOST", "host"),
        ("ACME_POSTGRES_USER", "user"),
        ("ACME_API_DATABASE_CONNECTION_URL", "url"),
        ("SQLALCHEMY_DATABASE_URI", "url"),
        ("DATABASE_URL_ASYNC", "url"),
        ("STORE_URL", "url"),
        ("DBHOST", ""),
        ("POSTGRES_DB", "database"),
        ("DATABASE_CREDENTIALS", "credentials"),
        ("DB_CONNECTION_NAME", "database"),
        ("DB_ENGINE", "kind"),
        ("DB_POOL_SIZE", ""),
        ("SMTP_HOST", ""),
        ("REDIS_DB", ""),
        ("CURL_CA_BUNDLE", ""),
        ("PGHOST", ""),
        ("USER", ""),
    ],
)
def test_a_name_says_what_is_worth_a_try(name: str, shape: str) -> None:
    assert candidates(look(name), {}, (), wide=False).get(name, "") == shape


def test_a_value_counts_more_than_a_name_and_what_the_user_gave_is_not_tried() -> None:
    environment = {"ODD": "db", "ODDER": "postgresql+asyncpg://acme:pw@db/acme", "REDIS": "redis://cache"}
    found = candidates(look("SHOP_DB_PORT", led=destination()), environment, ("SHOP_DB_PORT",), wide=False)
    assert found == {"ODD": "host", "ODDER": "url"}
    assert candidates(look("ACME_NAME", "NAME", "MAIL_HOST"), {}, (), wide=True) == {"ACME_NAME": "database"}


def test_an_address_tells_which_variable_makes_which_part() -> None:
    shapes = {"A_DB_HOST": "host", "A_DB_PORT": "port", "A_DB_USER": "user", "A_DB_URL": "url"}
    attempt = Attempt(shapes, "postgresql")
    samples = attempt.samples({"A_DB_URL": "postgresql+asyncpg://acme@db/acme"})
    assert samples["A_DB_URL"].startswith("postgresql+asyncpg://")
    came = destination(host=samples["A_DB_HOST"], port=samples["A_DB_PORT"])
    assert attempt.made(came, {}) == {"A_DB_HOST": "host", "A_DB_PORT": "port"}
    assert attempt.fixed(came) == {"user": "acme", "password": "pw", "database": "acme"}
    assert "pw" not in repr(came)


def test_the_ini_comes_after_the_variables_of_a_database_and_before_the_others() -> None:
    known = look("A_DB_HOST", "A_NAME", led=destination(), options=("sqlalchemy.url",))
    order = [(tuple(each.shapes), each.option) for each in attempts(known, {}, ())]
    assert list(dict.fromkeys(order)) == [(("A_DB_HOST",), ""), ((), "sqlalchemy.url"), (("A_DB_HOST", "A_NAME"), "")]


@pytest.mark.parametrize(
    ("made", "value"),
    [
        ("url:postgresql+asyncpg", "postgresql+asyncpg://us%20er:p%2Fw@127.0.0.1:6000/shop"),
        ("credentials", "us er:p/w"),
        ("port", "6000"),
        ("database", "shop"),
        ("as:postgres", "postgres"),
    ],
)
def test_what_was_found_is_given_the_temp_databases_place(made: str, value: str) -> None:
    assert value_of(made, HERE) == value


def test_files_that_the_user_names_are_given_whole(tmp_path: Any) -> None:
    example = tmp_path / ".env.example"
    example.write_text("SECRET_KEY=x\nMODE=file\nSHOP=postgresql://a:b@c/d\n")
    found = guess(tmp_path, {"MODE": "shell"}, HERE, {}, files=[example], made={"STORE_URL": "url:postgresql"})
    assert {key: found.values[key] for key in ("SECRET_KEY", "SHOP", "STORE_URL")} == {
        "SECRET_KEY": "x",
        "SHOP": HERE.url,
        "STORE_URL": HERE.url,
    }
    assert not {"MODE", "DATABASE_URL"} & set(found.values)
    assert any(note.startswith("STORE_URL leads to the temp database") for note in found.notes)
