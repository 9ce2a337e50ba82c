"""Names and passwords are data to PostgreSQL too: in the psql script, in identifiers, in addresses."""

from __future__ import annotations

import os
import string
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from migrations_tools.discovery.postgres_addresses import ServerAddress as ApplicationsServer
from migrations_tools.engines import existing_server
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.engines.postgres import first_statements, psql_words
from migrations_tools.engines.server_url import parse
from tests.support.embedded import Server, binaries_for_tests

NAMES = {
    "quotes of both kinds": " a\"b\"\"c'd''e'\"'\" ",
    "backslashes": "a\\'b\\\"c\\",
    "psql's variables and commands": ":USER :'USER' :\"USER\" :{?USER} \\! touch /tmp/never \\gexec",
    "psql's commands on lines of their own": "a\r\n\\! touch /tmp/never\n\\q\n\t\x07",
    "statements": 'x"; DROP DATABASE bystander; --',
    "statements in a literal": "x'; DROP DATABASE bystander; /*",
    "dollars and formats": "$$ $x$ $1 %s %(a)s {} {0}",
    "a connection string": "host=127.0.0.1 port=1 dbname=x",
    "an option": "--help",
    "the longest, in letters of all kinds": "ñ名前🐘" + "ü" * 25,
    "every sign": string.punctuation,
}
TOKEN = "migrations_tools 'token' \"of\" \\a\\ :run"


def _databases(url: str) -> dict[str, str | None]:
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database").fetchall()
    return {str(name): comment for name, comment in rows}


@pytest.fixture(scope="module")
def bystander(postgres_server: Server) -> Iterator[None]:
    """Make a database that nothing here may touch."""
    with _databases_called(postgres_server, "bystander"):
        yield


@contextmanager
def _databases_called(server: Server, *names: str) -> Iterator[None]:
    """Make databases, and drop them and whatever else is there afterwards that was not before."""
    before = set(_databases(server.url()))
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield
        finally:
            for name in set(_databases(server.url())) - before:
                connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _psql(server: Server, script: str, *database: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as `isolate` does in the database's container, or a command as `psql` does."""
    program = binaries_for_tests().folder / "psql"
    if not program.exists():
        pytest.skip(f"there is no psql beside {binaries_for_tests().folder}")
    command = [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", server.host, "-p", str(server.port)]
    environment = {**os.environ, "PGPASSWORD": server.password, **variables}
    words = [*command, "-U", server.user, *(database or ("-d", "postgres"))]
    return subprocess.run(
        words, input=script, env=environment, encoding="utf-8", capture_output=True, check=False, timeout=60
    )


@pytest.mark.usefixtures("bystander")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_the_first_script_marks_exactly_the_database_of_that_name_and_scratch_ones_stand_beside_it(
    postgres_server: Server, name: str
) -> None:
    with _databases_called(postgres_server, name):
        before = _databases(postgres_server.url())
        # It is run again when the server was not ready; a server may still escape in plain strings.
        for escapes in ("on", "off"):
            options = {"PGOPTIONS": f"-c standard_conforming_strings={escapes}"}
            done = _psql(postgres_server, first_statements(name, "base' \"x\\", TOKEN), **options)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
        done = _psql(postgres_server, "", *psql_words(name, "SELECT current_database()"), "-A", "-t")
        assert (done.returncode, done.stdout) == (0, f"{name}\n".replace("\r", "")), done
        marked = {**before, name: TOKEN, "base' \"x\\": TOKEN}
        assert _databases(postgres_server.url()) == marked
        access, scratch = postgres_server, f"{name[:9]}_s"
        server = TempServer(access.host, access.port, access.user, name, TOKEN, access.password)
        with server.scratch(scratch, "base' \"x\\") as made, server.connect(made) as connection:
            assert connection.info.dbname == scratch
            assert _databases(access.url()) == {**marked, scratch: TOKEN}
        assert _databases(access.url()) == marked
    assert not Path("/tmp/never").exists()


PASSWORDS = {
    "every sign and letters of all kinds": f" {string.punctuation} ñ名前🐘",
    "percent-encoded text": "%41%2F%25%",
    "an address": "x@127.0.0.1:1/y?z=1#w",
}


@contextmanager
def _role(server: Server, name: str, password: str) -> Iterator[None]:
    words = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(words)
        try:
            yield
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS.keys())
@pytest.mark.parametrize("user", ["plain", 'o\'neil "x" @:/?#%'])
def test_every_password_gets_through_every_address(postgres_server: Server, user: str, password: str) -> None:
    with _role(postgres_server, user, password):
        host, port = postgres_server.host, postgres_server.port
        url = ApplicationsServer(host, port, user, password, "postgres").url
        with psycopg.connect(url) as connection:
            assert connection.info.user == user
        where = parse(f"{url.rpartition('/')[0]}/it%27s%20%22a%22_temp", "shop", "_temp", Path("/"))
        assert (where.user, where.password, where.database) == (user, password, 'it\'s "a"_temp')
        existing_server.check(where, [where.database])
        existing_server.make(where, [where.database], TOKEN)
        assert existing_server.drop(where, [where.database], TOKEN) == []


@pytest.mark.usefixtures("bystander")
def test_a_project_whose_name_is_a_command_gets_a_database_of_that_name(postgres_server: Server) -> None:
    url = postgres_server.url("").rstrip("/")
    where = parse(url, 'x"; rm -rf ~; DROP DATABASE bystander; --', "_temp", Path("/"))
    before = _databases(postgres_server.url())
    existing_server.make(where, [where.database], TOKEN)
    assert _databases(postgres_server.url()) == {**before, where.database: TOKEN}
    assert existing_server.drop(where, [where.database, "bystander"], TOKEN) == ["bystander"]
    assert _databases(postgres_server.url()) == before
