"""One request: any status is an answer, and nothing waits for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from migrations_tools.http_settings import Request
from migrations_tools.proofs.http_client import Client
from tests.support.speaking import speaking


def test_any_status_is_an_answer_and_a_redirect_too() -> None:
    moved = (302, "", {"Location": "http://127.0.0.1:1/elsewhere"})
    with speaking({"GET /ok": (200, ""), "GET /teapot": (418, ""), "GET /moved": moved}) as application:
        client = Client(application.base, 5)
        statuses = [client.get(path).status for path in ("/ok", "/teapot", "/moved", "/nowhere")]
    assert statuses == [200, 418, 302, 404]


def test_a_path_of_any_letters_is_asked_for() -> None:
    with speaking({}) as application:
        for path in ("/a b", "/straße", "/a?b=1&c=ü", "/%41", "/[x]", "/a\nb", "/名前"):
            assert Client(application.base, 5).get(path).status == 404, path


def test_method_body_and_headers_are_sent() -> None:
    with speaking({"PUT /a": (204, b"")}) as application:
        client = Client(application.base, 5, (("X-Tenant", "7"),))
        assert client.send(Request("PUT", "/a", b'{"q": 1}', "application/json")).status == 204
    (call,) = application.calls
    assert (call.body, call.headers["X-Tenant"], call.headers["Content-Type"]) == (b'{"q": 1}', "7", "application/json")


@contextmanager
def _slow_server(*pieces: bytes) -> Iterator[str]:
    """Yield a server that takes a connection, sends its pieces, one every fifth of a second, and says no more."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.2)
            connection.recv(65536)
            done.wait(20)

    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join(20)


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((), id="says nothing"),
        pytest.param((b"HTTP/1.1 200 OK\r\n", *[b"X-More: 1\r\n"] * 30), id="never ends its head"),
        pytest.param((_HEAD, *[b"x"] * 30), id="sends a byte now and then"),
        pytest.param((_HEAD,), id="sends no body"),
    ],
)
def test_an_answer_that_is_not_whole_in_time_is_none_and_the_setting_is_named(pieces: tuple[bytes, ...]) -> None:
    with _slow_server(*pieces) as base:
        begun = time.monotonic()
        answer = Client(base, 0.5).get("/slow")
        assert time.monotonic() - begun < 2
    assert answer.problem() == "GET /slow: no answer (not within 0.5 seconds (the setting `http_timeout`))"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((_CHUNKED, *[b"2\r\nhi\r\n"] * 30), id="chunks without end"),
        pytest.param((_CHUNKED,), id="chunks that do not come"),
        pytest.param((b"HTTP/1.0 200 OK\r\n\r\n", *[b"x"] * 30), id="a body without a length"),
        pytest.param((b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b"data: 1\n\n"), id="events"),
    ],
)
def test_a_stream_without_an_end_has_answered(pieces: tuple[bytes, ...]) -> None:
    with _slow_server(*pieces) as base:
        begun = time.monotonic()
        answer = Client(base, 0.5).get("/events")
        assert time.monotonic() - begun < 2
    assert (answer.status, answer.open, answer.problem()) == (200, True, "")


def test_an_answer_that_breaks_off_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(_HEAD + b"half")

        threading.Thread(target=serve, daemon=True).start()
        answer = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", 5).get("/")
    assert (answer.status, answer.late) == (0, False)
    assert "IncompleteRead(4 bytes read, 96 more expected)" in answer.problem()


def test_nobody_answering_is_a_problem() -> None:
    assert "no answer" in Client("http://127.0.0.1:1", 1).get("/health").problem()


def test_secrets_and_what_steers_a_terminal_are_not_shown() -> None:
    client = Client("", 1, secrets=("hunter2hunter2",))
    assert client.hide("\x1b[31mtoken hunter2hunter2\x1b[2J postgresql://u:pw@h/x") == (
        "token ***\\x1b[2J postgresql://u:***@h/x"
    )
