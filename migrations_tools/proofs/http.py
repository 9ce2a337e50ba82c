"""The application answers: its health path, the routes of its OpenAPI document, and what the settings ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from migrations_tools.http_settings import Request
from migrations_tools.progress import Counted, silent
from migrations_tools.proofs import openapi
from migrations_tools.proofs.http_client import Client, HttpAnswer
from migrations_tools.proofs.log_window import LogWatch
from migrations_tools.proofs.openapi import Document
from migrations_tools.proofs.proof import FAILED, PASSED, Proof, not_checked

HEALTH: Final = "The application's health path answers below 500"
ROUTES: Final = "Every parameterless GET of the OpenAPI document answers below 500"
ASKED_FOR: Final = "Every path and request of the settings answers below 500"

_WORKERS: Final = 8
# Bad gateway, service unavailable, gateway timeout: something that the application needs is not there (RFC 9110).
_UNAVAILABLE: Final = frozenset({502, 503, 504})
_REFUSED: Final = frozenset({401, 403})
# Where somebody is sent who has not logged in.
_LOGIN: Final = re.compile(r"(?<![a-z])(log-?_?[io]n|sign-?_?in|auth|sso)\b", re.IGNORECASE)
# Who asks this ends the session that all others need.
_LOGOUT: Final = re.compile(r"log-?_?out|sign-?_?out", re.IGNORECASE)
_TOLD: Final = 10  # failures that are looked into
_TRIED: Final = 3  # paths that tell whether a prefix is the right one


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where the logs are read, what the application uses and does not run here, and who counts along."""

    client: Client
    watch: LogWatch
    absent: tuple[str, ...] = ()
    count: Counted = silent

    def excuses(self, answer: HttpAnswer) -> bool:
        """Return whether an answer proves nothing: "unavailable", and something is not there."""
        return bool(self.absent) and answer.status in _UNAVAILABLE

    def excuse(self) -> str:
        """Return what does not run here."""
        return f"{' and '.join(self.absent)} {'does' if len(self.absent) == 1 else 'do'} not run here"

    def fails(self, answer: HttpAnswer) -> bool:
        """Return whether an answer is a problem."""
        return bool(answer.problem()) and not self.excuses(answer)


# --- the proofs --------------------------------------------------------------------------------------------------


def health(asker: Asker, path: str) -> Proof:
    """Prove that the health path answers below 500."""
    told = _in_turn(asker, Request("GET", path))
    if asker.excuses(told.answer):
        return not_checked(HEALTH, f"{told.answer.problem()}, and {asker.excuse()}")
    if not asker.fails(told.answer):
        return Proof(HEALTH, PASSED, f"GET {asker.client.base}{path}: {told.answer.status}")
    return Proof(HEALTH, FAILED, told.answer.problem(), ("\n".join(told.said),) if told.said else ())


def routes(asker: Asker, setting: str, listed: bool) -> Proof | None:
    """Prove that every parameterless GET of the OpenAPI document answers below 500.

    Without a document there is nothing to ask: then the proof is not made, and says so; it is not missed (None) where
    the settings list (`listed`) paths in its stead.
    """
    moment = asker.watch.begin()
    search = openapi.search(asker.client, setting)
    if search.found is None:
        broken = [answer for answer in search.answers if answer.status >= 500 and asker.fails(answer)]
        if broken:
            return Proof(ROUTES, FAILED, broken[0].problem(), ("\n".join(asker.watch.said_since(moment)),))
        return None if listed and not setting else not_checked(ROUTES, _no_document(asker.client, setting, search))
    document = search.found
    paths = openapi.parameterless_gets(document.content)
    if not paths:
        where = f"{asker.client.base}{document.path}"
        return not_checked(ROUTES, f"the OpenAPI document at {where} has no GET without parameters")
    prefix = _prefix(asker.client, document, paths)
    requests = [Request("GET", f"{prefix}{path}") for path in paths]
    return _judged(asker, ROUTES, _together(asker, requests), f"routes of {document.path}")


def asked_for(asker: Asker, paths: Sequence[str], requests: Sequence[Request]) -> Proof:
    """Prove that the paths of the settings, and the requests in their order, answer below 500."""
    told = _together(asker, [Request("GET", path) for path in paths])
    told += [_in_turn(asker, request) for request in requests]
    return _judged(asker, ASKED_FOR, told, "requests")


def _no_document(client: Client, setting: str, search: openapi.Search) -> str:
    last = search.answers[-1]
    if setting or not last.status:
        said = "what it answers is none" if last.status == 200 else last.reason or f"status {last.status}"
        return f"no OpenAPI document at {client.base}{last.request.path} ({said}); set `openapi_path`"
    places = f"any of the {len(openapi.USUAL)} usual places"
    return f"no OpenAPI document at {places}; set `openapi_path`, or list paths in `http_paths`"


def _prefix(client: Client, document: Document, paths: Sequence[str]) -> str:
    """Return what stands before the paths: the first of the servers' prefixes, or none, where they are known."""
    candidates = openapi.prefixes(document)
    if candidates == [""]:
        return ""
    for prefix in dict.fromkeys((*candidates, "")):
        if any(client.get(f"{prefix}{path}").status not in (0, 404) for path in paths[:_TRIED]):
            return prefix
    return candidates[0]


# --- asking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """An answer, and what else there is to say of it, a line each."""

    answer: HttpAnswer
    words: str = ""
    said: tuple[str, ...] = ()


def _in_turn(asker: Asker, request: Request) -> FailedRequest:
    """Send one request by itself; when it fails, say what the log says of that moment."""
    moment = asker.watch.begin()
    answer = asker.client.send(request)
    said = asker.watch.said_since(moment) if asker.fails(answer) and not answer.late else ()
    return FailedRequest(answer, said=tuple(said))


def _together(asker: Asker, requests: Sequence[Request]) -> list[FailedRequest]:
    """Send all at once; each that fails is sent again by itself, so that what the log says then is of this one."""
    moment = asker.watch.begin()
    last = [request for request in requests if _LOGOUT.search(request.path)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        first = [request for request in requests if request not in last]
        answers = []
        for answer in pool.map(asker.client.send, first):
            answers.append(answer)
            asker.count(len(answers), len(requests), "requests")
    answers += map(asker.client.send, last)
    failing = [answer for answer in answers if asker.fails(answer) and not answer.late]
    period = asker.watch.said_since(moment) if failing else []
    again = {answer.request: _again(asker, answer, period) for answer in failing[:_TOLD]}
    return [again.get(answer.request) or FailedRequest(answer) for answer in answers]


def _again(asker: Asker, answer: HttpAnswer, period: Sequence[str]) -> FailedRequest:
    """Ask once more, alone; what did not fail again is told with what the log said while all were asked."""
    alone = _in_turn(asker, answer.request)
    if asker.fails(alone.answer):
        same = "again" if alone.answer.status == answer.status else alone.answer.said()
        return FailedRequest(answer, f", and {same} when asked alone", alone.said)
    words = f", but {alone.answer.said()} when asked alone: only beside other requests, or only now and then"
    return FailedRequest(answer, words, ("while all were asked,", *period))


# --- the verdict -------------------------------------------------------------------------------------------------


def _judged(asker: Asker, claim: str, told: Sequence[FailedRequest], what: str) -> Proof:
    answers = [each.answer for each in told]
    evidence = f"{len(answers)} {what}: {_statuses(answers)}{''.join(_remarks(asker, answers))}"
    failing = [each for each in told if asker.fails(each.answer)]
    if failing:
        return Proof(claim, FAILED, f"{len(failing)} of {evidence}", tuple(_details(failing)))
    if all(map(_refuses, answers)):
        return not_checked(claim, evidence)
    return Proof(claim, PASSED, evidence)


def _refuses(answer: HttpAnswer) -> bool:
    """Return whether an answer is that one must log in first."""
    if 300 <= answer.status < 400:
        return bool(_LOGIN.search(_path(answer.place))) and not _LOGIN.search(_path(answer.request.path))
    return answer.status in _REFUSED


def _path(place: str) -> str:
    try:
        return urlsplit(place).path
    except ValueError:  # no address at all
        return ""


def _details(failing: Sequence[FailedRequest]) -> Iterator[str]:
    """Yield each failure; what the log says of several is told with the first."""
    first: dict[tuple[str, ...], str] = {}
    for each in failing:
        lines = [each.answer.problem() + each.words]
        if each.said in first:
            lines.append(f"  the log says the same as of {first[each.said]}")
        elif each.said:
            first[each.said] = each.answer.request.words()
            lines += [f"  {line}" for line in each.said]
        yield "\n".join(lines)


def _remarks(asker: Asker, answers: Sequence[HttpAnswer]) -> Iterator[str]:
    refused = sum(map(_refuses, answers))
    if refused:
        yield f"; {refused} only refused (401, 403, or sent to log in), so that nothing is proven of what they do: set"
        yield " `http_headers` or `http_login`"
    unending = [answer.request.path for answer in answers if answer.open]
    if unending:
        yield f"; answered, and its end was not waited for: {', '.join(unending)}"
    excused = [answer.request.path for answer in answers if asker.excuses(answer)]
    if excused:
        yield f"; not proven, for {asker.excuse()}: {', '.join(excused)}"


def _statuses(answers: Sequence[HttpAnswer]) -> str:
    counts = Counter(answer.status for answer in answers)
    return ", ".join(f"{count} × {status or 'no answer'}" for status, count in sorted(counts.items()))
