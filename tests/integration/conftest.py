"""A real PostgreSQL for the tests of this folder: one server a session, fresh databases a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest
from psycopg import sql

from tests.support.embedded import Server, running_server
from tests.support.local import path_without_docker

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Yield a running server: `.url(dbname)`, `.host`, `.port`, `.user`, `.password`."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def no_docker() -> Iterator[dict[str, str]]:
    """Yield the variables of a machine without Docker."""
    with path_without_docker() as path:
        yield {"PATH": path}


@pytest.fixture
def new_database(postgres_server: Server) -> Iterator[Callable[[], str]]:
    """Yield a function that makes a fresh database and gives its URL; all are dropped after the test."""
    with _databases(postgres_server) as make:
        yield make


@pytest.fixture(scope="module")
def new_database_for_module(postgres_server: Server) -> Iterator[Callable[[], str]]:
    """Yield the same for databases that the tests of a module share; they are dropped after the last."""
    with _databases(postgres_server) as make:
        yield make


@pytest.fixture(scope="module")
def new_named_database(postgres_server: Server) -> Iterator[Callable[[str], str]]:
    """Yield a function that makes a database of a given name, for what looks at names."""
    with _databases(postgres_server) as make:
        yield make


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """Return the URL of a fresh database, dropped after the test."""
    return new_database()


@contextmanager
def _databases(server: Server) -> Iterator[Callable[..., str]]:
    made: list[str] = []
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:

        def make(name: str = "") -> str:
            name = name or f"test_{next(_numbers)}"
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            made.append(name)
            return server.url(name)

        try:
            yield make
        finally:
            for name in made:
                _drop(connection, name)


def _drop(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    # DROP DATABASE … WITH (FORCE) would do both, but only since PostgreSQL 13.
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
