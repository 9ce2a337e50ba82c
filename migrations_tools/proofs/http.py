"""The application answers: its health path, and every GET of its OpenAPI document that needs no parameter."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from migrations_tools.proofs.proof import Proof, judged, not_checked

_WORKERS = 8
# Bad gateway, service unavailable, gateway timeout: something that the application needs is not there (RFC 9110).
_UNAVAILABLE = frozenset({502, 503, 504})
_BODY_BYTES = 64 * 1024 * 1024


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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect as the answer: where it points to is another route, or another host."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


# No proxy: the copy listens on this machine or the engine's, whatever the environment says about the way out.
_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def get(base: str, path: str, timeout: float) -> Answer:
    """Send one GET and give its answer; any status is an answer. `timeout` is in seconds."""
    try:
        with _OPENER.open(base + path, timeout=timeout) as response:
            return Answer(path, response.status, response.read(_BODY_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(path, error.code, error.read(_BODY_BYTES))
    except (OSError, http.client.HTTPException) as error:
        return Answer(path, 0, reason=str(getattr(error, "reason", error)) or type(error).__name__)


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
