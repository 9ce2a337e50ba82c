"""The list of kinds, held against PostgreSQL: its own catalogs, and each kind's example."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from migrations_tools.catalog import KINDS, Catalog, compare_all, not_read, read
from migrations_tools.catalog.kinds import REFUSED, Kind

_CATALOGS = "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'"
# Newer than the oldest server of the tests.
_SINCE = {"pg_publication_namespace": 15, "pg_parameter_acl": 15}


@pytest.fixture
def connection(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(new_database(), autocommit=True) as made:
        yield made


def _read(connection: psycopg.Connection) -> Catalog:
    return read(lambda sql, params=(): connection.execute(sql.encode(), params or None).fetchall())


def test_every_catalog_of_postgresql_is_on_the_list_or_refused_by_name(connection: psycopg.Connection) -> None:
    found = {name for (name,) in connection.execute(_CATALOGS)}
    known = {catalog for kind in KINDS for catalog in kind.catalogs}
    major = connection.info.server_version // 10000
    assert found - known - REFUSED.keys() == set()
    assert {name for name in (known | REFUSED.keys()) - found if major >= _SINCE.get(name, 12)} == set()
    assert known & REFUSED.keys() == set()


@pytest.mark.parametrize("kind", [each for each in KINDS if each.example], ids=lambda kind: kind.name)
def test_the_example_makes_an_object_of_its_kind_that_is_gone_with_a_rollback(
    kind: Kind, connection: psycopg.Connection
) -> None:
    if connection.info.server_version // 10000 < kind.since:
        pytest.skip(f"PostgreSQL {kind.since} and newer")
    before = _read(connection)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(kind.example.encode())
            after = _read(connection)
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(str(error).splitlines()[0])
    assert kind.name in {item.kind for item in compare_all(after, before)} | {each.kind for each in after.others} | {
        each.noun for each in after.objects()
    }
    assert {item.sort for item in compare_all(after, before)} == {"unexpected"}
    assert _read(connection) == before


def test_what_is_not_read_of_a_database_is_said_with_the_reason(connection: psycopg.Connection) -> None:
    assert not_read(_read(connection)) == ""
    connection.execute("SELECT lo_create(0)")
    told = not_read(_read(connection))
    assert told == "not read: large objects (their contents are rows, and not part of a schema)"


def test_no_password_of_a_foreign_server_is_read(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', password 'hidden');"
        " CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'u', password 'hidden')"
    )
    found = {each.identity: each.definition for each in _read(connection).others}
    assert found["foreign server s"] == "w host=h, password"
    assert found["user mapping for public on s"] == "password, user"
    assert "hidden" not in str(found)


# --- what is said of a step -----------------------------------------------------------------------------------------

_STEPS = {
    "ALTER TABLE t DISABLE ROW LEVEL SECURITY": {"row security on t"},
    "DROP POLICY own ON t": {"policy own on t"},
    "ALTER POLICY own ON t TO pg_monitor": {"policy own on t"},
    "ALTER TABLE t DISABLE TRIGGER g": {"trigger g on t"},
    "GRANT SELECT ON t TO PUBLIC": {"grant to PUBLIC on table t"},
    "REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC": {"grant to PUBLIC on function f()"},
    "ALTER FUNCTION f() SECURITY DEFINER": {"function f()"},
    "ALTER FUNCTION f() OWNER TO pg_monitor": {"owner of function f()"},
    "CREATE OR REPLACE VIEW v AS SELECT id FROM t": {"view v"},
    "ALTER TABLE t OWNER TO pg_read_all_stats": {"owner of table t"},
    "GRANT SELECT (id) ON t TO pg_monitor": {"grant to pg_monitor on column t.id"},
    "DROP TABLE t CASCADE": {"table t", "view v"},
}


@pytest.mark.parametrize("statement", _STEPS)
def test_a_step_is_told_by_each_thing_that_it_changes(statement: str, connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE TABLE t (id int PRIMARY KEY, who text); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY own ON t USING (who = current_user); CREATE VIEW v WITH (security_invoker) AS SELECT id FROM t;"
        " CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        " CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); GRANT UPDATE ON t TO pg_monitor"
    )
    before = _read(connection)
    connection.execute(statement.encode())
    assert {item.object for item in compare_all(_read(connection), before)} == _STEPS[statement]
