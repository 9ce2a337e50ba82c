"""Gathers what planning must know about the machine: names that are held, ports in use, what bind sources are."""

from __future__ import annotations

import shlex
import socket
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from migrations_tools.discovery.project import Project
from migrations_tools.engines import claims
from migrations_tools.engines.compose import PROJECT_LABEL
from migrations_tools.engines.docker import Docker
from migrations_tools.errors import CannotProceed
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.mounts import host_paths, wanted_folders
from migrations_tools.settings import Settings

_REACH = 1000
_GIT_SECONDS = 60.0


def gather(docker: Docker, project: Project, config: Mapping[str, Any], settings: Settings) -> PlanInputs:
    """Return the facts for a plan; asks the engine and the file system, changes nothing."""
    copy = f"{project.name}{settings.suffix}"
    writable = frozenset(str((project.root / path).resolve()) for path in settings.writable_mounts)
    sources = {path: _sort(Path(path), project) for path in host_paths(config) | writable}
    # What lies in a folder here says nothing about another machine.
    folders = frozenset[str]() if docker.endpoint.host else wanted_folders(config, sources, writable)
    return PlanInputs(
        project=project.name,
        suffix=settings.suffix,
        database_service=project.database.service,
        postgres=settings.postgres,
        held=_held(docker, copy),
        busy_ports=_busy_here(docker, config) | _published(docker, copy) | claims.ports(),
        bind_sources=sources,
        folders={path: _names(Path(path)) for path in folders if Path(path).is_dir()},
        writable_mounts=writable,
        environment=_environment(project, settings),
        exclude_services=frozenset(settings.exclude_services),
        services=frozenset(settings.services),
        internal=settings.internal,
        alembic_service=project.alembic_service,
        python=settings.python,
        allow_hosts=frozenset(settings.allow_hosts),
        engine_host=docker.endpoint.host,
        application=(project.application.service, project.application.port) if project.application else None,
    )


def _environment(project: Project, settings: Settings) -> dict[str, dict[str, str]]:
    """Return the variables of the settings by service; those of no service are the application's and Alembic's."""
    found = {name: dict(variables) for name, variables in settings.environment.items() if name}
    application = [project.application.service] if project.application else []
    for name in {project.alembic_service, *application}:
        found[name] = {**settings.environment.get("", {}), **found.get(name, {})}
    return {
        name: {key: str(value) for key, value in variables.items()} for name, variables in found.items() if variables
    }


def declared(config: Mapping[str, Any]) -> tuple[frozenset[int], dict[str, frozenset[str]]]:
    """Return the host ports that a configuration publishes, and the names of what it would make, by kind."""
    services = config.get("services") or {}
    named = {
        kind: frozenset(body["name"] for body in (config.get(f"{kind}s") or {}).values() if "name" in (body or {}))
        for kind in ("volume", "network")
    }
    containers = frozenset(body["container_name"] for body in services.values() if body.get("container_name"))
    return frozenset(_ports(config)), {**named, "container": containers}


def _busy_here(docker: Docker, config: Mapping[str, Any]) -> frozenset[int]:
    # What this machine listens on says nothing about another one; there, an unlucky port makes `up` fail.
    return frozenset() if docker.endpoint.host else busy_ports(_candidates(config))


def busy_ports(candidates: Iterable[int]) -> frozenset[int]:
    """Return those of the ports that something on this machine listens on."""
    return frozenset(port for port in candidates if not (_is_free(port, "127.0.0.1") and _is_free(port, "")))


def _is_free(port: int, address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without this, a connection of a minute ago that still lingers would make the port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            return True  # a privileged port: the engine, not this process, binds it
        except OSError:
            return False
    return True


def _candidates(config: Mapping[str, Any]) -> set[int]:
    published = {5432, *_ports(config)}
    return {port + step for port in published for step in range(1, _REACH) if port + step < 65536}


def _ports(config: Mapping[str, Any]) -> Iterable[int]:
    for service in (config.get("services") or {}).values():
        for port in service.get("ports") or []:
            low, _, high = str(port.get("published") or "").partition("-")
            if low.isdigit():
                yield from range(int(low), int(high or low) + 1)


def _held(docker: Docker, copy: str) -> dict[str, frozenset[str]]:
    template = '{{.%s}}\t{{.Label "' + PROJECT_LABEL + '"}}'
    return {
        "container": _others(docker.query_lines("ps", "--all", "--format", template % "Names"), copy),
        "volume": _others(docker.query_lines("volume", "ls", "--format", template % "Name"), copy),
        "network": _others(docker.query_lines("network", "ls", "--format", template % "Name"), copy),
        "image": _held_images(docker, copy),
    }


def _others(lines: Iterable[str], copy: str) -> frozenset[str]:
    pairs = (line.partition("\t") for line in lines)
    return frozenset(name for names, _, project in pairs if project != copy for name in names.split(","))


def _held_images(docker: Docker, copy: str) -> frozenset[str]:
    form = ("--format", "{{.Repository}}:{{.Tag}}")
    every = set(docker.query_lines("image", "ls", *form))
    return frozenset(every - set(docker.query_lines("image", "ls", "--filter", f"label={PROJECT_LABEL}={copy}", *form)))


def _published(docker: Docker, copy: str) -> frozenset[int]:
    lines = docker.query_lines("ps", "--format", '{{.Label "' + PROJECT_LABEL + '"}}\t{{.Ports}}')
    pairs = (line.partition("\t") for line in lines)
    return frozenset(port for project, _, text in pairs if project != copy for port in _host_ports(text))


def _host_ports(text: str) -> Iterable[int]:
    """Yield the host ports of `docker ps`'s column: `0.0.0.0:5432->5432/tcp, :::8000-8001->8000-8001/tcp`."""
    for part in text.split(", "):
        host, arrow, _ = part.partition("->")
        low, _, high = host.rpartition(":")[2].partition("-")
        if arrow and low.isdigit():
            yield from range(int(low), int(high or low) + 1)


def _sort(path: Path, project: Project) -> str:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    if stat.S_ISSOCK(mode):
        return "socket"
    if not stat.S_ISDIR(mode):
        return "file"
    return "tracked" if _is_source(path, project) else "other"


def _names(folder: Path) -> tuple[str, ...]:
    """Return the names in a folder that lead to something."""
    return tuple(sorted(path.name for path in folder.iterdir() if path.exists() and not path.is_socket()))


def _is_source(path: Path, project: Project) -> bool:
    if (_git(path, "ls-files", "--", ".") or "").strip():
        return True
    contexts = [context for context in project.build_contexts if path == context or context in path.parents]
    # A checkout that is ignored as a whole (a copy in a build folder, say) says nothing about its parts.
    return any(not _is_ignored(path) or _is_ignored(context) for context in contexts)


def _is_ignored(path: Path) -> bool:
    return _git(path, "check-ignore", "--", ".") is not None


def _git(path: Path, *arguments: str) -> str | None:
    """Return what git says about a folder; None when it says no, or there is no git or no checkout.

    Raises CannotProceed when it says nothing in time.
    """
    command = ["git", "-C", str(path), *arguments]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_GIT_SECONDS
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired as error:
        words = f"`{shlex.join(command)}` did not answer within {_GIT_SECONDS:.0f} seconds."
        raise CannotProceed(f"Whether {path} holds sources is not known: {words}") from error
    return None if result.returncode else result.stdout
