"""The login of the settings: who is let in asks with what the answer gave, a token or cookies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from migrations_tools.http_settings import Login, Request
from migrations_tools.proofs.http_client import Client, HttpAnswer
from migrations_tools.proofs.log_window import LogWatch
from migrations_tools.proofs.proof import FAILED, PASSED, Proof

CLAIM: Final = "The login of the settings is accepted"
_WORDS: Final = 200  # signs of an answer that are shown


def log_in(client: Client, login: Login, watch: LogWatch) -> tuple[Client, Proof]:
    """Log in and return the client that is logged in; where that fails, the one before and what to do about it."""
    for request in (*login.before, login.request):
        moment = watch.begin()
        answer = client.send(request)
        if not 200 <= answer.status < 400:
            said = watch.said_since(moment) if answer.status >= 500 else []
            return client, _failed(client, request, answer, said)
    token, secrets = _token(answer, login.token), [pair.partition("=")[2] for pair in answer.cookies]
    if not token and (login.wants_token or not answer.cookies):
        return client, Proof(CLAIM, FAILED, _without_token(login, answer))
    how = []
    if token:
        name, form = login.header
        client, how = client.with_header(name, form.replace("{}", token), [token]), [f"a token in `{login.token}`"]
    if answer.cookies:
        client = client.with_header("Cookie", _cookies(client, answer), secrets)
        how.append(f"{len(answer.cookies)} cookies")
    return client, Proof(CLAIM, PASSED, f"{login.request.words()}: {answer.status}, {' and '.join(how)}")


def _failed(client: Client, request: Request, answer: HttpAnswer, said: list[str]) -> Proof:
    body = client.hide(answer.body.decode(errors="replace"))[:_WORDS].replace("\n", " ").strip()
    asked = "set `http_login` right; on a new database nobody is known yet, `http_login.before` can make somebody"
    words = f"{request.words()}: {answer.said()}; {asked}"
    return Proof(CLAIM, FAILED, words, tuple(line for line in (body and f"it says: {body}", "\n".join(said)) if line))


def _without_token(login: Login, answer: HttpAnswer) -> str:
    content = _content(answer)
    keys = ", ".join(map(str, content)) if isinstance(content, Mapping) and content else "no keys"
    words = f"{login.request.words()}: {answer.status}, and neither a token in `{login.token}` nor a cookie"
    if answer.cookies:
        words = f"{login.request.words()}: {answer.status}, and no token in `{login.token}`"
    return f"{words}; the answer has {keys}; set `http_login.token`"


def _cookies(client: Client, answer: HttpAnswer) -> str:
    given = [value for name, value in client.headers if name.lower() == "cookie"]
    return "; ".join((*given, *answer.cookies))


def _token(answer: HttpAnswer, where: str) -> str:
    found: Any = _content(answer)
    for key in where.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""


def _content(answer: HttpAnswer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None
