from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from migrations_tools.engines.compose import Container, Expectation, one_shots
from migrations_tools.engines.inventory import Change, compare
from migrations_tools.errors import CannotProceed
from migrations_tools.proofs import http, logs, stack
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, attempted

OPENAPI = b"""{"paths": {
 "/ok": {"get": {}}, "/broken": {"get": {}}, "/moved": {"get": {}}, "/teapot": {"get": {}}, "/post": {"post": {}},
 "/users/{id}": {"get": {}},
 "/search": {"get": {"parameters": [{"name": "q", "required": true}]}},
 "/optional": {"get": {"parameters": [{"name": "q", "required": false}]}},
 "/header": {"parameters": [{"name": "x", "required": true}], "get": {}}
}}"""


class _Handler(BaseHTTPRequestHandler):
    statuses: ClassVar = {
        "/ok": 200,
        "/broken": 500,
        "/moved": 302,
        "/teapot": 418,
        "/optional": 200,
        "/openapi.json": 200,
        "/text": 200,
    }

    def do_GET(self) -> None:
        self.send_response(self.statuses.get(self.path, 404))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(OPENAPI if self.path == "/openapi.json" else b"text")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_only_gets_without_required_parameters_are_asked(base: str) -> None:
    proof = http.routes(base, "/openapi.json", 5)
    assert (proof.outcome, proof.evidence) == (FAILED, "GET /broken: 500")


def test_an_answer_below_500_is_well_and_a_redirect_is_an_answer(base: str) -> None:
    assert [http.get(base, path, 5).status for path in ("/ok", "/teapot", "/moved", "/nowhere")] == [200, 418, 302, 404]
    assert http.health(base, "/teapot", 5).outcome == PASSED
    assert http.health(base, "/broken", 5).outcome == FAILED


def test_nobody_answering_fails_and_says_so() -> None:
    proof = http.health("http://127.0.0.1:1", "/health", 1)
    assert proof.outcome == FAILED
    assert "no answer" in proof.evidence


@contextmanager
def _slow_server(*pieces: bytes) -> Iterator[str]:
    """Give a server that takes a connection, sends its pieces, one every fifth of a second, and says no more."""

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
        answer = http.get(base, "/slow", 0.5)
        assert time.monotonic() - begun < 2
    assert answer.problem() == "GET /slow: no answer (not within 0.5 seconds (the setting `http_timeout`))"


def test_a_path_of_any_letters_is_asked_for(base: str) -> None:
    for path in ("/a b", "/straße", "/a?b=1&c=ü", "/%41", "/[x]", "/a\nb", "/名前"):
        assert http.get(base, path, 5).status == 404, path


@pytest.mark.parametrize(("path", "words"), [("/none.json", "status 404"), ("/text", "is no OpenAPI document")])
def test_without_a_document_the_routes_are_not_checked(base: str, path: str, words: str) -> None:
    proof = http.routes(base, path, 5)
    assert proof.outcome == NOT_CHECKED
    assert words in proof.evidence


LINES = [
    '2026-01-01T00:00:01.000000000Z ERROR: relation "users" does not exist',
    "2026-01-01T00:00:02.500000000Z Traceback (most recent call last):",
    '2026-01-01T00:00:02.500000001Z   File "a.py", line 1, in f',
    "2026-01-01T00:00:02.500000002Z ValueError: postgresql://u:hunter2@db/x",
    "2026-01-01T00:00:03.000000000Z ERROR: column users.nick does not exist",
    "2026-01-01T00:00:04.000000000Z ERROR: column users.nick does not exist",
]


def test_the_log_after_the_migrations_must_be_clean_and_each_offence_is_told_once() -> None:
    proof = logs.clean({"api": LINES, "bot": []}, "2026-01-01T00:00:02.5Z", [])
    assert proof.outcome == FAILED
    assert proof.details == (
        "api: Traceback (most recent call last): ValueError: postgresql://u:***@db/x",
        "api: ERROR: column users.nick does not exist (2 times)",
    )


def test_what_was_logged_before_the_migrations_does_not_count() -> None:
    assert logs.clean({"api": LINES}, "2026-01-01T00:00:05Z", []).outcome == PASSED


def test_a_pattern_of_the_projects_own_counts_too() -> None:
    assert logs.clean({"api": ["2026-01-01T00:00:05Z PANIC"]}, "2026-01-01T00:00:01Z", ["PANIC"]).outcome == FAILED


def _container(**more: object) -> Container:
    values: dict[str, object] = {
        "id": "1", "name": "api_temp", "service": "api", "one_off": False, "status": "running", "health": "",
        "exit_code": 0, "restarts": 0, "started": "", "finished": "", "restart_policy": "no", "labels": {},
        "anonymous_volumes": (), "published": {},
    }  # fmt: skip
    return Container(**{**values, **more})  # type: ignore[arg-type]


EXPECTED = Expectation(frozenset({"api"}), frozenset({"migrations"}))


@pytest.mark.parametrize(
    ("container", "ready", "failed"),
    [
        pytest.param(_container(), True, False, id="running"),
        pytest.param(_container(health="healthy"), True, False, id="healthy"),
        pytest.param(_container(health="starting"), False, False, id="starting"),
        pytest.param(_container(health="unhealthy"), False, True, id="unhealthy"),
        pytest.param(_container(status="created"), False, False, id="created"),
        pytest.param(_container(status="restarting", exit_code=1), False, False, id="restarting"),
        pytest.param(_container(status="exited", exit_code=1), False, True, id="exited with an error"),
        pytest.param(_container(status="exited"), False, True, id="a server that exited 0"),
        pytest.param(_container(status="exited", service="migrations"), True, False, id="a one-shot that exited 0"),
        pytest.param(
            _container(status="exited", service="migrations", exit_code=2), False, True, id="a one-shot that failed"
        ),
    ],
)
def test_a_container_is_ready_or_failed_or_coming(container: Container, ready: bool, failed: bool) -> None:
    assert (EXPECTED.is_ready(container), EXPECTED.has_failed(container)) == (ready, failed)


def test_services_that_may_end_are_those_that_nothing_would_start_again() -> None:
    services = {
        "once": {}, "no": {"restart": "no"}, "retry": {"restart": "on-failure:3"}, "always": {"restart": "always"},
        "unless": {"restart": "unless-stopped"}, "checked": {"healthcheck": {"test": ["CMD", "true"]}},
        "swarm": {"deploy": {"restart_policy": {"condition": "any"}}},
    }  # fmt: skip
    assert one_shots({"services": services}) == {"once", "no", "retry"}


def test_a_restart_fails_the_proof_that_services_are_up() -> None:
    assert stack.services_up([_container(restarts=1)], EXPECTED).evidence == "api (api_temp) was restarted 1 times"
    assert stack.services_up([], EXPECTED).evidence == "api has no container"
    assert stack.services_up([_container()], EXPECTED).outcome == PASSED


def test_a_database_is_new_by_its_identity_or_by_the_removal_of_its_volume() -> None:
    assert stack.database_is_new("1/5", "1/5", ["data_temp"]).outcome == FAILED
    assert stack.database_is_new("1/5", "2/5").outcome == PASSED
    assert stack.database_is_new("", "2/5", ["data_temp"]).outcome == PASSED
    assert stack.database_is_new("", "2/5").outcome == NOT_CHECKED


def test_only_a_change_of_the_original_itself_fails() -> None:
    own, other, new = (
        Change("container", "a", "is gone", "shop"),
        Change("container", "b", "is gone", ""),
        Change("image", "c", "is new", ""),
    )
    assert stack.machine_untouched([own, other], "shop", "same").outcome == FAILED
    assert stack.machine_untouched([other], "shop", "same").outcome == NOT_CHECKED
    assert stack.machine_untouched([new], "shop", "same").evidence == "same; new on the machine meanwhile: image c"


def test_the_inventories_are_compared_by_identity_and_state() -> None:
    before = {
        "container": {
            "1": {"name": "db", "started-at": "x", "project": "shop"},
            "2": {"name": "api", "started-at": "x", "project": ""},
        }
    }
    after = {
        "container": {
            "1": {"name": "db", "started-at": "y", "project": "shop"},
            "3": {"name": "db_temp"},
            "4": {"name": "new"},
        }
    }
    assert [change.sentence() for change in compare(before, after, [("container", "db_temp")])] == [
        "container api is gone",
        "container db changed (started-at: x before, y after)",
        "container new is new",
    ]


def test_what_the_tool_could_not_check_is_not_green() -> None:
    def fail() -> stack.Proof:
        raise CannotProceed(["no answer", "more"])

    proof = attempted("It works", fail)
    assert (proof.outcome, proof.evidence, proof.details) == (NOT_CHECKED, "no answer", ("more",))
