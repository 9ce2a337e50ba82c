"""The Alembic configuration: where it is, which environments it describes, where their revision files are."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

from migrations_tools.discovery.script_location import configured_versions, read_ini
from migrations_tools.discovery.services import Services, build_context
from migrations_tools.discovery.setting_hints import Undecided, line_to_write
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings
from migrations_tools.unknown_names import named_closely

USUAL = "alembic"  # the section that Alembic reads unless it is told another one (`alembic -n NAME`)
_SKIPPED = frozenset({"node_modules", "site-packages", "venv", "env", "dist", "build"})
_DEPTH = 4
_REVISION = re.compile(r"^(?:revision, )?down_revision\b", re.MULTILINE)


def find_config(root: Path, settings: Settings, services: Services) -> Path:
    """Return the Alembic configuration: the setting, else the only one in a build context of the stack.

    Raises CannotProceed when it is missing, none is found, or several are.
    """
    if settings.alembic_config:
        path = (root / settings.alembic_config).resolve()
        if not path.is_file():
            near = named_closely(
                settings.alembic_config, [str(relative(each, root)) for each in _configs(root, services)]
            )
            said = f"The Alembic configuration {path} (the setting `alembic_config`) does not exist"
            raise CannotProceed(f"{said}{near}")
        return path
    found = _configs(root, services)
    if len(found) == 1:
        return found[0]
    if not found:
        raise CannotProceed(
            [
                f"No `alembic.ini` was found in {'a build context of the stack' if services else root}.",
                line_to_write("alembic_config", "path/to/alembic.ini"),
                line_to_write(
                    "alembic_command", "python -m app db current", "where a program of its own starts Alembic"
                ),
            ]
        )
    choices = [(str(relative(path, root)), "") for path in sorted(found, key=lambda path: len(path.parts))]
    raise Undecided("Several Alembic configurations were found; say which one is meant.", "alembic_config", choices)


def has_config(root: Path, services: Services) -> bool:
    """Return whether there is any Alembic configuration."""
    return bool(_configs(root, services))


def _configs(root: Path, services: Services) -> list[Path]:
    contexts = {context for service in services.values() if (context := build_context(service))}
    return sorted({config for context in contexts or {root} for config in _alembic_configs(context)})


def _alembic_configs(folder: Path) -> Iterator[Path]:
    for path in walk(folder):
        if path.name == "alembic.ini" or (path.name == "pyproject.toml" and _has_alembic_table(path)):
            yield path.resolve()


def _has_alembic_table(path: Path) -> bool:
    return "[tool.alembic]" in path.read_text(encoding="utf-8", errors="replace")


def walk(folder: Path, depth: int = _DEPTH) -> Iterator[Path]:
    """Yield the files of a project's folder and those below it, without what other people wrote."""
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # a context that is no readable local folder (a Git address, say) holds no configuration of ours
    for entry in entries:
        if entry.is_file():
            yield entry
        elif depth and entry.is_dir() and not entry.name.startswith(".") and entry.name not in _SKIPPED:
            yield from walk(entry, depth - 1)


def sections(config: Path, settings: Settings) -> tuple[str, ...]:
    """Return the sections that describe an environment each: the setting, else those with their own `script_location`.

    Raises CannotProceed when the setting names one that is not there.
    """
    if config.suffix == ".toml":
        return (USUAL,)
    written = _own_keys(config)
    missing = [name for name in settings.alembic_sections if name not in written]
    if missing:
        raise CannotProceed(
            [
                f"The Alembic configuration {config} has no section [{name}] (the setting `alembic_sections`)"
                + named_closely(name, written)
                for name in missing
            ]
        )
    if settings.alembic_sections:
        return tuple(settings.alembic_sections)
    found = tuple(name for name, keys in written.items() if "script_location" in keys)
    return found or (USUAL,)


def _own_keys(config: Path) -> dict[str, set[str]]:
    """Return the keys that each section writes itself; what [DEFAULT] gives to all is nobody's own."""
    parser = configparser.RawConfigParser(default_section="no section is called this", strict=False)
    read_ini(parser, config)
    return {name: set(parser.options(name)) for name in parser.sections() if name != configparser.DEFAULTSECT}


def find_versions(root: Path, settings: Settings, config: Path, section: str = USUAL) -> tuple[Path, ...]:
    """Return an environment's versions folders: the setting, else what its section of the configuration says.

    Raises CannotProceed when one does not exist.
    """
    if settings.versions:
        folders = tuple((root / name).resolve() for name in settings.versions)
        missing = [
            f"The versions folder {path} (the setting `versions`) does not exist."
            for path in folders
            if not path.is_dir()
        ]
    else:
        folders = configured_versions(root, config, section)
        missing = [
            f"The versions folder {path} (from {config}) does not exist." for path in folders if not path.is_dir()
        ]
    if missing:
        likely = ", ".join(str(relative(folder, root)) for folder in _with_revisions(root)) or "path/to/versions"
        raise CannotProceed([*missing, line_to_write("versions", f"[{likely}]")])
    return folders


def _with_revisions(root: Path) -> list[Path]:
    """Return the folders that hold revision files."""
    files = (path for path in walk(root) if path.suffix == ".py")
    return sorted({path.parent for path in files if _REVISION.search(path.read_text("utf-8", errors="replace"))})


def relative(path: Path, root: Path) -> Path:
    """Return a path as seen from the root, where it is inside."""
    return path.relative_to(root) if root in path.parents else path
