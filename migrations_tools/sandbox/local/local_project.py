"""The project as read without Docker, and the variables that lead it to the temp database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from migrations_tools import images
from migrations_tools.discovery import interpreter, variables
from migrations_tools.discovery.compose_files import ComposeFiles, find_optional
from migrations_tools.discovery.interpreter import Interpreter
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.project import Project, discover_local
from migrations_tools.discovery.services import build_context
from migrations_tools.engines.compose import compose_options, resolved
from migrations_tools.engines.interpreter_check import missing
from migrations_tools.errors import CannotProceed
from migrations_tools.images import Image
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings

NOTHING: Mapping[str, str] = MappingProxyType({})


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
    again = _STACK in session.kept
    config, unread = session.kept[_STACK] if again else _read_stack(session, compose)
    session.kept[_STACK] = config, unread
    settings = replace(session.settings, **_NO_SERVICES) if unread else session.settings
    try:
        project = discover_local(session.root, settings, compose, config)
    except CannotProceed as error:
        raise CannotProceed([*error.reasons, *unread], tip=error.tip) from error
    for number, line in enumerate(() if again else unread):
        session.console.say(f"    {line}" if number else f"  warning: {line}", style="yellow")
    anchor = project.alembic.anchor
    python = interpreter.find(session.root, anchor, session.settings.python, os.environ)
    problem = missing(python, anchor.parent, session.root, os.environ, thorough) if ask_python else ""
    if problem:
        raise CannotProceed(problem, tip="Name the project's own Python with the setting `python`.")
    return Source(project, config, python)


# What a session keeps: Compose is asked once a task.
_STACK = "stack"
# Where no services are known, none can be the one that a setting names.
_NO_SERVICES: Mapping[str, Any] = {"database_service": "", "alembic_service": "", "application_service": ""}
_INSTEAD = "the settings `environment`, `application_command` and `postgres` say what its services would."


def _read_stack(session: Session, compose: ComposeFiles | None) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the resolved configuration; where the settings must do without, it is empty, with the reason.

    They must where there is no Compose program or it cannot load the files, as in a fresh clone without the file of
    variables that a service names: what of it the run needs is found by trying.
    """
    if compose is None:
        return {}, ()
    unread = f"{', '.join(path.name for path in compose.files)} was not read; {_INSTEAD}"
    try:
        docker = session.compose()
    except CannotProceed as error:
        return {}, (unread, *error.reasons, error.tip)
    try:
        options = compose_options(compose, session.root, session.settings)
        return resolved(docker, options, session.settings.project_name), ()
    except CannotProceed as error:
        return {}, (unread, *error.reasons)


def variables_for(
    source: Source, settings: Settings, address: ServerAddress, made: Mapping[str, str] = NOTHING, led: bool = False
) -> variables.Variables:
    """Return the variables that lead to the temp database, with notes on what they leave pointing elsewhere.

    `made` are those that were found by trying, each with the part of the address that it makes; `led` tells that the
    connections are led there otherwise too.
    """
    database, extra = source.project.database, given_variables(source, settings)
    of_services = {**_plain(source.application_service), **_plain(source.service)}
    if not of_services:
        files = [source.project.root / name for name in settings.env_files]
        return variables.guess(source.folder, outer_variables(), address, extra, made=made, files=files, led=led)
    return variables.for_application(
        of_services,
        database.service,
        database.port,
        address,
        extra,
        made=made,
        names=variables.names_of(source.config, database.service),
        other_services=source.other_services,
    )


def databases_named(source: Source, settings: Settings) -> tuple[str, ...]:
    """Return the project's own names of its databases, where its variables name several; empty where they name one."""
    nowhere = ServerAddress("127.0.0.1", 5432, "nobody", "", "")
    own = {source.project.database.name} if source.config else set()
    named = own | set(variables_for(source, settings, nowhere).databases)
    return tuple(sorted(named)) if len(named) > 1 else ()


def given_variables(source: Source, settings: Settings) -> dict[str, Any]:
    """Return the variables of the setting `environment`: those for every process, then the services' own."""
    found = settings.environment
    return {key: value for name in services_of(source, settings) for key, value in found.get(name, {}).items()}


def services_of(source: Source, settings: Settings) -> tuple[str, ...]:
    """Return the keys of `environment` that count here: "" for every process, the application's service, Alembic's."""
    project = source.project
    application = project.application.service if project.application else settings.application_service
    return tuple(dict.fromkeys(["", application, project.alembic_service or settings.alembic_service]))


def outer_variables() -> dict[str, str]:
    """Return this process's variables without the tool's own settings, which are nobody else's business."""
    return {key: value for key, value in os.environ.items() if not key.startswith("INVOKE_")}


def _plain(service: Mapping[str, Any]) -> dict[str, str]:
    found = service.get("environment") or {}
    return {key: str(value).replace("$$", "$") for key, value in found.items() if value is not None}
