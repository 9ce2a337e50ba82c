"""The project as read without Docker, and the variables that lead it to the temp database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools import images
from migrations_tools.discovery import compose_yaml, interpreter, variables
from migrations_tools.discovery.compose_files import find_optional
from migrations_tools.discovery.interpreter import Interpreter
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.project import Project, discover_local
from migrations_tools.discovery.services import build_context
from migrations_tools.engines.interpreter_check import missing
from migrations_tools.errors import CannotProceed
from migrations_tools.images import Image
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings


@dataclass(frozen=True, slots=True)
class Source:
    """The project as read without Docker: its parts, its Compose file where there is one, its interpreter."""

    project: Project
    config: Mapping[str, Any]
    interpreter: Interpreter

    @property
    def service(self) -> Mapping[str, Any]:
        """The Compose service that Alembic would run in; empty without one."""
        return self._service(self.project.alembic_service)

    @property
    def application_service(self) -> Mapping[str, Any]:
        """The Compose service that is the application; empty without one."""
        return self._service(self.project.application.service if self.project.application else "")

    @property
    def image(self) -> Image:
        """What the Compose file says of the database's server."""
        return images.of_service(self.config, self.project.database.service)

    @property
    def other_services(self) -> frozenset[str]:
        """The services of the stack besides the database."""
        return frozenset(self.config.get("services") or {}) - {self.project.database.service}

    @property
    def folder(self) -> Path:
        """Where Alembic and the application are started: where their relative paths lead somewhere."""
        return self.project.alembic.folder or build_context(self.service) or self.project.root

    def _service(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.config.get("services") or {}).get(name) or {}
        return found


def read_source(session: Session, ask_python: bool = False, thorough: bool = True) -> Source:
    """Read the project; with `ask_python`, see whether its Python can import what it must (or, not `thorough`, has it).

    Importing takes as long as Alembic and SQLAlchemy take, and holds for the run. Raises CannotProceed with everything
    that is missing or ambiguous.
    """
    compose = find_optional(session.root, session.settings, os.environ)
    env_files = [session.root / name for name in session.settings.env_files]
    profiles, name = session.settings.profiles, session.settings.project_name
    config = compose_yaml.read(compose, env_files, os.environ, profiles=profiles, project=name) if compose else {}
    project = discover_local(session.root, session.settings, compose, config)
    anchor = project.alembic.anchor
    python = interpreter.find(session.root, anchor, session.settings.python, os.environ)
    problem = missing(python, anchor.parent, session.root, os.environ, thorough) if ask_python else ""
    if problem:
        raise CannotProceed(problem, tip="Name the project's own Python with the setting `python`.")
    return Source(project, config, python)


def variables_for(source: Source, settings: Settings, address: ServerAddress) -> variables.Variables:
    """Return the variables that lead to the temp database, with notes on what they leave pointing elsewhere."""
    database, extra = source.project.database, _extra(source, settings)
    of_services = {**_plain(source.application_service), **_plain(source.service)}
    if not of_services:
        return variables.guess(source.folder, outer_variables(), address, extra)
    return variables.for_application(
        of_services,
        database.service,
        database.port,
        address,
        extra,
        names=variables.names_of(source.config, database.service),
        other_services=source.other_services,
    )


def databases_named(source: Source, settings: Settings) -> tuple[str, ...]:
    """Return the project's own names of its databases, where its variables name several; empty where they name one."""
    nowhere = ServerAddress("127.0.0.1", 5432, "nobody", "", "")
    own = {source.project.database.name} if source.config else set()
    named = own | set(variables_for(source, settings, nowhere).databases)
    return tuple(sorted(named)) if len(named) > 1 else ()


def _extra(source: Source, settings: Settings) -> dict[str, Any]:
    project, found = source.project, settings.environment
    names = (project.application.service if project.application else "", project.alembic_service)
    return {key: value for name in ("", *names) for key, value in found.get(name, {}).items()}


def outer_variables() -> dict[str, str]:
    """Return this process's variables without the tool's own settings, which are nobody else's business."""
    return {key: value for key, value in os.environ.items() if not key.startswith("INVOKE_")}


def _plain(service: Mapping[str, Any]) -> dict[str, str]:
    found = service.get("environment") or {}
    return {key: str(value).replace("$$", "$") for key, value in found.items() if value is not None}
