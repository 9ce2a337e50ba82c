"""Which Compose files make up the original."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrations_tools.discovery.setting_hints import Undecided, line_to_write
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings

COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_FOLDERS = ("", "compose", "docker", "deploy", "infra", ".docker")


@dataclass(frozen=True, slots=True)
class ComposeFiles:
    """The Compose files of the original, the folder their paths are relative to, and where the list came from.

    `env_files` and `project` are what a running stack was started with; empty where Compose decides.
    """

    files: tuple[Path, ...]
    directory: Path
    source: str
    env_files: tuple[Path, ...] = ()
    project: str = ""


def find_compose_files(root: Path, settings: Settings, environment: Mapping[str, str]) -> ComposeFiles:
    """Return the Compose files: the setting, `COMPOSE_FILE`, or those that stand in the usual folders.

    An automatic `*.override.*` beside the file belongs to it, as it does for `docker compose` without `--file`.
    Raises CannotProceed when a file is missing, none is found, or several folders have one.
    """
    if settings.compose_files:
        return _named_files(root, settings.compose_files, "the setting `compose_files`")
    from_environment = environment.get("COMPOSE_FILE", "")
    if from_environment:
        names = from_environment.split(environment.get("COMPOSE_PATH_SEPARATOR", ":"))
        return _named_files(Path.cwd(), names, "COMPOSE_FILE in the environment")
    found = [path for folder in _FOLDERS for path in _first_compose_file(root / folder)]
    if len(found) != 1:
        raise _which_compose_file(root, found)
    return _beside(found[0])


def find_optional(root: Path, settings: Settings, environment: Mapping[str, str]) -> ComposeFiles | None:
    """Return the Compose files, or None where a project has none at all; see `find_compose_files`."""
    return find_compose_files(root, settings, environment) if has_any(root, settings, environment) else None


def has_any(root: Path, settings: Settings, environment: Mapping[str, str]) -> bool:
    """Return whether a project has a Compose file; which one is meant may be another question."""
    named = settings.compose_files or environment.get("COMPOSE_FILE")
    return bool(named) or any(_first_compose_file(root / folder) for folder in _FOLDERS)


def _named_files(base: Path, names: Iterable[str], source: str) -> ComposeFiles:
    files = tuple((base / name).resolve() for name in names)
    missing = [f"The Compose file {path} ({source}) does not exist." for path in files if not path.is_file()]
    if missing:
        raise CannotProceed(missing)
    return ComposeFiles(files, files[0].parent, source)


def _first_compose_file(folder: Path) -> list[Path]:
    return [folder / name for name in COMPOSE_NAMES if (folder / name).is_file()][:1]


def _which_compose_file(root: Path, found: list[Path]) -> CannotProceed:
    if found:
        choices = [([path.relative_to(root).as_posix()], "") for path in found]
        return Undecided("Several folders have a Compose file; say which one is meant.", "compose_files", choices)
    said = f"No Compose file was found in {root} or its folders {', '.join(_FOLDERS[1:])}."
    return CannotProceed([said, line_to_write("compose_files", "[path/to/docker-compose.yml]")])


def _beside(path: Path) -> ComposeFiles:
    dotenv = _dotenv(path.parent / ".env").get("COMPOSE_FILE")
    if dotenv:
        return _named_files(path.parent, re.split(r"[:;]", dotenv), f"COMPOSE_FILE in {path.parent / '.env'}")
    overrides = [path.with_name(f"{path.stem}.override{ending}") for ending in (".yml", ".yaml")]
    files = (path, *[override for override in overrides if override.is_file()][:1])
    return ComposeFiles(tuple(file.resolve() for file in files), path.parent.resolve(), "found")


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    pairs = (line.removeprefix("export ").split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("'\"") for key, value in pairs}
