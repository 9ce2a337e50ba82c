"""Whatever waits for a database has a limit, and says what it waited for and which setting that limit is."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from migrations_tools.engines import cluster
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.errors import CannotProceed, CommandFailed
from tests.support.embedded import Server, binaries_for_tests, open_folder


def test_a_server_that_takes_a_connection_and_says_nothing_is_not_waited_for_longer_than_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server = TempServer("127.0.0.1", port, "u", "shop", "t", "p", patience=2)
        begun = time.monotonic()
        with pytest.raises(CannotProceed) as caught, server.connect():
            pytest.fail("let in")
        assert time.monotonic() - begun < 10
    said = caught.value.reasons[0]
    assert said.startswith(f"The temp database shop at 127.0.0.1:{port} does not answer within 2 seconds")
    assert "(the setting `database_timeout`)" in said


def test_a_lock_that_somebody_else_holds_is_not_waited_for_longer_than_the_setting(
    postgres_server: Server, new_database: Callable[[], str]
) -> None:
    url = new_database()
    name = url.rpartition("/")[2]
    server = TempServer(
        postgres_server.host,
        postgres_server.port,
        postgres_server.user,
        name,
        "t",
        postgres_server.password,
        patience=1,
    )
    with psycopg.connect(url) as other:
        other.execute(sql.SQL("COMMENT ON DATABASE {} IS 't'").format(sql.Identifier(name)))
        other.execute("CREATE TABLE users ()")
        other.commit()
        other.execute("LOCK TABLE users")
        with pytest.raises(CannotProceed) as caught, server.connect() as connection:
            connection.execute("TABLE users")
    assert caught.value.reasons[0].startswith(
        f"On the temp database {name}, another session held a lock for 1 seconds (the setting `database_timeout`): "
    )
    assert "invoke psql" in caught.value.tip


def test_an_embedded_server_that_is_not_ready_in_time_is_said_to_be_and_removed() -> None:
    notes: list[dict[str, object]] = []
    with open_folder() as folder:
        with pytest.raises(CommandFailed) as caught:
            cluster.make(folder / "cluster", binaries_for_tests(), notes.append, Limit(0, "start_timeout"))
        assert "was not ready after 0 seconds (the setting `start_timeout`)" in caught.value.reasons[0]
        assert list(folder.iterdir()) == []
    state = cluster.ClusterState.from_json(notes[-1])
    assert not cluster.is_running(state)
    assert not Path(state.folder).exists()
