"""Which routes of an OpenAPI document can be asked without knowing anything."""

from __future__ import annotations

from typing import Any

import pytest

from migrations_tools.proofs.openapi import Document, parameterless_gets, prefixes

_Q = {"name": "q", "in": "query", "required": True}
_COMPONENTS = {
    "parameters": {"Q": _Q, "P": {"name": "page", "in": "query", "required": True, "schema": {"$ref": "#/x/a~1b"}}},
    "pathItems": {"Shared": {"get": {}}},
}


@pytest.mark.parametrize(
    ("path", "item", "asked"),
    [
        pytest.param("/ok", {"get": {}}, "/ok", id="no parameter"),
        pytest.param("/post", {"post": {}}, "", id="no GET"),
        pytest.param("/users/{id}", {"get": {}}, "", id="a part of the path"),
        pytest.param("/s", {"get": {"parameters": [_Q]}}, "", id="a required one"),
        pytest.param("/s", {"parameters": [_Q], "get": {}}, "", id="a required one of the whole path"),
        pytest.param("/s", {"get": {"parameters": [{**_Q, "required": False}]}}, "/s", id="an optional one"),
        pytest.param(
            "/s", {"parameters": [_Q], "get": {"parameters": [{**_Q, "required": False}]}}, "/s", id="made optional"
        ),
        pytest.param("/s", {"get": {"parameters": [{**_Q, "default": "a b"}]}}, "/s?q=a+b", id="a default, Swagger 2"),
        pytest.param(
            "/s", {"get": {"parameters": [{**_Q, "schema": {"default": True}}]}}, "/s?q=true", id="a default, OpenAPI 3"
        ),
        pytest.param(
            "/{v}/s",
            {"get": {"parameters": [{"name": "v", "in": "path", "required": True, "schema": {"default": "v1"}}]}},
            "/v1/s",
            id="a default in the path",
        ),
        pytest.param("/s", {"get": {"parameters": [{"$ref": "#/components/parameters/Q"}]}}, "", id="a reference"),
        pytest.param(
            "/s", {"get": {"parameters": [{"$ref": "#/components/parameters/P"}]}}, "/s?page=3", id="two references"
        ),
        pytest.param("/s", {"get": {"parameters": [{"$ref": "other.json#/Q"}]}}, "", id="a reference to elsewhere"),
        pytest.param("/s", {"get": {"parameters": [{"$ref": "#/circle"}]}}, "", id="a reference to itself"),
        pytest.param("/s", {"$ref": "#/components/pathItems/Shared"}, "/s", id="a path by reference"),
        pytest.param("/s", None, "", id="nothing"),
    ],
)
def test_a_route_is_asked_when_nothing_need_be_known(path: str, item: Any, asked: str) -> None:
    content = {
        "paths": {path: item},
        "components": _COMPONENTS,
        "circle": {"$ref": "#/circle"},
        "x": {"a/b": {"default": 3}},
    }
    assert parameterless_gets(content) == ([asked] if asked else [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param({}, [""], id="none"),
        pytest.param({"servers": [{"url": "/"}]}, [""], id="the root"),
        pytest.param({"servers": [{"url": "/a/"}, {"url": "https://b.example/a"}]}, ["/a"], id="the same twice"),
        pytest.param({"servers": [{"url": "v2"}]}, ["/docs/v2"], id="beside the document"),
        pytest.param({"swagger": "2.0", "basePath": "/api/"}, ["/api"], id="Swagger 2"),
    ],
)
def test_prefixes_are_the_servers_paths(content: dict[str, Any], expected: list[str]) -> None:
    assert prefixes(Document("/docs/openapi.json", content)) == expected
