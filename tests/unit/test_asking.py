"""The `http_…` settings: read with the environment's values, and every mistake told without repeating a value."""

from __future__ import annotations

from typing import Any

import pytest

from migrations_tools import settings
from migrations_tools.errors import CannotProceed
from migrations_tools.http_settings import Access, access, parse


def _access(environment: dict[str, str] | None = None, **values: Any) -> Access:
    blank = {"http_headers": {}, "http_login": {}, "http_paths": [], "http_requests": []}
    settings.load(values)
    return access({**blank, **values}, environment or {})


def test_variables_of_the_environment_are_put_in() -> None:
    found = _access({"TOKEN": "abc$1"}, http_headers={"Authorization": "Bearer ${TOKEN}", "X-Price": "5$$", "X-N": 7})
    assert found.headers == (("Authorization", "Bearer abc$1"), ("X-Price", "5$"), ("X-N", "7"))


def test_every_missing_variable_is_told_with_its_setting() -> None:
    with pytest.raises(CannotProceed) as caught:
        _access(
            http_headers={"A": "${NO_TOKEN}"},
            http_login={"path": "/login", "json": {"deep": [{"password": "${NO_PASSWORD}"}]}},
            http_requests=['POST /a {"key": "${NO_KEY}"}'],
        )
    assert caught.value.reasons == (
        "The variable NO_TOKEN, which the setting `http_headers` names, is not set in the environment.",
        "The variable NO_PASSWORD, which the setting `http_login` names, is not set in the environment.",
        "The variable NO_KEY, which the setting `http_requests` names, is not set in the environment.",
    )


def test_a_login_is_a_form_or_json() -> None:
    form = _access({"PW": "a&b"}, http_login={"path": "/l", "form": {"username": "me", "password": "${PW}"}}).login
    body = _access({"PW": 'a"b'}, http_login={"path": "/l", "json": {"password": "${PW}"}}).login
    assert form is not None
    assert (form.request.body, form.request.kind) == (
        b"username=me&password=a%26b",
        "application/x-www-form-urlencoded",
    )
    assert body is not None
    assert (body.request.body, body.token, body.header) == (
        b'{"password": "a\\"b"}',
        "access_token",
        ("Authorization", "Bearer {}"),
    )


def test_what_is_secret_is_known_and_a_users_name_is_none() -> None:
    found = _access(
        {"TOKEN": "t0k3n-of-mine", "KEY": "k3y-of-mine"},
        http_headers={"Authorization": "Bearer ${TOKEN}"},
        http_login={"path": "/l", "form": {"username": "administrator", "password": "open sesame"}},
        http_requests=['POST /a {"user": "${KEY}"}'],
    )
    assert {"t0k3n-of-mine", "open sesame", "open+sesame", "k3y-of-mine"} <= set(found.secrets)
    assert not {"administrator", "Bearer"} & set(found.secrets)
    assert "sesame" not in repr(found)
    assert "t0k3n" not in repr(found)


def test_a_request_is_a_method_a_path_and_json() -> None:
    request = parse('POST /api/search?a=1 {"q": "x y"}')
    assert (request.words(), request.body) == ("POST /api/search?a=1", b'{"q": "x y"}')
    assert parse("DELETE /a").body == b""


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"http_headers": {"A b": "x"}}, "http_headers` has 'A b', which is no name", id="a name"),
        pytest.param({"http_headers": {"A": "hidden\nB: c"}}, "http_headers.A` must be a text on", id="a line break"),
        pytest.param({"http_headers": {"A": ["hidden"]}}, "http_headers.A` must be a text on", id="a list"),
        pytest.param({"http_headers": "hidden"}, "http_headers` must be a map, not a text.", id="no map"),
        pytest.param({"http_paths": ["a"]}, "http_paths` has 'a', which must begin with /.", id="a path"),
        pytest.param({"openapi_path": "a"}, "openapi_path` must begin with /", id="the document's path"),
        pytest.param({"http_requests": ["/a"]}, "http_requests`, number 1, must be a request", id="no method"),
        pytest.param({"http_requests": ["POST a"]}, "http_requests`, number 1, must be a request", id="no path"),
        pytest.param({"http_requests": ["GET /a", "POST /a hidden"]}, "http_requests`, number 2, must", id="no JSON"),
        pytest.param(
            {"http_requests": [{"POST /a": "hidden"}]},
            "http_requests` must be a list of texts; number 1 is a map; write it in quotes.",
            id="YAML without quotes",
        ),
        pytest.param({"http_login": {"form": {}}}, "http_login.path` must be the path", id="a login nowhere"),
        pytest.param({"http_login": {"path": "/l"}}, "http_login` needs either `form`", id="a login of nothing"),
        pytest.param(
            {"http_login": {"path": "/l", "form": {"password": ["hidden"]}}},
            "http_login.form` must be a map",
            id="a form of lists",
        ),
        pytest.param(
            {"http_login": {"path": "/l", "form": {}, "password": "hidden"}},
            "http_login` has password; it knows",
            id="an unknown key",
        ),
        pytest.param(
            {"http_login": {"path": "/l", "form": {}, "header": "Bearer {}"}},
            "http_login.header` must be",
            id="a header without a name",
        ),
        pytest.param({"http_login": {"path": "/l", "form": {}, "token": 1}}, "http_login.token` must", id="a token"),
        pytest.param(
            {"http_login": {"path": "/l", "form": {}, "before": "POST /a"}},
            "http_login.before` must be a list",
            id="no list before",
        ),
    ],
)
def test_a_mistake_is_told_and_no_value_repeated(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotProceed) as caught:
        settings.load(values)
    (told,) = caught.value.reasons
    assert told.startswith(f"`migrations_tools.{reason}")
    assert "hidden" not in told


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(CannotProceed) as caught:
        settings.load({"http_login": {"user": "x"}, "http_paths": ["a"], "engine": "podman"})
    assert len(caught.value.reasons) == 5
