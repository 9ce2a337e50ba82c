"""How the project's Alembic is started, which service it runs in, and the environments that it has."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrations_tools.discovery.alembic_config import (
    USUAL,
    find_config,
    find_versions,
    has_config,
    relative,
    sections,
    walk,
)
from migrations_tools.discovery.flask_app import find_flask
from migrations_tools.discovery.script_location import start_folder
from migrations_tools.discovery.services import Services, build_context
from migrations_tools.discovery.setting_hints import Undecided, line_to_write
from migrations_tools.discovery.written_command import WrittenCommand, find_command
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings

# Flask-Migrate's env.py wants the application's context, which only Flask's own command line gives it.
FLASK = ("python", "-m", "flask", "db", "current")


@dataclass(frozen=True, slots=True)
class Environment:
    """One history of revisions: its section in the configuration ("" for the usual one) and its versions folders."""

    section: str
    versions: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """How Alembic is started: with a configuration, or inside a command of the project's own."""

    config: Path | None
    command: tuple[str, ...]
    environments: tuple[Environment, ...]
    #: Where that is started; None where nothing says so.
    folder: Path | None = None

    @property
    def is_flasks(self) -> bool:
        """Return whether Flask's own command line starts Alembic, for nothing says another command."""
        return self.command[:3] == FLASK[:3] and self.command[-2:] == FLASK[-2:]

    @property
    def versions(self) -> tuple[Path, ...]:
        """Every versions folder, once."""
        return tuple(dict.fromkeys(folder for each in self.environments for folder in each.versions))

    @property
    def anchor(self) -> Path:
        """A path that whatever holds the migrations must hold: the configuration, else the first versions folder."""
        return self.config or self.versions[0]

    def words(self) -> str:
        """Return what Alembic is started with."""
        return f"`{shlex.join(self.command)}`" if self.command else str(self.config)


def find_setup(root: Path, settings: Settings, services: Services) -> Setup:
    """Find out how Alembic is started: the setting `alembic_command`, else the only configuration.

    Where there is no configuration, or Flask's command line finds no application, a command that the project's own
    files name serves. Raises CannotProceed when it is missing, none is found, several are, or a versions folder does
    not exist.
    """
    if settings.alembic_command:
        config = find_config(root, settings, services) if settings.alembic_config else None
        versions = _of_command(root, settings, services)
        command = tuple(shlex.split(settings.alembic_command))
        return Setup(config, command, (Environment("", versions),), _beside(config))
    if written := command_without_config(root, settings, services):
        versions = _of_command(root, settings, services)
        return Setup(None, written.words, (Environment("", versions),), written.folder)
    config = find_config(root, settings, services)
    environments = tuple(
        Environment("" if name == USUAL else name, find_versions(root, settings, config, name))
        for name in sections(config, settings)
    )
    if not _is_flasks(config):
        return Setup(config, (), environments, start_folder(root, config, environments[0].section or USUAL))
    place = find_flask(root, config, _variables(settings, services))
    if not place.is_known and (written := find_command(root)):
        return Setup(config, written.words, environments, written.folder)
    return Setup(config, (*FLASK[:3], *place.option, *FLASK[3:]), environments, place.folder)


def command_without_config(root: Path, settings: Settings, services: Services) -> WrittenCommand | None:
    """Return the command that the project's files name where there are revisions and no Alembic configuration."""
    if settings.alembic_command or settings.alembic_config or has_config(root, services):
        return None
    return find_command(root)


def _beside(config: Path | None) -> Path | None:
    """Return the folder that a command is started in where a configuration is named besides."""
    if not config:
        return None
    return config.parent.parent if _is_flasks(config) else config.parent


def _variables(settings: Settings, services: Services) -> dict[str, str]:
    """Return the variables that the application may be started with, this process's last."""
    maps = [service.get("environment") or {} for service in services.values()]
    maps += [each for each in settings.environment.values() if isinstance(each, dict)]
    found = {key: str(value) for each in maps for key, value in each.items() if value}
    return {**found, **os.environ}


def _is_flasks(config: Path) -> bool:
    """Return whether a configuration is Flask-Migrate's: beside an env.py that asks for Flask's current application."""
    environment = config.parent / "env.py"
    return environment.is_file() and "current_app" in environment.read_text(encoding="utf-8", errors="replace")


def _of_command(root: Path, settings: Settings, services: Services) -> tuple[Path, ...]:
    """Return the versions folders of an Alembic started by a command: the setting, else the project's only one."""
    if settings.versions:
        return find_versions(root, settings, root)
    contexts = {context for service in services.values() if (context := build_context(service))}
    found = sorted({folder for context in contexts or {root} for folder in _version_folders(context)})
    if len(found) == 1:
        return (found[0],)
    if found:
        question = "Several folders of revision files were found for `alembic_command`; say which one is meant."
        raise Undecided(question, "versions", [([str(relative(path, root))], "") for path in found])
    line = line_to_write("versions", "[path/to/versions]")
    raise CannotProceed(["No folder of revision files was found for `alembic_command`; say where it is.", line])


def _version_folders(folder: Path) -> Iterator[Path]:
    """Yield each `versions` that stands beside an env.py and a template for new revisions."""
    for path in walk(folder):
        if path.name == "env.py" and (path.parent / "script.py.mako").is_file() and (path.parent / "versions").is_dir():
            yield (path.parent / "versions").resolve()
