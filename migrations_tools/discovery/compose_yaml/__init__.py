"""Compose files read without any Compose program, into the shape of `docker compose config --format json`.

For machines without Docker. What discovery asks about is read as Compose reads it, and tests hold that against the
real program; what cannot be followed is an error that names file and place, never a guess.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.discovery.compose_yaml.dotenv import read_files, variable_files
from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.forms import Base
from migrations_tools.discovery.compose_yaml.interpolation import substituted
from migrations_tools.discovery.compose_yaml.loading import Model, load
from migrations_tools.discovery.compose_yaml.resolving import active, resolved
from migrations_tools.discovery.compose_yaml.yaml_text import documents
from migrations_tools.errors import CannotProceed

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def read(
    compose: ComposeFiles,
    env_files: Sequence[Path],
    environment: Mapping[str, str],
    *,
    profiles: Sequence[str] = (),
    project: str = "",
) -> dict[str, Any]:
    """Read the Compose files of a project.

    `env_files` stand for `--env-file`, `profiles` for `--profile`, `project` for `--project-name`. Gives `name` and
    `services`; of each service image, build, command, entrypoint, environment, ports, healthcheck, depends_on,
    networks, container_name, hostname, working_dir, network_mode, links and profiles, every `$` doubled as Compose
    does. Raises CannotProceed, naming file and place, for what is not valid or cannot be followed.
    """
    variables = _variables(compose.directory, env_files, environment)
    name = _project_name(compose, variables, project)
    variables = {**variables, "COMPOSE_PROJECT_NAME": name}
    wanted = profiles or [each.strip() for each in variables.get("COMPOSE_PROFILES", "").split(",")]
    services = load(compose.files, Model(Base(compose.directory, variables.get("HOME", "")), variables))
    place = f"{', '.join(map(str, compose.files))}: services"
    found = {
        key: resolved(service, variables, f"{place}.{key}")
        for key, service in sorted(services.items())
        if active(service, wanted)
    }
    config: dict[str, Any] = _doubled({"name": name, "services": found})
    return config


def _variables(folder: Path, env_files: Sequence[Path], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for interpolation: the environment's, and below them those of the files, else of `.env`."""
    return {**read_files(variable_files(folder, env_files, environment), environment), **environment}


def _project_name(compose: ComposeFiles, variables: Mapping[str, str], project: str) -> str:
    given = project or variables.get("COMPOSE_PROJECT_NAME", "")
    if given:
        if not _NAME.fullmatch(given):
            raise CannotProceed(f"{given!r} is no Compose project name: a-z, 0-9, _ and -, the first no sign.")
        return given
    # The last file that has a name gives it.
    named = [_name_in(file, variables) for file in compose.files]
    name = _normalised(next((each for each in reversed(named) if each), "")) or _normalised(compose.directory.name)
    return name or fail(str(compose.files[0]), "the project has no name; write one at the top, as `name: shop`.")


def _name_in(file: Path, variables: Mapping[str, str]) -> str:
    name = ""
    for document in documents(file):
        own = document.get("name", "")
        if not isinstance(own, str):
            fail(f"{file}: name", "a text belongs here.")
        name = substituted(own, ChainMap(dict(variables)), f"{file}: name") or name
    return name


def _normalised(name: str) -> str:
    """Return a name as Compose makes it out of a folder's: https://docs.docker.com/compose/how-tos/project-name/."""
    return "".join(re.findall(r"[a-z0-9_-]", name.lower())).lstrip("_-")


def _doubled(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {_doubled(key): _doubled(each) for key, each in value.items()}
    return [_doubled(each) for each in value] if isinstance(value, list) else value
