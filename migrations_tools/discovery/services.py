"""What a service of the resolved configuration says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

_LOCAL_URL = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(?P<port>\d+))?(?P<path>/[^\s'\"\\)|;]*)?"
)

Service = Mapping[str, Any]
Services = Mapping[str, Service]
#: Asks for the profiles of the services that are left out because none of theirs is active.
Profiled = Callable[[], Mapping[str, Sequence[str]]]


def environment(service: Service) -> dict[str, str]:
    """Return the variables of a service that have a value."""
    return {key: _plain(value) for key, value in (service.get("environment") or {}).items() if value is not None}


def published_ports(service: Service) -> list[int]:
    """Return the container's ports that a service publishes over TCP."""
    return [int(port["target"]) for port in service.get("ports") or [] if port.get("protocol", "tcp") == "tcp"]


def health_command(service: Service) -> str:
    """Return what a service's health check runs; empty when it has none."""
    return " ".join(command_words((service.get("healthcheck") or {}).get("test")))


def health_url(service: Service) -> str:
    """Return the local URL that a service's health check asks for; empty when it asks for none."""
    match = _LOCAL_URL.search(health_command(service))
    return match.group(0) if match else ""


def build_context(service: Service) -> Path | None:
    """Return the local folder that a service's image is built from; None when there is none."""
    context = _plain((service.get("build") or {}).get("context") or "")
    return Path(context).resolve() if context and "://" not in context else None


def holds(service: Service, path: Path) -> bool:
    """Return whether a service's build context holds a file."""
    context = build_context(service)
    return bool(context and context in path.parents)


def mounted_at(service: Service, path: Path) -> str:
    """Return where a file of this machine is seen in a service's container by a bind mount; empty when nowhere."""
    for volume in service.get("volumes") or []:
        source = Path(_plain(volume.get("source") or "")) if volume.get("type") == "bind" else None
        if source and source.resolve() in (path, *path.parents):
            return str(PurePosixPath(_plain(volume["target"]), *path.relative_to(source.resolve()).parts))
    return ""


def _plain(value: Any) -> str:
    """Return a value of the resolved configuration as text: Compose doubles each `$` there."""
    return str(value).replace("$$", "$")


def command_words(value: Any) -> list[str]:
    """Return a command in either of Compose's forms as words."""
    return _plain(value).split() if isinstance(value, str) else [_plain(word) for word in value or []]


@dataclass(frozen=True, slots=True)
class Database:
    """How the temp database is reached by name; the password never shows in a repr."""

    service: str
    user: str
    name: str
    port: int
    password: str = field(repr=False)
    password_file: str = ""


def database_of(name: str, services: Services) -> Database:
    """Return how the database that a service runs is reached."""
    variables = environment(services[name])
    user = variables.get("POSTGRES_USER") or variables.get("POSTGRESQL_USERNAME") or "postgres"
    return Database(
        service=name,
        user=user,
        name=variables.get("POSTGRES_DB") or variables.get("POSTGRESQL_DATABASE") or user,
        port=int(variables.get("PGPORT") or 5432),
        password=variables.get("POSTGRES_PASSWORD") or variables.get("POSTGRESQL_PASSWORD") or "",
        password_file=variables.get("POSTGRES_PASSWORD_FILE") or "",
    )


@dataclass(frozen=True, slots=True)
class Application:
    """The service that must answer over HTTP, the port it listens on and the path of its health check."""

    service: str
    port: int
    health_path: str


def application_of(name: str, services: Services, health_path: str = "") -> Application:
    """Return where the application that a service runs answers; the port of its health check, else its first."""
    url, targets = health_url(services[name]), published_ports(services[name])
    asked = urlsplit(url).port if url else None
    port = asked if asked in targets else (targets or [80])[0]
    return Application(name, port, health_path or (urlsplit(url).path if url else "") or "/")
