"""The application answers: its health path, and every GET of its OpenAPI document that needs no parameter."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from migrations_tools.engines.limit import Limit
from migrations_tools.proofs.proof import Proof, judged, not_checked

_WORKERS = 8
# Bad gateway, service unavailable, gateway timeout: something that the application needs is not there (RFC 9110).
_UNAVAILABLE = frozenset({502, 503, 504})
_BODY_BYTES = 64 * 1024 * 1024
# What a path may hold as it is (RFC 3986); all else, a space or a letter with an accent, is percent-encoded.
_AS_IT_IS = "/%:@!$&'()*+,;=~?#[]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one GET came to: the status, or 0 and the reason when nothing answered."""

    path: str
    status: int
    body: bytes = b""
    reason: str = ""

    def problem(self) -> str:
        """Say what is wrong with the answer; empty when it is below 500."""
        if self.status == 0:
            return f"GET {self.path}: no answer ({self.reason})"
        return f"GET {self.path}: {self.status}" if self.status >= 500 else ""


def get(base: str, path: str, timeout: float) -> Answer:
    """Send one GET and give its answer; any status is an answer. `timeout` is in seconds and for the whole of it.

    A redirect is the answer: where it points to is another route, or another host. No proxy is asked: the copy
    listens where it is said to, whatever the environment says about the way out.
    """
    place = urlsplit(base)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=timeout)
    late = threading.Event()
    watch = threading.Timer(timeout, _hang_up, (connection, late))
    watch.daemon = True
    watch.start()
    try:
        connection.request("GET", quote(path, safe=_AS_IT_IS))
        response = connection.getresponse()
        answer = Answer(path, response.status, response.read(_BODY_BYTES))
        return Answer(path, 0, reason=_too_slow(timeout)) if late.is_set() else answer
    except TimeoutError:
        return Answer(path, 0, reason=_too_slow(timeout))
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = _too_slow(timeout) if late.is_set() else str(error) or type(error).__name__
        return Answer(path, 0, reason=reason)
    finally:
        watch.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    """End a conversation that goes on for too long: each of its pieces may come in time, and the whole never."""
    late.set()
    # It may be over by now, or not have begun; then there is nothing to end.
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _too_slow(timeout: float) -> str:
    return f"not within {Limit(timeout, 'http_timeout').words()}"


def health(base: str, path: str, timeout: float, absent: Sequence[str] = ()) -> Proof:
    """Prove that the health path answers below 500.

    `absent` are services that the application uses and that do not run here: "unavailable" proves nothing then.
    """
    answer = get(base, path, timeout)
    if absent and answer.status in _UNAVAILABLE:
        return not_checked(HEALTH, f"{answer.problem()}, and {_does_not_run(absent)}")
    problem = answer.problem()
    return judged(HEALTH, [problem] if problem else [], f"GET {base}{path}: {answer.status}")


def routes(base: str, openapi_path: str, timeout: float, absent: Sequence[str] = ()) -> Proof:
    """Prove that every parameterless GET of the OpenAPI document answers below 500.

    Without a document there is nothing to ask: then the proof is not made, and says so. Routes that answer
    "unavailable" for want of an `absent` service are named as not proven.
    """
    document = get(base, openapi_path, timeout)
    if document.status != 200:
        said = document.reason or f"status {document.status}"
        return not_checked(ROUTES, f"no OpenAPI document at {base}{openapi_path} ({said}); set `openapi_path`")
    try:
        paths = parameterless_gets(json.loads(document.body))
    except (ValueError, AttributeError) as error:
        return not_checked(ROUTES, f"{base}{openapi_path} is no OpenAPI document: {error}")
    if not paths:
        return not_checked(ROUTES, f"the OpenAPI document at {base}{openapi_path} has no GET without parameters")
    with ThreadPoolExecutor(_WORKERS) as pool:
        answers = list(pool.map(lambda path: get(base, path, timeout), paths))
    excused = [answer for answer in answers if absent and answer.status in _UNAVAILABLE]
    problems = [answer.problem() for answer in answers if answer.problem() and answer not in excused]
    evidence = f"{len(answers)} routes: {_statuses(answers)}"
    if excused:
        unproven = ", ".join(answer.path for answer in excused)
        evidence += f"; not proven, for {_does_not_run(absent)}: {unproven}"
    return judged(ROUTES, problems, evidence)


def _does_not_run(absent: Sequence[str]) -> str:
    return f"{' and '.join(absent)} {'does' if len(absent) == 1 else 'do'} not run here"


def parameterless_gets(document: Mapping[str, Any]) -> list[str]:
    """Give the paths of an OpenAPI document whose GET needs no parameter, sorted."""
    found = []
    for path, item in document.get("paths", {}).items():
        operation = item.get("get")
        if operation is None or "{" in path:
            continue
        parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
        if not any(parameter.get("required") for parameter in parameters):
            found.append(path)
    return sorted(found)


def _statuses(answers: Sequence[Answer]) -> str:
    counts: dict[int, int] = {}
    for answer in answers:
        counts[answer.status] = counts.get(answer.status, 0) + 1
    return ", ".join(f"{count} × {status}" for status, count in sorted(counts.items()))


HEALTH = "The application's health path answers below 500"
ROUTES = "Every parameterless GET of the OpenAPI document answers below 500"
