"""Which service is the database and which the application, read from the resolved configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from migrations_tools.discovery.setting_hints import line_to_write
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import SECTION, Settings

_POSTGRES_IMAGES = frozenset(
    {
        "postgres",
        "postgresql",
        "postgis",
        "pgvector",
        "timescaledb",
        "timescaledb-ha",
        "pgrouting",
        "citus",
        "alloydbomni",
    }
)
_LOCAL_URL = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(?P<port>\d+))?(?P<path>/[^\s'\"\\)|;]*)?"
)

Service = Mapping[str, Any]
Services = Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Database:
    """How the temp database is reached by name; the password never shows in a repr."""

    service: str
    user: str
    name: str
    port: int
    password: str = field(repr=False)
    password_file: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """The service that must answer over HTTP, the port it listens on and the path of its health check."""

    service: str
    port: int
    health_path: str


def find_database(settings: Settings, services: Services) -> Database:
    """Return the database service and its credentials. Raises CannotProceed when none or several fit."""
    if settings.database_service:
        name = existing("database_service", settings.database_service, services)
    else:
        name = only(
            "database_service", [key for key, item in services.items() if is_postgres(item)], "that is PostgreSQL"
        )
    variables = _environment(services[name])
    user = variables.get("POSTGRES_USER") or variables.get("POSTGRESQL_USERNAME") or "postgres"
    return Database(
        service=name,
        user=user,
        name=variables.get("POSTGRES_DB") or variables.get("POSTGRESQL_DATABASE") or user,
        port=int(variables.get("PGPORT") or 5432),
        password=variables.get("POSTGRES_PASSWORD") or variables.get("POSTGRESQL_PASSWORD") or "",
        password_file=variables.get("POSTGRES_PASSWORD_FILE") or "",
    )


def is_postgres(service: Service) -> bool:
    """Return whether a service is PostgreSQL, by its image or, when it is built here, by its variables."""
    image = str(service.get("image") or "").split("@")[0]
    basename = image.rsplit("/", 1)[-1].split(":")[0]
    return basename in _POSTGRES_IMAGES or ("POSTGRES_PASSWORD" in _environment(service) and bool(service.get("build")))


def find_application(settings: Settings, services: Services, alembic_config: Path | None) -> Application | None:
    """Return the service that must answer over HTTP; None when nothing built here publishes a port.

    One that is built from the same context as Alembic's is preferred. Raises CannotProceed when several fit.
    """
    if settings.application_service:
        name = existing("application_service", settings.application_service, services)
    else:
        serving = [key for key, item in services.items() if item.get("build") and item.get("ports")]
        same = [key for key in serving if alembic_config and holds(services[key], alembic_config)]
        candidates = same or serving
        if not candidates:
            return None
        name = only("application_service", candidates, "that is built here and publishes a port")
    return _application_of(name, services[name], settings)


def _application_of(name: str, service: Service, settings: Settings) -> Application:
    url = health_url(service)
    targets = [int(port["target"]) for port in service.get("ports") or [] if port.get("protocol", "tcp") == "tcp"]
    asked = urlsplit(url).port if url else None
    port = asked if asked in targets else (targets or [80])[0]
    return Application(name, port, settings.health_path or (urlsplit(url).path if url else "") or "/")


def health_url(service: Service) -> str:
    """Return the local URL that a service's health check asks for; empty when it asks for none."""
    test = " ".join(command_words((service.get("healthcheck") or {}).get("test")))
    match = _LOCAL_URL.search(test)
    return match.group(0) if match else ""


def build_context(service: Service) -> Path | None:
    """Return the local folder that a service's image is built from; None when there is none."""
    context = _plain((service.get("build") or {}).get("context") or "")
    return Path(context).resolve() if context and "://" not in context else None


def _environment(service: Service) -> dict[str, str]:
    return {key: _plain(value) for key, value in (service.get("environment") or {}).items() if value is not None}


def _plain(value: Any) -> str:
    """Return a value of the resolved configuration as text: Compose doubles each `$` there."""
    return str(value).replace("$$", "$")


def holds(service: Service, path: Path) -> bool:
    """Return whether a service's build context holds a file."""
    context = build_context(service)
    return bool(context and context in path.parents)


def command_words(value: Any) -> list[str]:
    """Return a command in either of Compose's forms as words."""
    return _plain(value).split() if isinstance(value, str) else [_plain(word) for word in value or []]


def existing(setting: str, name: str, services: Services) -> str:
    """Return a service that a setting names. Raises CannotProceed when the stack has none of that name."""
    if name not in services:
        raise CannotProceed(
            f"`{SECTION}.{setting}` names {name!r}, which is no service of the stack ({', '.join(sorted(services))})."
        )
    return name


def only(setting: str, names: list[str], words: str) -> str:
    """Return the one candidate. Raises CannotProceed, with the lines to write, when there is none or several."""
    if len(names) == 1:
        return names[0]
    if not names:
        raise CannotProceed([f"No service was found {words}.", line_to_write(setting, "<service>")])
    raise CannotProceed(
        [
            f"More than one service was found {words}; say which one is meant.",
            *(line_to_write(setting, name) for name in sorted(names)),
        ]
    )
