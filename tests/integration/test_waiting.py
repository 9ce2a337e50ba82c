"""Whatever waits for a database has a limit, and says what it waited for and which setting that limit is."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from migrations_tools.engines import cluster, process
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.inapp.probe_client import Probe
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


_STARTS_ANOTHER = """
import subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("started", other.pid, file=sys.stderr, flush=True)
time.sleep(600)
"""


def test_what_an_environment_started_ends_with_it_when_no_answer_comes_in_time(tmp_path: Path) -> None:
    python = process.start_python([sys.executable], _STARTS_ANOTHER, tmp_path, dict(os.environ))
    with pytest.raises(CannotProceed) as caught, Probe(python, patience=3):
        pytest.fail("it answered")
    reasons = caught.value.reasons
    assert "gave no answer within 3 seconds (the setting `command_timeout`)" in reasons[0]
    other = int(reasons[-1].rpartition(" ")[2])
    end = time.monotonic() + 5
    while _runs(other) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _runs(other)


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(") ")[2][0] != "Z"
