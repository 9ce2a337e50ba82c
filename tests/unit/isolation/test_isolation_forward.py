"""The forwarder's script, as a process of its own."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import migrations_tools.isolation.forward as script

_SOURCE = Path(script.__file__).read_text()
# The machine that the tests run on may have no way out; the loopback address is then the one to listen at.
_ON_LOOPBACK = _SOURCE.replace('"203.0.113.1"', '"127.0.0.1"')


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _forwarding(target: int) -> Iterator[tuple[int, list[str]]]:
    """Forward a port of this machine to `target`; give it, and what the process says, once it has ended."""
    listen = _free()
    command = [sys.executable, "-I", "-u", "-c", _ON_LOOPBACK, f"{listen}:127.0.0.1:{target}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said: list[str] = []
    try:
        _wait_for(listen)
        yield listen, said
    finally:
        process.kill()
        said.append(process.communicate()[0])


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError("the forwarder does not listen")


@pytest.fixture
def shouting() -> Iterator[int]:
    """Answer every connection with what it sent, in capitals, once it has said all; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_shout, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _shout(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return  # the test is over
        with connection:
            connection.sendall(_all(connection).upper())


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_what_is_sent_arrives_whole_and_the_answer_comes_back(shouting: int) -> None:
    sent = b"forward " * 100_000
    with _forwarding(shouting) as (port, _), socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        # The end of one direction is handed on while the other stays open.
        connection.shutdown(socket.SHUT_WR)
        assert _all(connection) == sent.upper()


def test_a_service_that_does_not_answer_is_said_and_the_connection_ends() -> None:
    nobody = _free()
    with _forwarding(nobody) as (port, said), socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        assert _all(connection) == b""
    assert f"127.0.0.1:{nobody} does not answer" in said[0]
    assert "Traceback" not in said[0]


def test_a_client_that_hangs_up_does_not_end_the_forwarder(shouting: int) -> None:
    with _forwarding(shouting) as (port, said):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
                connection.sendall(b"x")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"still here")
            connection.shutdown(socket.SHUT_WR)
            assert _all(connection) == b"STILL HERE"
    assert said == [""]


def test_the_script_runs_on_the_oldest_python_that_an_application_may_have() -> None:
    ast.parse(_SOURCE, feature_version=(3, 8))
