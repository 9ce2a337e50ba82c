"""PostgreSQL says which server defaults are equal: a value that folds to the same, an expression that is the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migrations_tools.catalog import Catalog, compare
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.trial.equal_defaults import spelled_alike
from tests.support.embedded import Server
from tests.support.probing import TOKEN, catalog_of, mark, run_sql

EQUAL = [
    ("numeric(5,2) DEFAULT 1.50", "numeric(5,2) DEFAULT 1.5"),
    ("numeric DEFAULT 1.50", "numeric DEFAULT '1.5'"),
    ("numeric(5,2) DEFAULT 1", "numeric(5,2) DEFAULT '1.00'"),
    ("varchar DEFAULT ''::text", "varchar DEFAULT ''"),
    ("varchar(9) DEFAULT 'ab'::text", "varchar(9) DEFAULT 'ab'"),
    ("varchar DEFAULT 'a:b'::text", "varchar DEFAULT 'a:b'"),
    ("integer DEFAULT 0", "integer DEFAULT '0'"),
    ("integer DEFAULT 60 * 60", "integer DEFAULT 3600"),
    ("interval DEFAULT '90 minutes'", "interval DEFAULT interval '1 hour 30 minutes'"),
    ("jsonb DEFAULT '{\"a\":1}'", "jsonb DEFAULT '{\"a\": 1}'::jsonb"),
    ("text[] DEFAULT '{}'", "text[] DEFAULT ARRAY[]::text[]"),
    ("text DEFAULT lower('A')", "text DEFAULT 'a'"),
    ("timestamptz DEFAULT now()", "timestamptz DEFAULT transaction_timestamp()"),
    # The type changes by itself, and takes its default with it.
    ("text DEFAULT ''", "varchar DEFAULT ''"),
    ("integer DEFAULT 5", "bigint DEFAULT '5'"),
    ("numeric(5,2) DEFAULT 1.50", "numeric(9,3) DEFAULT 1.5"),
]
OTHER = [
    ("numeric DEFAULT 1.50", "numeric DEFAULT 1.51"),
    ("varchar DEFAULT 'a'", "varchar DEFAULT 'A'"),
    ("varchar DEFAULT 'a'", "varchar DEFAULT 'a '"),
    ("interval DEFAULT '1 month'", "interval DEFAULT '30 days'"),
    ("json DEFAULT '{\"a\":1}'", "json DEFAULT '{\"a\":2}'"),
    ("timestamptz DEFAULT now()", "timestamptz DEFAULT clock_timestamp()"),
    ("text DEFAULT gen_random_uuid()", "text DEFAULT 'gen_random_uuid()'"),
    ("text DEFAULT md5(random()::text)", "text DEFAULT md5(clock_timestamp()::text)"),
    ("integer", "integer DEFAULT 0"),
    # The type does not change by itself: the old default is no default of the new type.
    ("varchar DEFAULT '0'", "integer DEFAULT 0"),
]


@pytest.mark.parametrize(("have", "want"), EQUAL)
def test_equal_defaults_are_no_difference(
    have: str, want: str, new_database: Callable[[], str], postgres_server: Server
) -> None:
    assert "default" not in _aspects(have, want, new_database, postgres_server)


@pytest.mark.parametrize(("have", "want"), OTHER)
def test_other_defaults_are_a_difference(
    have: str, want: str, new_database: Callable[[], str], postgres_server: Server
) -> None:
    assert "default" in _aspects(have, want, new_database, postgres_server)


def test_a_label_that_one_side_lacks_makes_another_default(
    new_database: Callable[[], str], postgres_server: Server
) -> None:
    first, second = new_database(), mark(new_database())
    run_sql(first, "CREATE TYPE mood AS ENUM ('a', 'b')")
    run_sql(second, "CREATE TYPE mood AS ENUM ('b')")
    run_sql(first, "CREATE TABLE t (c mood DEFAULT 'a')")
    run_sql(second, "CREATE TABLE t (c mood DEFAULT 'b')")
    actual, models = catalog_of(first), catalog_of(second)
    assert spelled_alike(_temp(postgres_server, second), second.rpartition("/")[2], actual, models) == models


def _aspects(have: str, want: str, new_database: Callable[[], str], server: Server) -> list[str]:
    first, second = new_database(), mark(new_database())
    run_sql(first, f"CREATE TABLE t (c {have})")
    run_sql(second, f"CREATE TABLE t (c {want})")
    actual: Catalog = catalog_of(first)
    models = spelled_alike(_temp(server, second), second.rpartition("/")[2], actual, catalog_of(second))
    return [item.aspect for item in compare(actual, models)]


def _temp(server: Server, url: str) -> TempServer:
    return TempServer(server.host, server.port, server.user, url.rpartition("/")[2], TOKEN, server.password)
