"""All that a run needs to know about a project, found in one go so that every reason is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from migrations_tools.discovery import alembic
from migrations_tools.discovery.alembic import Setup
from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.discovery.migration_command import config_candidates
from migrations_tools.discovery.revision_syntax import syntax_errors
from migrations_tools.discovery.service_roles import weigh
from migrations_tools.discovery.services import (
    Application,
    Database,
    Profiled,
    Services,
    application_of,
    build_context,
    database_of,
)
from migrations_tools.discovery.weighing import Candidate
from migrations_tools.errors import SEE_DOCTOR, CannotProceed
from migrations_tools.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Project:
    """All that a run needs to know about a project; `evidence` says why each service was taken for what it is."""

    root: Path
    name: str
    compose: ComposeFiles
    alembic_service: str
    alembic: Setup
    config_candidates: tuple[str, ...]
    database: Database
    application: Application | None
    build_contexts: tuple[Path, ...]
    evidence: tuple[str, ...] = ()
    #: Modules with models that are imported beside those of env.py.
    imports: tuple[str, ...] = ()

    @property
    def versions(self) -> tuple[Path, ...]:
        """Every versions folder of the project."""
        return self.alembic.versions


def discover(
    root: Path, settings: Settings, compose: ComposeFiles, config: Mapping[str, Any], profiled: Profiled = dict
) -> Project:
    """Read the project from its resolved Compose configuration and its files.

    `profiled` gives the profiles of the services that are not active. Raises CannotProceed with everything that is
    missing or ambiguous, and the line to write for each.
    """
    services: Services = config.get("services") or {}
    reasons, of_setup = Reasons(), Reasons()
    setup = of_setup.gather(lambda: alembic.find_setup(root, settings, services))
    of_setup.told += syntax_errors(setup.versions if setup else ())
    roles = weigh(settings, services, setup.anchor if setup else None, profiled)
    database = reasons.gather(roles.database.settled)
    reasons.told += of_setup.told
    optional = roles.application.candidates or settings.application_service
    application = reasons.gather(roles.application.settled) if optional else None
    service = reasons.gather(roles.alembic.settled) if setup else None
    if reasons.told or not (database and setup and service):
        raise CannotProceed(reasons.told, tip=SEE_DOCTOR)
    return Project(
        root=root,
        name=str(config["name"]),
        compose=compose,
        alembic_service=service.service,
        alembic=setup,
        config_candidates=config_candidates(setup.config, services[service.service]) if setup.config else (),
        database=database_of(database.service, services),
        application=_application(application, services, settings),
        build_contexts=tuple(sorted({path for item in services.values() if (path := build_context(item))})),
        evidence=roles.evidence(),
        imports=tuple(settings.imports),
    )


def discover_local(
    root: Path, settings: Settings, compose: ComposeFiles | None, config: Mapping[str, Any] | None
) -> Project:
    """Read the project for an engine that runs no container; the Compose file, where there is one, is a hint.

    Of several services that fit, the likeliest tells the names and variables; none is asked for. Raises CannotProceed
    with everything that is missing or ambiguous, and the line to write for each.
    """
    services: Services = (config or {}).get("services") or {}
    reasons = Reasons()
    setup = reasons.gather(lambda: alembic.find_setup(root, settings, services))
    reasons.told += syntax_errors(setup.versions if setup else ())
    roles = weigh(settings, services, setup.anchor if setup else None)
    named = [role for role in (roles.database, roles.alembic, roles.application) if getattr(settings, role.setting)]
    for role in named:
        reasons.gather(role.settled)
    if reasons.told or not setup:
        raise CannotProceed(reasons.told, tip=SEE_DOCTOR)
    database, service, application = roles.database.likeliest, roles.alembic.likeliest, roles.application.chosen
    return Project(
        root=root,
        name=str((config or {}).get("name") or root.name),
        compose=compose or ComposeFiles((), root, "none"),
        alembic_service=service.service if service else "",
        alembic=setup,
        config_candidates=(str(setup.config),) if setup.config else (),
        database=database_of(database.service, services) if database else NO_DATABASE,
        application=_application(application, services, settings),
        build_contexts=(),
        evidence=roles.evidence(),
        imports=tuple(settings.imports),
    )


def _application(chosen: Candidate | None, services: Services, settings: Settings) -> Application | None:
    return application_of(chosen.service, services, settings.health_path) if chosen else None


# What a project without a Compose file gets: names of our own, for nothing says which ones it uses.
NO_DATABASE = Database(service="", user="app", name="app", port=5432, password="")


def evidence_rows(project: Project) -> list[tuple[str, str]]:
    """Return the rows of a table that tell why each service was taken for what it is."""
    return [("because" if number == 0 else "", line) for number, line in enumerate(project.evidence)]


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
