"""All that a run needs to know about a project, found in one go so that every reason is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from migrations_tools.discovery import alembic
from migrations_tools.discovery.alembic import Setup
from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.discovery.services import (
    Application,
    Database,
    Services,
    build_context,
    find_application,
    find_database,
    is_postgres,
)
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Project:
    """All that a run needs to know about a project."""

    root: Path
    name: str
    compose: ComposeFiles
    alembic_service: str
    alembic: Setup
    config_candidates: tuple[str, ...]
    database: Database
    application: Application | None
    build_contexts: tuple[Path, ...]

    @property
    def versions(self) -> tuple[Path, ...]:
        """Every versions folder of the project."""
        return self.alembic.versions


def discover(root: Path, settings: Settings, compose: ComposeFiles, config: Mapping[str, Any]) -> Project:
    """Read the project from its resolved Compose configuration and its files.

    Raises CannotProceed with everything that is missing or ambiguous, and the line to write for each.
    """
    services: Services = config.get("services") or {}
    reasons = Reasons()
    database = reasons.gather(lambda: find_database(settings, services))
    setup = reasons.gather(lambda: alembic.find_setup(root, settings, services))
    anchor = setup.anchor if setup else None
    application = reasons.gather(lambda: find_application(settings, services, anchor))
    service = anchor and reasons.gather(lambda: alembic.find_service(settings, services, anchor))
    if reasons.told or not (database and setup and service):
        raise CannotProceed(reasons.told, tip="`invoke doctor` shows what was found.")
    context = build_context(services[service])
    return Project(
        root=root,
        name=str(config["name"]),
        compose=compose,
        alembic_service=service,
        alembic=setup,
        config_candidates=alembic.config_candidates(setup.config, context, services[service]) if setup.config else (),
        database=database,
        application=application,
        build_contexts=tuple(sorted({path for item in services.values() if (path := build_context(item))})),
    )


def discover_local(
    root: Path, settings: Settings, compose: ComposeFiles | None, config: Mapping[str, Any] | None
) -> Project:
    """Read the project for an engine that runs no container; the Compose file, where there is one, is a hint.

    Raises CannotProceed with everything that is missing or ambiguous, and the line to write for each.
    """
    services: Services = (config or {}).get("services") or {}
    reasons = Reasons()
    setup = reasons.gather(lambda: alembic.find_setup(root, settings, services))
    database = reasons.gather(lambda: _database_or_ours(settings, services))
    anchor = setup.anchor if setup else None
    application = reasons.gather(lambda: find_application(settings, services, anchor))
    service = (
        "" if anchor is None else reasons.gather(lambda: alembic.find_optional_service(settings, services, anchor))
    )
    if reasons.told or not (setup and database) or service is None:
        raise CannotProceed(reasons.told, tip="`invoke doctor` shows what was found.")
    return Project(
        root=root,
        name=str((config or {}).get("name") or root.name),
        compose=compose or ComposeFiles((), root, "none"),
        alembic_service=service,
        alembic=setup,
        config_candidates=(str(setup.config),) if setup.config else (),
        database=database,
        application=application,
        build_contexts=(),
    )


# What a project without a Compose file gets: names of our own, for nothing says which ones it uses.
NO_DATABASE = Database(service="", user="app", name="app", port=5432, password="")


def _database_or_ours(settings: Settings, services: Services) -> Database:
    if settings.database_service or any(is_postgres(service) for service in services.values()):
        return find_database(settings, services)
    return NO_DATABASE


class Reasons:
    """Runs one discovery after the other and keeps the reasons of those that fail, to fail once."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def gather(self, find: Callable[[], T]) -> T | None:
        """Return what was found; None, with the reasons kept, when it could not be."""
        try:
            return find()
        except CannotProceed as error:
            self.told.extend(error.reasons)
            return None
