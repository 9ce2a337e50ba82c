"""Where an application serves its OpenAPI document, and which of its routes can be asked without knowing anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

import yaml

from migrations_tools.proofs.http_client import Client, HttpAnswer

# Where FastAPI, APIFlask, Connexion, Quart-Schema and BlackSheep serve it; the same below the prefixes that APIs stand
# under; then Flask-RESTX, Flasgger, Litestar, sanic-ext, spectree, flask-openapi3, aiohttp-apispec, drf-spectacular.
USUAL: Final = (
    "/openapi.json",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/v1/openapi.json",
    "/swagger.json",
    "/api/swagger.json",
    "/api/v1/swagger.json",
    "/apispec_1.json",
    "/schema/openapi.json",
    "/docs/openapi.json",
    "/api/docs/openapi.json",
    "/apidoc/openapi.json",
    "/openapi/openapi.json",
    "/api/docs/swagger.json",
    "/api/schema/?format=json",
    "/openapi.yaml",
)
_DEEPEST: Final = 10  # references that follow one another


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document and the path that it was served at."""

    path: str
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Search:
    """The document that was found, if one was, and the answers of all the places that were asked."""

    found: Document | None
    answers: tuple[HttpAnswer, ...]


def search(client: Client, setting: str) -> Search:
    """Ask the place that is set, or the usual ones, until one has a document, or nobody answers."""
    answers: list[HttpAnswer] = []
    for path in [setting] if setting else USUAL:
        answers.append(client.get(path))
        content = read(answers[-1])
        if content is not None:
            return Search(Document(path, content), tuple(answers))
        if answers[-1].status == 0:
            break
    return Search(None, tuple(answers))


def read(answer: HttpAnswer) -> Mapping[str, Any] | None:
    """Return the document that an answer holds; None when it holds none."""
    if answer.status != 200:
        return None
    named_yaml = "yaml" in answer.kind or answer.request.path.endswith((".yaml", ".yml"))
    try:
        content = yaml.safe_load(answer.body) if named_yaml else json.loads(answer.body)
    except (ValueError, RecursionError, yaml.YAMLError):
        return None
    return content if isinstance(content, Mapping) and isinstance(content.get("paths"), Mapping) else None


def prefixes(document: Document) -> list[str]:
    """Return what stands before the document's paths: of its servers only the path counts, whatever host they name."""
    content = document.content
    base = content.get("basePath")
    if isinstance(base, str):
        return [base.rstrip("/")]
    servers = [each for each in content.get("servers") or [] if isinstance(each, Mapping)]
    urls = [urljoin(f"http://here{document.path}", _address(server)) for server in servers]
    return list(dict.fromkeys(urlsplit(url).path.rstrip("/") for url in urls)) or [""]


def _address(server: Mapping[str, Any]) -> str:
    """Return a server's URL, its variables' defaults put in."""
    url, variables = str(server.get("url", "/")), server.get("variables")
    for name, variable in (variables if isinstance(variables, Mapping) else {}).items():
        if isinstance(variable, Mapping):
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url


def parameterless_gets(content: Mapping[str, Any]) -> list[str]:
    """Return the paths whose GET needs no parameter, or only some that have defaults, put in; sorted."""
    found = []
    for path, written in content["paths"].items():
        item = _resolved(content, written)
        operation = _resolved(content, item.get("get")) if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and isinstance(operation, Mapping):
            given = [*(item.get("parameters") or []), *(operation.get("parameters") or [])]
            filled = _filled(content, str(path), [_resolved(content, each) for each in given])
            found += [filled] if filled else []
    return sorted(set(found))


def _filled(content: Mapping[str, Any], path: str, parameters: Iterable[Any]) -> str:
    """Put the defaults of what is required into a path; "" when something required has none."""
    query = {}
    # The operation's own come last and stand for those of the path that they name again.
    unique = {(str(each.get("name")), str(each.get("in"))): each for each in parameters if isinstance(each, Mapping)}
    for (name, place), parameter in unique.items():
        if not (parameter.get("required") or place == "path"):
            continue
        default = _default(content, parameter)
        if default is None:
            return ""
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(default, safe=""))
        elif place == "query":
            query[name] = default
    return "" if "{" in path else path + (f"?{urlencode(query)}" if query else "")


def _default(content: Mapping[str, Any], parameter: Mapping[str, Any]) -> str | None:
    schema = _resolved(content, parameter.get("schema"))
    found = parameter.get("default", schema.get("default") if isinstance(schema, Mapping) else None)
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, (str, int, float)) else None


def _resolved(content: Mapping[str, Any], value: Any) -> Any:
    """Follow references inside the document (RFC 6901); one that leads nowhere or out of it needs what nobody knows."""
    for _ in range(_DEEPEST):
        if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
            return value
        value = _pointed(content, value["$ref"])
    return _UNKNOWN


_UNKNOWN: Final[Mapping[str, Any]] = {"name": "", "in": "", "required": True}


def _pointed(content: Any, reference: str) -> Any:
    if not reference.startswith("#/"):
        return _UNKNOWN
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(content, Mapping) or key not in content:
            return _UNKNOWN
        content = content[key]
    return content
