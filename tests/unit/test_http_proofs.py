"""The application's answers: which routes are asked, how a failure is told, and what is not proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from migrations_tools.http_settings import Login, Request, parse
from migrations_tools.proofs import http
from migrations_tools.proofs.http import Asker
from migrations_tools.proofs.http_client import Client
from migrations_tools.proofs.log_window import LogWatch
from migrations_tools.proofs.login import log_in
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, Proof
from tests.support.speaking import TRACEBACK, Application, Call, Reply, speaking


def _asker(application: Application, *absent: str, timeout: float = 5) -> Asker:
    client = Client(application.base, timeout)
    return Asker(client, LogWatch(application.logs, client.hide, 0.5), absent)


def _paths(*names: str, **more: Any) -> Reply:
    return 200, {"paths": {name: {"get": {}} for name in names}, **more}


def _routes(application: Application, setting: str = "", *absent: str) -> Proof:
    proof = http.routes(_asker(application, *absent), setting, listed=False)
    assert proof is not None
    return proof


def _raising(application: Callable[[], Application], text: str = TRACEBACK) -> Callable[[Call], Reply]:
    """Return an answer of 500, whose traceback comes into the log when the answer is gone already."""

    def answer(_: Call) -> Reply:
        application().write_later(text)
        return 500, "Internal Server Error"

    return answer


def test_a_route_that_fails_is_told_with_the_last_frames_of_the_projects_own_code_and_the_exception() -> None:
    answers = {"GET /openapi.json": _paths("/email-logs", "/ok"), "GET /ok": (200, "")}
    with speaking({**answers, "GET /email-logs": _raising(lambda: application)}) as application:
        proof = _routes(application)
    assert (proof.outcome, proof.evidence) == (FAILED, "1 of 2 routes of /openapi.json: 1 × 200, 1 × 500")
    assert "".join(proof.details) == (
        "GET /email-logs: 500, and again when asked alone\n"
        "  from the log of api:\n"
        '    File "/app/src/routes/email_logs.py", line 12, in list_logs\n'
        "      return session.scalars(select(EmailLog)).all()\n"
        '  sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "email_logs" does not exist'
    )
    assert application.asked().count("GET /email-logs") == 2


def test_a_route_that_fails_only_beside_others_says_so() -> None:
    def once(call: Call) -> Reply:
        if call.before:
            return 200, ""
        application.write_later('Traceback (most recent call last):\n  File "a.py", line 1, in f\nTimeoutError: pool')
        return 500, ""

    with speaking({"GET /openapi.json": _paths("/busy"), "GET /busy": once}) as application:
        (detail,) = _routes(application).details
    assert detail.startswith("GET /busy: 500, but 200 when asked alone: only beside other requests")
    assert "while all were asked," in detail
    assert "TimeoutError: pool" in detail


def test_what_the_log_says_of_several_routes_is_told_once() -> None:
    answers = {"GET /openapi.json": _paths("/a", "/b")}
    answers |= {f"GET {path}": _raising(lambda: application) for path in ("/a", "/b")}
    with speaking(answers) as application:
        first, second = _routes(application).details
    assert "UndefinedTable" in first
    assert second == "GET /b: 500, and again when asked alone\n  the log says the same as of GET /a"


def test_without_a_traceback_the_logs_last_words_are_told() -> None:
    answers = {"GET /openapi.json": _paths("/a"), "GET /a": _raising(lambda: application, "Error: boom\n    at a.js:1")}
    with speaking(answers) as application:
        (detail,) = _routes(application).details
    assert "no traceback in the logs; api says last:\n    Error: boom\n        at a.js:1" in detail


def test_secrets_in_a_traceback_are_masked() -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: s3cr3t-t0ken \x1b[2J'
    with speaking({"GET /openapi.json": _paths("/a"), "GET /a": _raising(lambda: application, text)}) as application:
        client = Client(application.base, 5, secrets=("s3cr3t-t0ken",))
        proof = http.routes(Asker(client, LogWatch(application.logs, client.hide, 0.5)), "", listed=False)
    assert proof is not None
    assert "ValueError: *** \\x1b[2J" in proof.details[0]


@pytest.mark.parametrize("place", ["/openapi.json", "/api/v1/openapi.json", "/apispec_1.json", "/schema/openapi.json"])
def test_the_usual_places_are_asked_for_the_document(place: str) -> None:
    page = (200, b"<html>", {"Content-Type": "text/html"})
    with speaking({"GET /openapi.json": page, f"GET {place}": _paths("/ok"), "GET /ok": (200, "")}) as application:
        assert _routes(application).evidence == f"1 routes of {place}: 1 × 200"


def test_only_the_place_of_the_setting_is_asked() -> None:
    with speaking({"GET /openapi.json": _paths("/ok")}) as application:
        proof = _routes(application, "/docs.json")
    assert (proof.outcome, application.asked()) == (NOT_CHECKED, ["GET /docs.json"])
    assert "/docs.json (status 404); set `openapi_path`" in proof.evidence


def test_a_document_in_yaml_is_read() -> None:
    text = b"openapi: 3.0.3\npaths:\n  /ok: {get: {}}\n"
    with speaking(
        {"GET /spec": (200, text, {"Content-Type": "application/yaml"}), "GET /ok": (200, "")}
    ) as application:
        assert _routes(application, "/spec").outcome == PASSED


def test_without_a_document_the_routes_are_not_checked_unless_paths_are_listed() -> None:
    with speaking({}) as application:
        assert _routes(application).outcome == NOT_CHECKED
        assert http.routes(_asker(application), "", listed=True) is None


def test_a_document_that_cannot_be_made_is_a_failure() -> None:
    with speaking({"GET /openapi.json": _raising(lambda: application)}) as application:
        proof = _routes(application)
    assert (proof.outcome, proof.evidence) == (FAILED, "GET /openapi.json: 500")
    assert "ProgrammingError" in proof.details[0]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"servers": [{"url": "/api"}]}, id="a path"),
        pytest.param({"servers": [{"url": "https://api.example.com/api/"}]}, id="another host"),
        pytest.param({"servers": [{"url": "/{v}", "variables": {"v": {"default": "api"}}}]}, id="a variable"),
        pytest.param({"basePath": "/api"}, id="Swagger 2"),
    ],
)
def test_of_servers_only_the_path_counts(more: dict[str, Any]) -> None:
    with speaking({"GET /openapi.json": _paths("/ok", **more), "GET /api/ok": (200, "")}) as application:
        assert _routes(application).evidence == "1 routes of /openapi.json: 1 × 200"


def test_a_prefix_that_only_a_proxy_knows_is_left_out() -> None:
    document = _paths("/ok", servers=[{"url": "/behind/a/proxy"}])
    with speaking({"GET /openapi.json": document, "GET /ok": (200, "")}) as application:
        assert _routes(application).evidence == "1 routes of /openapi.json: 1 × 200"


def test_refused_routes_are_counted_and_the_settings_named() -> None:
    answers = {"GET /openapi.json": _paths("/me", "/ok"), "GET /me": (401, ""), "GET /ok": (200, "")}
    with speaking(answers) as application:
        proof = _routes(application)
    assert proof.outcome == PASSED
    assert "1 only refused (401, 403, or sent to log in), so that nothing is proven of what they do" in proof.evidence
    assert "`http_headers` or `http_login`" in proof.evidence


REDIRECTS = {
    "/accounts/login/?next=/me": NOT_CHECKED,
    "https://id.example.org/sso/start": NOT_CHECKED,
    "/sign-in": NOT_CHECKED,
    "/me/?from=/login": PASSED,
    "/authors": PASSED,
    "/blogin": PASSED,
    "http://[": PASSED,
    "": PASSED,
}


@pytest.mark.parametrize("place", REDIRECTS)
def test_a_redirect_to_where_one_logs_in_proves_nothing_and_any_other_is_an_answer(place: str) -> None:
    answers: dict[str, Any] = {"GET /openapi.json": _paths("/me"), "GET /me": (302, "", {"Location": place})}
    with speaking(answers) as application:
        assert _routes(application).outcome == REDIRECTS[place]


def test_where_every_route_was_only_refused_nothing_is_proven() -> None:
    with speaking({"GET /openapi.json": _paths("/me"), "GET /me": (403, "")}) as application:
        assert _routes(application).outcome == NOT_CHECKED


def test_a_stream_of_events_has_answered_and_is_named() -> None:
    events = (200, b"data: 1\n\n", {"Content-Type": "text/event-stream"})
    with speaking({"GET /openapi.json": _paths("/events"), "GET /events": events}) as application:
        proof = _routes(application)
    assert proof.outcome == PASSED
    assert proof.evidence.endswith("; answered, and its end was not waited for: /events")


def test_unavailable_is_excused_where_a_service_is_not_there() -> None:
    answers = {"GET /openapi.json": _paths("/a", "/b"), "GET /a": (503, ""), "GET /b": (200, "")}
    with speaking(answers) as application:
        assert "not proven, for redis does not run here: /a" in _routes(application, "", "redis").evidence
        assert _routes(application).outcome == FAILED


def test_who_logs_out_is_asked_last() -> None:
    names = ("/auth/logout", "/b", "/c")
    answers = {"GET /openapi.json": _paths(*names), **{f"GET {name}": (200, "") for name in names}}
    with speaking(answers) as application:
        _routes(application)
    assert application.asked()[-1] == "GET /auth/logout"


def test_health_tells_the_traceback_too() -> None:
    with speaking({"GET /health": _raising(lambda: application), "GET /teapot": (418, "")}) as application:
        proof = http.health(_asker(application), "/health")
        assert http.health(_asker(application), "/teapot").outcome == PASSED
    assert (proof.outcome, proof.evidence) == (FAILED, "GET /health: 500")
    assert "ProgrammingError" in proof.details[0]


def test_paths_and_requests_of_the_settings_are_asked_requests_in_their_order_and_once() -> None:
    answers = {"GET /a": (200, ""), "POST /b": _raising(lambda: application), "DELETE /c": (204, b"")}
    with speaking(answers) as application:
        requests = [parse('POST /b {"q": "x"}'), parse("DELETE /c")]
        proof = http.asked_for(_asker(application), ["/a"], requests)
    assert application.asked() == ["GET /a", "POST /b", "DELETE /c"]
    assert application.calls[1].body == b'{"q": "x"}'
    assert proof.evidence == "1 of 3 requests: 1 × 200, 1 × 204, 1 × 500"
    assert proof.details[0].startswith("POST /b: 500\n  from the log of api:")


# --- the login ---------------------------------------------------------------------------------------------------

LOGIN = Login(Request("POST", "/login", b"{}", "application/json"))


def _log_in(application: Application, login: Login) -> tuple[Client, Proof]:
    asker = _asker(application)
    return log_in(asker.client, login, asker.watch)


def test_a_token_is_sent_on_as_the_setting_says() -> None:
    login = Login(LOGIN.request, token="data.jwt", header=("X-Auth", "Token {}"))
    with speaking({"POST /login": (200, {"data": {"jwt": "abcdefgh1"}})}) as application:
        client, proof = _log_in(application, login)
        client.get("/a")
    assert (proof.outcome, proof.evidence) == (PASSED, "POST /login: 200, a token in `data.jwt`")
    assert application.calls[-1].headers["X-Auth"] == "Token abcdefgh1"
    assert client.hide("log: abcdefgh1") == "log: ***"


def test_cookies_of_the_login_are_kept() -> None:
    answers = {"POST /login": (302, b"", {"Set-Cookie": "session=s1s2s3s4; HttpOnly; Path=/"})}
    with speaking(answers) as application:
        client, proof = _log_in(application, LOGIN)
        client.get("/a")
    assert proof.outcome == PASSED
    assert application.calls[-1].headers["Cookie"] == "session=s1s2s3s4"


def test_a_login_that_fails_says_the_status_and_what_to_do() -> None:
    with speaking({"POST /login": (401, {"detail": "no such user"})}) as application:
        _, proof = _log_in(application, LOGIN)
    assert proof.outcome == FAILED
    assert proof.evidence.startswith("POST /login: 401; set `http_login` right")
    assert "`http_login.before` can make somebody" in proof.evidence
    assert proof.details == ('it says: {"detail": "no such user"}',)


def test_an_answer_without_a_token_names_its_keys_and_not_their_values() -> None:
    with speaking({"POST /login": (200, {"jwt": "abcdefgh1"})}) as application:
        _, proof = _log_in(application, LOGIN)
    assert proof.outcome == FAILED
    assert "the answer has jwt; set `http_login.token`" in proof.evidence
    assert "abcdefgh1" not in proof.evidence


def test_what_is_to_come_before_the_login_comes_before() -> None:
    login = Login(LOGIN.request, before=(parse('POST /users {"name": "me"}'),))
    with speaking({"POST /users": (201, ""), "POST /login": (200, {"access_token": "abcdefgh1"})}) as application:
        _, proof = _log_in(application, login)
    assert proof.outcome == PASSED
    assert application.asked() == ["POST /users", "POST /login"]


def test_how_many_requests_are_answered_of_how_many_is_told_on_the_way() -> None:
    told: list[tuple[int, int, str]] = []
    answers = {"GET /openapi.json": _paths("/a", "/b", "/logout"), **{f"GET /{name}": (200, "") for name in "ab"}}
    with speaking({**answers, "GET /logout": (200, "")}) as application:
        asker = replace(_asker(application), count=lambda *given: told.append(given))
        assert http.routes(asker, "", listed=False)
    assert told == [(1, 3, "requests"), (2, 3, "requests")]
