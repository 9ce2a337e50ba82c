"""How the application is asked over HTTP: what the settings say of headers, a login, paths and requests.

Values may name variables of the environment as `${NAME}` (`$$` is a dollar), so that no secret stands in a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from migrations_tools.errors import CannotProceed

_METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_VARIABLE: Final = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# A field's name is a token (RFC 9110, 5.1); its value holds nothing that would end the line.
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NOT_A_VALUE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
WHERE: Final = "access_token"  # what most logins call the token in their answer
_LOGIN_KEYS: Final = ("path", "form", "json", "token", "header", "before")
# What a login sends beside the secret: to hide these words would hide half of every log.
_OPEN_FIELD: Final = re.compile(r"user|mail|login|name|grant_type|scope|client_id", re.IGNORECASE)
_SHORTEST_SECRET: Final = 4
_SHORTEST_PIECE: Final = 8


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its method, its path with the query, and a body of a type."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    kind: str = ""

    def words(self) -> str:
        """Describe it: `POST /api/search`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Login:
    """A login: its request, those before it, where the token lies in the answer, and the header that carries it."""

    request: Request
    before: tuple[Request, ...] = ()
    token: str = WHERE
    wants_token: bool = False
    header: tuple[str, str] = ("Authorization", "Bearer {}")


@dataclass(frozen=True, slots=True)
class Access:
    """What the settings say, variables put in: headers, a login, requests asked for, and what must never be shown."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    login: Login | None = None
    paths: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


def access(values: Mapping[str, Any], environment: Mapping[str, str]) -> Access:
    """Put the environment's values into the `http_…` settings, which are valid (see `mistakes`).

    Raises CannotProceed with every variable that is missing.
    """
    headers, login = values["http_headers"], values["http_login"]
    requests = [parse(text) for text in (*values["http_requests"], *login.get("before", []))]
    named = {name: key for key in ("http_headers", "http_login") for name in _variables(values[key])}
    named |= {name: "http_requests" for request in requests for name in _variables(request.body.decode())}
    reasons = [
        f"The variable {name}, which the setting `{key}` names, is not set in the environment."
        for name, key in named.items()
        if name not in environment
    ]
    if reasons:
        raise CannotProceed(reasons, tip="Set it, or write `$$` where a dollar is meant.")
    filled = {name: str(_filled(value, environment)) for name, value in headers.items()}
    bad = [name for name, value in filled.items() if _NOT_A_VALUE.search(value)]
    if bad:
        raise CannotProceed(
            [f"The value of `http_headers.{name}` holds a sign that no header may hold." for name in bad]
        )
    hidden = [*filled.values(), *_hidden_fields(login, environment), *(environment[name] for name in named)]
    return Access(
        tuple(filled.items()),
        _login(login, environment) if login else None,
        tuple(values["http_paths"]),
        tuple(_put_in(parse(text), environment) for text in values["http_requests"]),
        secret_words(hidden),
    )


def secret_words(values: Iterable[str]) -> tuple[str, ...]:
    """Return what must be hidden for these values to be: each, and its longer pieces; the longest first."""
    plain = [value for value in values if len(value) >= _SHORTEST_SECRET]
    found = {*plain, *map(quote_plus, plain)}
    pieces = {
        piece for value in found for word in re.split(r"[\s;,]+", value) for piece in (word, word.partition("=")[2])
    }
    return tuple(sorted(found | {each for each in pieces if len(each) >= _SHORTEST_PIECE}, key=len, reverse=True))


def parse(text: str) -> Request:
    """Read `POST /api/search {"q": "x"}`. Raises ValueError with what is wrong with it."""
    method, _, rest = text.strip().partition(" ")
    path, _, body = rest.strip().partition(" ")
    if method not in _METHODS:
        raise ValueError(f"it begins with none of {', '.join(_METHODS)}")
    if not path.startswith("/"):
        raise ValueError("after the method comes a path that begins with /")
    if not body.strip():
        return Request(method, path)
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ValueError(f"what follows the path is no JSON: {error}") from error
    return Request(method, path, json.dumps(content).encode(), "application/json")


# --- mistakes ----------------------------------------------------------------------------------------------------


def mistakes(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the values of the `http_…` settings, each of the right type; no value is repeated."""
    for name, value in values.get("http_headers", {}).items():
        if not _NAME.fullmatch(str(name)):
            yield f"`http_headers` has {name!r}, which is no name of a header."
        elif not _is_text(value) or _NOT_A_VALUE.search(str(value)):
            yield f"`http_headers.{name}` must be a text on one line."
    for path in values.get("http_paths", []):
        if not path.startswith("/"):
            yield f"`http_paths` has {path!r}, which must begin with /."
    if not values.get("openapi_path", "").startswith("/") and values.get("openapi_path"):
        yield f"`openapi_path` must begin with /, not be {values['openapi_path']!r}."
    yield from _request_mistakes("http_requests", values.get("http_requests", []))
    if values.get("http_login"):
        yield from _login_mistakes(values["http_login"])


def _request_mistakes(key: str, texts: Any) -> Iterator[str]:
    form = """as 'POST /search {"q": "x"}' is"""
    if not isinstance(texts, Sequence) or isinstance(texts, str) or not all(isinstance(each, str) for each in texts):
        yield f"`{key}` must be a list of requests, each {form} (in quotes)."
        return
    for number, text in enumerate(texts, 1):
        try:
            parse(text)
        except ValueError as error:
            yield f"`{key}`, number {number}, must be a request, {form}: {error}."


def _login_mistakes(login: Mapping[str, Any]) -> Iterator[str]:
    unknown = [str(key) for key in login if key not in _LOGIN_KEYS]
    if unknown:
        yield f"`http_login` has {', '.join(unknown)}; it knows {', '.join(_LOGIN_KEYS)}."
    if not str(login.get("path", "")).startswith("/"):
        yield "`http_login.path` must be the path of the login, and begin with /."
    if ("form" in login) == ("json" in login):
        yield "`http_login` needs either `form` (the fields of a form) or `json` (the body), and not both."
    if "form" in login and not (isinstance(login["form"], Mapping) and all(map(_is_text, login["form"].values()))):
        yield "`http_login.form` must be a map of fields and their texts."
    if not isinstance(login.get("token", ""), str):
        yield "`http_login.token` must be a text: where the token lies in the answer, as `data.access_token`."
    name, colon, value = str(login.get("header", "A: {}")).partition(":")
    if not (colon and _NAME.fullmatch(name) and "{}" in value) or _NOT_A_VALUE.search(value):
        yield "`http_login.header` must be a header with {} where the token stands, as `Authorization: Bearer {}`."
    yield from _request_mistakes("http_login.before", login.get("before", []))


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


# --- variables ---------------------------------------------------------------------------------------------------


def _login(login: Mapping[str, Any], environment: Mapping[str, str]) -> Login:
    if "form" in login:
        fields = {name: str(_filled(value, environment)) for name, value in login["form"].items()}
        body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps(_filled(login["json"], environment)).encode(), "application/json"
    name, _, value = str(login.get("header", "Authorization: Bearer {}")).partition(":")
    return Login(
        Request("POST", str(login["path"]), body, kind),
        tuple(_put_in(parse(text), environment) for text in login.get("before", [])),
        login.get("token", WHERE),
        bool(login.get("token")),
        (name, value.strip()),
    )


def _put_in(request: Request, environment: Mapping[str, str]) -> Request:
    if not request.body:
        return request
    body = json.dumps(_filled(json.loads(request.body), environment)).encode()
    return Request(request.method, request.path, body, request.kind)


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    """Put variables into every text of a value."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: environment[match[1]] if match[1] else "$", value)
    if isinstance(value, Mapping):
        return {str(key): _filled(item, environment) for key, item in value.items()}
    return [_filled(item, environment) for item in value] if isinstance(value, (list, tuple)) else value


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text in a value, with the key that it stands under."""
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    )
    for key, item in items:
        yield from [(str(key), str(item))] if _is_text(item) else _texts(item)


def _variables(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else [text for _, text in _texts(value)]
    return [match[1] for text in texts for match in _VARIABLE.finditer(text) if match[1]]


def _hidden_fields(login: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    sent = [login.get("form") or login.get("json") or {}, *(_body(text) for text in login.get("before", []))]
    return [
        str(_filled(text, environment)) for body in sent for key, text in _texts(body) if not _OPEN_FIELD.search(key)
    ]


def _body(text: str) -> Any:
    return json.loads(parse(text).body or b"{}")
