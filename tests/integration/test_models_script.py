"""The models' DDL handed over as a script makes what `create_all` makes, and is not handed over where it would not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrations_tools.catalog import compare
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.trial.models_script import run_script
from tests.support.embedded import Server
from tests.support.probing import (
    DRIVERS,
    TOKEN,
    catalog_of,
    copy_project,
    mark,
    need,
    pass_of,
    probing,
    run_sql,
    target,
    with_driver,
)

TABLES = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1"


@pytest.mark.parametrize("driver", [driver for driver in DRIVERS if driver != "asyncpg"])
@pytest.mark.parametrize("project", ["models_of_several_kinds", "models_with_ddl_of_their_own"])
def test_the_script_makes_what_create_all_makes(
    project: str, driver: str, new_database: Callable[[], str], postgres_server: Server, tmp_path: Path
) -> None:
    need(driver)
    created, scripted = mark(new_database()), mark(new_database())
    folder = copy_project(project, tmp_path)
    with probing(folder, with_driver(created, driver)) as probe:
        assert pass_of(probe.ask(target().request("metadata"), "creating"))["script"] is None
    with probing(folder, with_driver(scripted, driver)) as probe:
        found = pass_of(probe.ask(target().request("metadata", hand_over=True), "asking"))
    assert run_sql(scripted, TABLES) == []
    name = scripted.rpartition("/")[2]
    assert run_script(_server(postgres_server, scripted), name, name, found["script"]) == ()
    assert not compare(catalog_of(scripted), catalog_of(created))
    assert len(catalog_of(created).tables) == len(found["tables"])


@pytest.mark.parametrize(
    ("project", "made"), [("models_that_ask_the_database", "made_on_"), ("engine_that_rewrites", "people")]
)
def test_what_only_a_connection_can_make_is_made_there(project: str, made: str, database: str, tmp_path: Path) -> None:
    with probing(copy_project(project, tmp_path), with_driver(mark(database))) as probe:
        found = pass_of(probe.ask(target().request("metadata", hand_over=True), "asking"))
    assert found["script"] is None
    assert run_sql(database, TABLES)[0][0].startswith(made)


def test_a_statement_that_fails_is_told_and_the_others_are_done(database: str, postgres_server: Server) -> None:
    server, name = _server(postgres_server, mark(database)), database.rpartition("/")[2]
    statements = [
        "CREATE TABLE users (id int)",
        "CREATE INDEX ix ON users (nothing)",
        'CREATE TABLE app."Lost" (id int)',
        "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY(id) REFERENCES users (id)",
        "CREATE TABLE orders (id int)",
    ]
    failures = run_script(server, name, name, {"statements": statements, "settings": {}, "role": server.user})
    assert [each.error.partition(":")[0] for each in failures] == [
        "UndefinedColumn",
        "InvalidSchemaName",
        "InvalidForeignKey",
    ]
    assert [list(each.paths) for each in failures] == [["users.ix"], ["app.Lost"], ["users.fk"]]
    assert run_sql(database, TABLES) == [("orders",), ("users",)]


def test_a_type_or_schema_that_only_the_history_makes_is_made_for_the_script(
    new_database: Callable[[], str], postgres_server: Server
) -> None:
    migrated, made = mark(new_database()), mark(new_database())
    run_sql(
        migrated,
        "CREATE SCHEMA dom; CREATE DOMAIN dom.slug AS text DEFAULT 'x' NOT NULL CONSTRAINT form"
        " CHECK (VALUE ~ '^[a-z]'); CREATE TYPE colour AS ENUM ('red', 'it''s'); CREATE SCHEMA shop",
    )
    server = _server(postgres_server, made)
    statements = ["CREATE TABLE pages (slug dom.slug, colours colour[])", "CREATE TABLE shop.orders (id int)"]
    script = {"statements": statements, "settings": {}, "role": server.user}
    assert run_script(server, migrated.rpartition("/")[2], made.rpartition("/")[2], script) == ()
    assert catalog_of(made).domains == catalog_of(migrated).domains
    assert catalog_of(made).enums == catalog_of(migrated).enums


def _server(server: Server, url: str) -> TempServer:
    return TempServer(server.host, server.port, server.user, url.rpartition("/")[2], TOKEN, server.password)
