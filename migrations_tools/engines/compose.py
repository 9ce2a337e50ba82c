"""The Compose engine: what the temp stack is asked and told, through `docker.py`."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.guard import Scope
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.isolation import Created
from migrations_tools.journal import Journal
from migrations_tools.secrets import masked
from migrations_tools.settings import Settings

PROJECT_LABEL = "com.docker.compose.project"
_POLL = 0.15
_LOG_LINES = "30"
# What the engine says of a container that it is removing, or has removed meanwhile.
_GOES = re.compile(r"removal of container \S+ is already in progress|no such container", re.IGNORECASE)
_FIND_PYTHON = (
    'for p in "$1" python python3; do command -v "$p" >/dev/null 2>&1 && exec "$p" -u -c "$2"; done;'
    ' echo "there is no Python in this image" >&2; exit 127'
)


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the temp stack, as `docker inspect` shows it."""

    id: str
    name: str
    service: str
    one_off: bool
    status: str
    health: str
    exit_code: int
    restarts: int
    started: str
    finished: str
    restart_policy: str
    labels: Mapping[str, str]
    anonymous_volumes: tuple[str, ...]
    published: Mapping[str, int]

    def words(self) -> str:
        """Return how the container stands: "running, healthy", "exited 0"."""
        if self.status == "exited":
            return f"exited {self.exit_code}"
        return ", ".join(part for part in (self.status, self.health) if part)


@dataclass(frozen=True, slots=True)
class TempStack:
    """The temp stack of the run that stands, and the exact options that every Compose command gets."""

    docker: Docker
    journal: Journal
    options: tuple[str, ...] = ()

    @property
    def project(self) -> str:
        """The copy's Compose project."""
        return self.journal.run.temp_project

    @property
    def scope(self) -> Scope:
        """Return what the guard lets changes touch: what the journal says."""
        return Scope(self.project, self.options, frozenset(self.journal.run.made))

    def _compose(self, *rest: str) -> tuple[str, ...]:
        return ("compose", "--project-name", self.project, *self.options, *rest)

    def build(self, services: Iterable[str]) -> None:
        """Build the images of services; unchanged layers come from the cache."""
        self.docker.stream(self.scope, *self._compose("build", "--", *services))

    def create(self, services: Iterable[str]) -> None:
        """Make the networks, volumes and containers of services, and start none of them."""
        self.docker.stream(self.scope, *self._compose("up", "--no-start", "--no-build", "--", *services))

    def start(self, services: Iterable[str], limit: Limit) -> None:
        """Start the containers of services and of what they depend on, in Compose's own order; make none."""
        self.docker.stream(self.scope, *self._compose("start", "--", *services), limit=limit)

    def down(self) -> None:
        """Remove containers and networks by project name alone; volumes stay."""
        arguments = ("compose", "--project-name", self.project, "down", "--remove-orphans", "--timeout", "0")
        self.docker.stream(self.scope, *arguments)

    def remove(self, names: Sequence[str]) -> None:
        """Remove containers by name. One that the engine is removing already, a one-off one that has ended, is awaited.

        Raises CommandFailed when one cannot be removed, or is still there when the limit is over.
        """
        try:
            self.docker.change(self.scope, "rm", "--force", *names)
        except CommandFailed as error:
            said = error.output.splitlines()
            if not said or not all(map(_GOES.search, said)):
                raise
            limit = self.docker.limit
            while any(item.name in names for item in self.containers()):
                if not limit.left:
                    raise
                time.sleep(_POLL)

    def start_python(self, service: str, name: str, python: str, code: str) -> subprocess.Popen[str]:
        """Start a one-off container of a service that runs Python code; its standard streams are the caller's."""
        rest = ("run", "--rm", "--no-TTY", "--no-deps", "--name", name, "--entrypoint", "sh", "--", service)
        return self.docker.pipe(self.scope, *self._compose(*rest, "-c", _FIND_PYTHON, "sh", python or "python", code))

    def containers(self) -> tuple[Container, ...]:
        """Return all containers that carry the temp project's label, one-off ones too."""
        return containers_of(self.docker, self.project)

    def standing(self) -> tuple[Container, ...]:
        """Return the containers of the services, one-off ones left out."""
        return tuple(item for item in self.containers() if not item.one_off)

    def created(self) -> Created:
        """Return everything that carries the temp project's label, as `docker inspect` shows it."""
        return Created(
            _inspected(self.docker, self.project), self._inspected_of("network"), self._inspected_of("volume")
        )

    def _inspected_of(self, kind: str) -> list[Mapping[str, Any]]:
        names = self.labelled(kind)
        found: list[Mapping[str, Any]] = self.docker.query_json(kind, "inspect", *names) if names else []
        return found

    def labelled(self, kind: str) -> list[str]:
        """Name the networks or volumes that carry the temp project's label."""
        return self.docker.query_lines(kind, "ls", "--filter", self._label, "--format", "{{.Name}}")

    def untagged_images(self) -> list[str]:
        """Return the ids of the temp project's images that lost their tag: to a newer build, or to a second service.

        Two services that build under one tag make two images, of which one keeps it.
        """
        form = "{{.Repository}} {{.ID}}"
        lines = self.docker.query_lines("image", "ls", "--no-trunc", "--filter", self._label, "--format", form)
        return sorted({line.partition(" ")[2] for line in lines if line.startswith("<none> ")})

    def has_image(self, image: str) -> bool:
        """Return whether an image exists and carries the temp project's label."""
        try:
            found = self.docker.query_json("image", "inspect", image)
        except CommandFailed as error:
            if "no such" in error.output.lower():
                return False
            raise
        return bool((found[0]["Config"].get("Labels") or {}).get(PROJECT_LABEL) == self.project)

    @property
    def _label(self) -> str:
        return f"label={PROJECT_LABEL}={self.project}"

    def log_tail(self, container: Container) -> list[str]:
        """Return the last lines of a container's log, passwords masked."""
        return [masked(line) for line in logs(self.docker, container.id, "--tail", _LOG_LINES)]


def inspect(docker: Docker, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return `docker inspect` of containers; one that went away meanwhile is left out."""
    if not ids:
        return []
    try:
        found: list[Mapping[str, Any]] = docker.query_json("inspect", "--type", "container", *ids)
        return found
    except CommandFailed:
        return [item for each in ids for item in _inspect_one(docker, each)]


def _inspect_one(docker: Docker, identity: str) -> list[Mapping[str, Any]]:
    try:
        found: list[Mapping[str, Any]] = docker.query_json("inspect", "--type", "container", identity)
        return found
    except CommandFailed as error:
        if "no such" in error.output.lower():
            return []
        raise


def logs(docker: Docker, identity: str, *options: str) -> list[str]:
    """Return a container's log, both streams, oldest first."""
    return docker.query_both("logs", *options, identity).splitlines()


def _container(found: Mapping[str, Any]) -> Container:
    state, labels = found["State"], found["Config"].get("Labels") or {}
    return Container(
        id=found["Id"],
        name=found["Name"].lstrip("/"),
        service=labels.get("com.docker.compose.service", ""),
        one_off=labels.get("com.docker.compose.oneoff", "").lower() == "true",
        status=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=state["ExitCode"],
        restarts=found.get("RestartCount", 0),
        started=state["StartedAt"],
        finished=state["FinishedAt"],
        restart_policy=found["HostConfig"].get("RestartPolicy", {}).get("Name", ""),
        labels=labels,
        published=_published(found["NetworkSettings"].get("Ports") or {}),
        anonymous_volumes=anonymous_volumes(found),
    )


def anonymous_volumes(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the volumes of an inspected container that nobody named."""
    volumes = [item["Name"] for item in found.get("Mounts") or [] if item["Type"] == "volume"]
    return tuple(name for name in volumes if is_anonymous(name))


def is_anonymous(name: str) -> bool:
    """Return whether a volume's name is one that the engine made up: 64 hexadecimal digits."""
    return len(name) == 64 and all(char in "0123456789abcdef" for char in name)


def _published(ports: Mapping[str, Any]) -> dict[str, int]:
    return {target: int(bindings[0]["HostPort"]) for target, bindings in ports.items() if bindings}


# --- configuration -----------------------------------------------------------------------------------------------


def compose_options(compose: ComposeFiles, root: Path, settings: Settings) -> tuple[str, ...]:
    """Return the options that stand for the original: folder, files, environment files, profiles."""
    options = ["--project-directory", str(compose.directory)]
    for file in compose.files:
        options += ["--file", str(file)]
    for path in [(root / name).resolve() for name in settings.env_files] or compose.env_files:
        options += ["--env-file", str(path)]
    for profile in settings.profiles:
        options += ["--profile", profile]
    return tuple(options)


def resolved(docker: Docker, options: Sequence[str], project: str = "") -> dict[str, Any]:
    """Return the resolved configuration. Raises CannotProceed with Compose's own words when it does not load."""
    name = ("--project-name", project) if project else ()
    try:
        config: dict[str, Any] = docker.query_json("compose", *name, *options, "config", "--format", "json")
    except CommandFailed as error:
        said = [line for line in error.output.splitlines() if "level=warning" not in line]
        raise CannotProceed(["Compose cannot load the stack:", *said, *error.reasons]) from error
    return config


def containers_of(docker: Docker, project: str) -> tuple[Container, ...]:
    """Return the containers of a Compose project, by name, whoever started them; one-off ones too."""
    return tuple(sorted(map(_container, _inspected(docker, project)), key=lambda item: item.name))


def _inspected(docker: Docker, project: str) -> list[Mapping[str, Any]]:
    label = f"label={PROJECT_LABEL}={project}"
    return inspect(docker, docker.query_lines("ps", "--all", "--quiet", "--no-trunc", "--filter", label))
