"""Where the Alembic configuration is, which service it runs in, where the revision files are."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from migrations_tools.discovery.services import Service, Services, build_context, command_words, existing, holds, only
from migrations_tools.discovery.words import line_to_write
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings, read_toml

_SKIPPED = frozenset({"node_modules", "site-packages", "venv", "env", "dist", "build"})
_DEPTH = 4


def find_config(root: Path, settings: Settings, services: Services) -> Path:
    """Give the Alembic configuration: the setting, else the only one in a build context of the stack.

    Raises CannotProceed when it is missing, none is found, or several are.
    """
    if settings.alembic_config:
        path = (root / settings.alembic_config).resolve()
        if not path.is_file():
            raise CannotProceed(f"The Alembic configuration {path} (the setting `alembic_config`) does not exist.")
        return path
    contexts = {context for service in services.values() if (context := build_context(service))}
    found = sorted({config for context in contexts or {root} for config in _alembic_configs(context)})
    if len(found) == 1:
        return found[0]
    if not found:
        raise CannotProceed(
            [
                "No `alembic.ini` was found in a build context of the stack.",
                line_to_write("alembic_config", "path/to/alembic.ini"),
            ]
        )
    lines = [line_to_write("alembic_config", str(_relative(path, root))) for path in found]
    raise CannotProceed(["Several Alembic configurations were found; say which one is meant.", *lines])


def _alembic_configs(folder: Path) -> Iterator[Path]:
    for path in _walk(folder, _DEPTH):
        if path.name == "alembic.ini" or (path.name == "pyproject.toml" and _has_alembic_table(path)):
            yield path.resolve()


def _has_alembic_table(path: Path) -> bool:
    return "[tool.alembic]" in path.read_text(encoding="utf-8", errors="replace")


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # a context that is no readable local folder (a Git address, say) holds no configuration of ours
    for entry in entries:
        if entry.is_file():
            yield entry
        elif depth and entry.is_dir() and not entry.name.startswith(".") and entry.name not in _SKIPPED:
            yield from _walk(entry, depth - 1)


def find_service(settings: Settings, services: Services, config: Path) -> str:
    """Give the service whose image Alembic runs in: its build context holds the configuration.

    One whose command runs Alembic is preferred. Raises CannotProceed when none or several fit.
    """
    if settings.alembic_service:
        return existing("alembic_service", settings.alembic_service, services)
    holding = [name for name, service in services.items() if holds(service, config)]
    running = [name for name in holding if runs_alembic(services[name])]
    return only("alembic_service", running or holding, f"whose build context holds {config}")


def find_optional_service(settings: Settings, services: Services, config: Path) -> str:
    """Give the service whose variables tell how Alembic reaches the database; "" where no service fits."""
    if not settings.alembic_service and not any(holds(service, config) for service in services.values()):
        return ""
    return find_service(settings, services, config)


def runs_alembic(service: Service) -> bool:
    """Tell whether a service's command or entrypoint runs Alembic."""
    words = [*command_words(service.get("entrypoint")), *command_words(service.get("command"))]
    return any("alembic" in word for word in words)


def config_candidates(config: Path, context: Path | None, service: Service) -> tuple[str, ...]:
    """Give the paths at which the configuration may stand in the image, likeliest first.

    A `-c FILE` of the service's own command comes first, then the path inside the build context.
    """
    words = [*command_words(service.get("entrypoint")), *command_words(service.get("command"))]
    named = [
        words[i + 1]
        for i, word in enumerate(words[:-1])
        if word in ("-c", "--config") and words[i + 1].endswith((".ini", ".toml"))
    ]
    inside = [str(PurePosixPath(*config.relative_to(context).parts))] if context and context in config.parents else []
    return tuple(dict.fromkeys([*named, *inside, config.name]))


def find_versions(root: Path, settings: Settings, config: Path) -> tuple[Path, ...]:
    """Give the versions folders: the setting, else what the Alembic configuration says.

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
        folders = tuple(_configured_versions(config))
        missing = [
            f"The versions folder {path} (from {config}) does not exist." for path in folders if not path.is_dir()
        ]
    if missing:
        raise CannotProceed([*missing, line_to_write("versions", "[path/to/versions]")])
    return folders


def _configured_versions(config: Path) -> Iterator[Path]:
    section = _alembic_section(config)
    # Flask-Migrate keeps its alembic.ini inside the script folder and names no location in it.
    beside = "." if (config.parent / "versions").is_dir() else "alembic"
    script = _location(section.get("script_location", beside), config.parent)
    listed = section.get("version_locations", "")
    separator = {"space": " ", "newline": "\n", "os": ":", ":": ":", ";": ";"}.get(
        section.get("path_separator") or section.get("version_path_separator") or "", ""
    )
    names = listed.split(separator) if separator else re.split(r"[,\s]+", listed)
    names = [name.strip() for name in names if name.strip()]
    yield from (_location(name, config.parent) for name in names) if names else [script / "versions"]


def _alembic_section(config: Path) -> Mapping[str, str]:
    if config.suffix == ".toml":
        table = read_toml(config).get("tool", {}).get("alembic", {})
        return {key: _toml_value(value, config) for key, value in table.items() if isinstance(value, (str, list))}
    # A folder is data: a `%` in its name is none of the parser's own.
    parser = configparser.ConfigParser({"here": str(config.parent).replace("%", "%%")})
    try:
        parser.read(config, encoding="utf-8")
        return dict(parser.items("alembic"))
    except configparser.Error as error:
        raise CannotProceed(f"The Alembic configuration {config} cannot be read: {error}.") from error


def _toml_value(value: str | list[str], config: Path) -> str:
    text = value if isinstance(value, str) else " ".join(value)
    return text.replace("%(here)s", str(config.parent))


def _location(name: str, here: Path) -> Path:
    if ":" in name and not Path(name).is_absolute():
        package, _, rest = name.partition(":")
        name = f"{package.replace('.', '/')}/{rest}"
    return (here / name).resolve()


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if root in path.parents else path
