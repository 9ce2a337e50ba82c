"""The catalog of real databases: what is read, and every difference that the comparison tells.

Each folder of `catalog_cases` is one case: `actual.sql` and `expected.sql` build two databases, and
`differences.txt` holds all sentences of the comparison. `-- requires:` in the first line of `actual.sql` names
the PostgreSQL version or extension that a case needs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools.catalog import Catalog, Extension, Query, Schema, as_json, compare, read
from tests.support.requirements import skip_unless_met

CASES = sorted(path for path in Path(__file__).with_name("catalog_cases").iterdir() if path.is_dir())

Rows = list[tuple[Any, ...]]


def cases() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@contextmanager
def connected(url: str) -> Iterator[tuple[psycopg.Connection[tuple[Any, ...]], Query]]:
    with psycopg.connect(url, autocommit=True) as connection:

        def query(sql: str, params: Sequence[object] = ()) -> Rows:
            return connection.execute(sql.encode(), params).fetchall()

        yield connection, query


def catalog_of(url: str, *scripts: str) -> Catalog:
    """Return the catalog of the database after running the scripts."""
    with connected(url) as (connection, query):
        for script in scripts:
            connection.execute(script.encode())
        return read(query)


# Emptying a database takes a tenth of the time of making one.
EMPTY = """
DROP EXTENSION IF EXISTS plpgsql CASCADE;
CREATE EXTENSION plpgsql;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
        EXECUTE format('DROP EXTENSION %I CASCADE', name);
    END LOOP;
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    CREATE SCHEMA public;
END $$
"""


@pytest.fixture(scope="module")
def two_databases(new_database_for_module: Callable[[], str]) -> tuple[str, str]:
    """Return the URLs of two databases that the cases share."""
    return new_database_for_module(), new_database_for_module()


@pytest.fixture
def two_empty_databases(two_databases: tuple[str, str]) -> tuple[str, str]:
    """Return the URLs of two databases in which nothing is left of the case before."""
    for url in two_databases:
        assert replace(catalog_of(url, EMPTY), others=()) == Catalog(
            schemas=(Schema("public"),), extensions=(Extension("plpgsql"),)
        )
    return two_databases


@cases()
def test_comparison_tells_every_difference(case: Path, two_empty_databases: tuple[str, str]) -> None:
    scripts = {side: (case / f"{side}.sql").read_text() for side in ("actual", "expected")}
    actual_url, expected_url = two_empty_databases
    skip_unless_met(actual_url, scripts["actual"])
    actual = catalog_of(actual_url, scripts["actual"])
    expected = catalog_of(expected_url, scripts["expected"])

    sentences = [difference.sentence() for difference in compare(actual, expected)]

    assert sentences == (case / "differences.txt").read_text().splitlines()
    assert all(compare(side, side) == () for side in (actual, expected))
    # Seen from the other side, what was missing is unexpected, and there is neither more nor less of it.
    turned = {"missing": "unexpected", "unexpected": "missing", "different": "different", "renamed": "renamed"}
    assert sorted(difference.sort for difference in compare(expected, actual)) == sorted(
        turned[difference.sort] for difference in compare(actual, expected)
    )


@cases()
def test_identities_are_unique_and_the_catalog_goes_into_json(case: Path, two_empty_databases: tuple[str, str]) -> None:
    script = (case / "actual.sql").read_text()
    skip_unless_met(two_empty_databases[0], script)
    catalog = catalog_of(two_empty_databases[0], script)

    identities = [thing.identity for thing in catalog.objects()]

    assert len(set(identities)) == len(identities)
    assert list(catalog.by_identity()) == identities
    assert json.loads(json.dumps(as_json(catalog)))["schemas"] == [{"name": schema.name} for schema in catalog.schemas]


EVERYTHING = """
CREATE SCHEMA audit;
CREATE TYPE audit.level AS ENUM ('low', 'high');
CREATE DOMAIN postal_code AS varchar(10) DEFAULT '00000' NOT NULL CHECK (length(VALUE) > 3);
CREATE TABLE users (
    id bigserial,
    email text COLLATE "C" NOT NULL,
    name text DEFAULT 'it''s',
    handle text GENERATED ALWAYS AS (lower(email)) STORED,
    at timestamptz DEFAULT '2024-01-31 12:00:00+00',
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name_email UNIQUE (name, email) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE users IS 'who may come in';
COMMENT ON COLUMN users.email IS 'lower case';
CREATE INDEX ix_users_name ON users (lower(name), id) INCLUDE (email) WHERE name IS NOT NULL;
CREATE TABLE audit.entries (
    id integer GENERATED ALWAYS AS IDENTITY (INCREMENT 2),
    user_id bigint,
    level audit.level DEFAULT 'low'
);
ALTER TABLE audit.entries
    ADD CONSTRAINT fk_entries_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE NOT VALID;
CREATE VIEW audit.high AS SELECT 1 AS one;
CREATE SEQUENCE audit.numbers AS smallint START 3 CYCLE;
"""


def test_every_kind_of_object_is_read_with_its_identity(database: str) -> None:
    catalog = catalog_of(database, EVERYTHING)

    assert list(catalog.by_identity()) == [
        "schema audit",
        "schema public",
        "extension plpgsql",
        "enum audit.level",
        "domain postal_code",
        "table audit.entries",
        "column audit.entries.id",
        "column audit.entries.user_id",
        "column audit.entries.level",
        "constraint audit.entries.fk_entries_users",
        "table users",
        "column users.id",
        "column users.email",
        "column users.name",
        "column users.handle",
        "column users.at",
        "constraint users.pk_users",
        "constraint users.uq_users_name_email",
        "index users.ix_users_name",
        "sequence audit.entries_id_seq",
        "sequence audit.numbers",
        "sequence users_id_seq",
        "view audit.high",
    ]


def test_columns_are_read_with_all_their_clauses(database: str) -> None:
    users = catalog_of(database, EVERYTHING).table("users")

    assert users is not None
    assert users.comment == "who may come in"
    assert [column.description for column in users.columns] == [
        "bigint NOT NULL DEFAULT nextval('users_id_seq'::regclass)",
        'text NOT NULL COLLATE "C"',
        "text NULL DEFAULT 'it''s'::text",
        "text NULL GENERATED ALWAYS AS lower(email) STORED",
        "timestamp with time zone NULL DEFAULT '2024-01-31 12:00:00+00'::timestamp with time zone",
    ]
    assert (users.columns[0].sequence_of, users.columns[1].comment) == ("users.id", "lower case")


def test_constraints_and_indexes_are_read_with_their_parts(database: str) -> None:
    catalog = catalog_of(database, EVERYTHING)
    users, entries = catalog.table("users"), catalog.table("audit.entries")

    assert users is not None
    assert entries is not None
    _, unique = users.constraints
    (foreign_key,) = entries.constraints
    (index,) = users.indexes
    assert (unique.type, unique.columns, unique.deferrable, unique.deferred, unique.validated) == (
        "unique",
        ("name", "email"),
        True,
        True,
        True,
    )
    assert (foreign_key.columns, foreign_key.referenced_table, foreign_key.validated) == (("user_id",), "users", False)
    assert (index.columns, index.included, index.predicate) == (("lower(name)", "id"), ("email",), "(name IS NOT NULL)")


def test_sequences_know_the_column_that_owns_and_uses_them(database: str) -> None:
    catalog = catalog_of(database, EVERYTHING)

    assert [(one.name, one.owned_by, one.implicit, one.increment, one.cycle) for one in catalog.sequences] == [
        ("entries_id_seq", "audit.entries.id", True, 2, False),
        ("numbers", None, False, 1, True),
        ("users_id_seq", "users.id", True, 1, False),
    ]


def test_leaving_a_table_out_leaves_out_all_that_belongs_to_it(database: str) -> None:
    catalog = catalog_of(database, EVERYTHING)

    identities = catalog.without_tables({"audit.entries", "alembic_version"}).by_identity()

    assert [identity for identity in catalog.by_identity() if identity not in identities] == [
        "table audit.entries",
        "column audit.entries.id",
        "column audit.entries.user_id",
        "column audit.entries.level",
        "constraint audit.entries.fk_entries_users",
        "sequence audit.entries_id_seq",
    ]


def test_what_is_read_does_not_depend_on_the_settings_of_database_or_session(new_database: Callable[[], str]) -> None:
    usual, unusual = new_database(), new_database()
    with connected(unusual) as (connection, _):
        connection.execute(
            """DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET search_path = audit', current_database());
                EXECUTE format('ALTER DATABASE %I SET datestyle = ''German, DMY''', current_database());
                EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database());
                EXECUTE format('ALTER DATABASE %I SET quote_all_identifiers = on', current_database());
            END $$"""
        )

    expected = catalog_of(usual, EVERYTHING)
    actual = catalog_of(unusual, "SET search_path = public", EVERYTHING, "SET search_path = audit")

    assert actual == expected


@pytest.mark.parametrize("broken", [False, True], ids=["after a reading", "after a reading that failed"])
def test_the_settings_of_the_session_are_put_back(database: str, broken: bool) -> None:
    with connected(database) as (connection, query):

        def breaking(sql: str, params: Sequence[object] = (), /) -> Rows:
            return query("SELECT 1 / 0" if broken and "pg_index" in sql else sql, params)

        connection.execute("SET search_path = audit, pg_catalog")
        connection.execute("SET datestyle = 'German, DMY'")
        if broken:
            with pytest.raises(psycopg.errors.DivisionByZero):
                read(breaking)
        else:
            read(breaking)

        assert query("SHOW search_path") == [("audit, pg_catalog",)]
        assert query("SHOW datestyle") == [("German, DMY",)]


def test_a_reading_that_fails_inside_a_transaction_gives_its_own_error(database: str) -> None:
    with psycopg.connect(database) as connection:

        def breaking(sql: str, params: Sequence[object] = (), /) -> Rows:
            return connection.execute(b"SELECT 1 / 0" if "pg_index" in sql else sql.encode(), params).fetchall()

        with pytest.raises(psycopg.errors.DivisionByZero):
            read(breaking)
        connection.rollback()

        assert connection.execute("SHOW search_path").fetchall() == [('"$user", public',)]


def test_a_temporary_table_hides_nothing(database: str) -> None:
    with connected(database) as (connection, query):
        connection.execute("CREATE TABLE users (id integer PRIMARY KEY)")
        connection.execute("CREATE TABLE posts (user_id integer REFERENCES users (id))")
        before = read(query)
        connection.execute("CREATE TEMPORARY TABLE users (other text)")

        assert read(query) == before


def counted(query: Query) -> tuple[Query, list[str]]:
    """Return the query and the list in which its statements are noted."""
    asked: list[str] = []

    def counting(sql: str, params: Sequence[object] = (), /) -> Rows:
        asked.append(sql)
        return query(sql, params)

    return counting, asked


def test_a_hundred_tables_take_as_many_queries_as_none(database: str) -> None:
    with connected(database) as (connection, query):
        counting, asked = counted(query)
        read(counting)
        for_none = len(asked)
        asked.clear()
        for number in range(100):
            connection.execute(
                f"CREATE TABLE t{number} (id serial PRIMARY KEY, a integer NOT NULL DEFAULT 0 CHECK (a >= 0),"
                " b text UNIQUE, c timestamptz DEFAULT now(),"
                f" p integer REFERENCES t{max(number - 1, 0)} (id))".encode()
            )
            connection.execute(f"CREATE INDEX ix_t{number} ON t{number} (lower(b)) WHERE a > 0".encode())
        catalog = read(counting)

    assert len(catalog.tables) == 100
    assert sum(len(table.constraints) for table in catalog.tables) == 400
    assert len(asked) == for_none == 16
