"""The Compose engine: what the temp stack is asked and told, through `docker.py`."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.guard import Scope
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.isolation import Created
from migrations_tools.journal import Run
from migrations_tools.secrets import masked
from migrations_tools.settings import Settings

PROJECT_LABEL = "com.docker.compose.project"
_POLL = 0.15
_LOG_LINES = "30"
# Restarts of a container after everything else is up that show that it will not come up.
_RESTARTS = 3
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
    """The temp stack of one run: its project name and the exact options that every Compose command gets."""

    docker: Docker
    project: str
    options: tuple[str, ...]

    def scope(self, run: Run) -> Scope:
        """Return what the guard lets changes touch: what the journal says."""
        return Scope(self.project, self.options, frozenset(run.made))

    def _compose(self, *rest: str) -> tuple[str, ...]:
        return ("compose", "--project-name", self.project, *self.options, *rest)

    def build(self, run: Run, services: Iterable[str]) -> None:
        """Build the images of services; unchanged layers come from the cache."""
        self.docker.stream(self.scope(run), *self._compose("build", "--", *services))

    def create(self, run: Run, services: Iterable[str]) -> None:
        """Make the networks, volumes and containers of services, and start none of them."""
        self.docker.stream(self.scope(run), *self._compose("up", "--no-start", "--no-build", "--", *services))

    def start(self, run: Run, services: Iterable[str], limit: Limit) -> None:
        """Start the containers of services and of what they depend on, in Compose's own order; make none."""
        self.docker.stream(self.scope(run), *self._compose("start", "--", *services), limit=limit)

    def down(self, run: Run) -> None:
        """Remove containers and networks by project name alone; volumes stay."""
        arguments = ("compose", "--project-name", self.project, "down", "--remove-orphans", "--timeout", "0")
        self.docker.stream(self.scope(run), *arguments)

    def remove(self, run: Run, names: Sequence[str]) -> None:
        """Remove containers by name. One that the engine is removing already, a one-off one that has ended, is awaited.

        Raises CommandFailed when one cannot be removed, or is still there when the limit is over.
        """
        try:
            self.docker.change(self.scope(run), "rm", "--force", *names)
        except CommandFailed as error:
            said = error.output.splitlines()
            if not said or not all(map(_GOES.search, said)):
                raise
            limit = self.docker.limit
            while any(item.name in names for item in self.containers()):
                if not limit.left:
                    raise
                time.sleep(_POLL)

    def start_python(self, run: Run, service: str, name: str, python: str, code: str) -> subprocess.Popen[str]:
        """Start a one-off container of a service that runs Python code; its standard streams are the caller's."""
        rest = ("run", "--rm", "--no-TTY", "--no-deps", "--name", name, "--entrypoint", "sh", "--", service)
        return self.docker.pipe(
            self.scope(run), *self._compose(*rest, "-c", _FIND_PYTHON, "sh", python or "python", code)
        )

    def containers(self) -> tuple[Container, ...]:
        """Return all containers that carry the temp project's label, one-off ones too."""
        return tuple(sorted(map(_container, self._inspected()), key=lambda item: item.name))

    def standing(self) -> tuple[Container, ...]:
        """Return the containers of the services, one-off ones left out."""
        return tuple(item for item in self.containers() if not item.one_off)

    def created(self) -> Created:
        """Return everything that carries the temp project's label, as `docker inspect` shows it."""
        return Created(self._inspected(), self._labelled("network"), self._labelled("volume"))

    def _inspected(self) -> list[Mapping[str, Any]]:
        ids = self.docker.query_lines("ps", "--all", "--quiet", "--no-trunc", "--filter", self._label)
        return inspect(self.docker, ids)

    def _labelled(self, kind: str) -> list[Mapping[str, Any]]:
        names = self.docker.query_lines(kind, "ls", "--filter", self._label, "--format", "{{.Name}}")
        found: list[Mapping[str, Any]] = self.docker.query_json(kind, "inspect", *names) if names else []
        return found

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
        raise CannotProceed(["Compose cannot load the stack:", *error.output.splitlines(), *error.reasons]) from error
    return config


# --- waiting -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expectation:
    """How the services of the stack must stand before the tool goes on."""

    #: All that must come up.
    services: frozenset[str]
    #: Those that may end with exit code 0.
    one_shots: frozenset[str]
    #: Those without which nothing can be generated or proven; what else fails is told, and waited for no longer.
    needed: frozenset[str]
    #: Those that must have ended: they migrate, and do nothing else.
    ending: frozenset[str] = frozenset()
    #: Which services each one waits for when it is started.
    depends_on: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def is_ready(self, container: Container) -> bool:
        """Return whether a container stands as it should."""
        if container.status == "running":
            return container.health in ("", "healthy") and container.service not in self.ending
        return container.status == "exited" and container.exit_code == 0 and container.service in self.one_shots

    def has_failed(self, container: Container) -> bool:
        """Return whether a container will not come up any more without help."""
        if container.status == "exited":
            return not self.is_ready(container)
        return container.status == "dead" or container.health == "unhealthy"

    def held_up(self, failed: Iterable[str]) -> frozenset[str]:
        """Return the services that failed, and those that wait for one of them."""
        found = frozenset(failed)
        more = frozenset(name for name, others in self.depends_on.items() if others & found)
        return found if more <= found else self.held_up(found | more)


def expect(
    config: Mapping[str, Any], services: Iterable[str], needed: Iterable[str], ending: Iterable[str]
) -> Expectation:
    """Return what is expected of services; what a needed one depends on is needed as well."""
    depends_on = {name: frozenset(service.get("depends_on") or ()) for name, service in config["services"].items()}
    every, left = set[str](), set(needed)
    while left:
        every |= left
        left = {other for name in left for other in depends_on.get(name, ())} - every
    there = frozenset(services)
    return Expectation(
        there, one_shots(config), frozenset(every) & there, frozenset(ending) & one_shots(config), depends_on
    )


def one_shots(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the services that may end with exit code 0: no health check, and no policy that would start them again."""
    found = set()
    for name, service in config["services"].items():
        again = str(service.get("restart") or "no") in ("always", "unless-stopped")
        condition = ((service.get("deploy") or {}).get("restart_policy") or {}).get("condition") == "any"
        if not again and not condition and not (service.get("healthcheck") or {}).get("test"):
            found.add(name)
    return frozenset(found)


def wait_ready(
    stack: TempStack, expected: Expectation, limit: Limit, tell: Callable[[str], None]
) -> tuple[Container, ...]:
    """Wait until every service is healthy, running, or a one-shot that exited 0; or has failed and is not needed.

    Raises CannotProceed, with the last log lines, when a needed service fails, keeps crashing, or the limit is over.
    """
    crashes = _Crashes(expected)
    while True:
        containers = stack.standing()
        failed = [item for item in containers if expected.has_failed(item)]
        failed += crashes.hopeless(containers, frozenset(item.service for item in failed))
        behind = expected.held_up(item.service for item in failed)
        failed += [item for item in containers if item.status == "created" and item.service in behind]
        lost = [item for item in failed if item.service in expected.needed]
        ready = {item.service for item in containers if expected.is_ready(item)} | {item.service for item in failed}
        waiting = sorted(expected.services - ready)
        if lost:
            raise CannotProceed(service_failures(stack, lost), tip=_KEPT)
        if not waiting or not (limit.left or expected.needed & set(waiting)):
            return containers
        if not limit.left:
            slow = [item for item in containers if item.service in waiting]
            raise CannotProceed([_late(waiting, limit), *service_failures(stack, slow)], tip=_KEPT)
        tell("waiting for " + ", ".join(waiting))
        time.sleep(_POLL)


class _Crashes:
    """Watches containers that the engine starts again and again.

    One may crash until what it waits for is up. Once all else is, a few more restarts that do not help are enough.
    """

    def __init__(self, expected: Expectation) -> None:
        self._expected = expected
        self._before: dict[str, int] = {}

    def hopeless(self, containers: Sequence[Container], failed: frozenset[str]) -> list[Container]:
        """Return the containers that keep crashing though everything else is up."""
        crashing = [item for item in containers if item.restarts and not self._expected.is_ready(item)]
        up = {item.service for item in containers if self._expected.is_ready(item)}
        if self._expected.services - up - failed - {item.service for item in crashing}:
            self._before.clear()
            return []
        return [
            item
            for item in crashing
            if item.service not in failed
            and item.restarts - self._before.setdefault(item.id, item.restarts) >= _RESTARTS
        ]


def _late(waiting: Iterable[str], limit: Limit) -> str:
    return f"Neither healthy nor done within {limit.words()}: {', '.join(waiting)}."


_KEPT = "The temp stack was kept for inspection: `invoke status` lists it, `invoke cleanup` removes it."


def service_failures(stack: TempStack, containers: Iterable[Container]) -> list[str]:
    """Return a sentence for each container and, below it, the last lines of its log."""
    lines = []
    for container in containers:
        lines.append(f"The service {container.service} ({container.name}) is {container.words()}. Its last log lines:")
        lines += [f"  {line}" for line in stack.log_tail(container)] or ["  (its log is empty)"]
    return lines


def start(stack: TempStack, run: Run, services: Iterable[str], expected: Expectation, limit: Limit) -> None:
    """Start services that were created, without those that wait for one that has failed and is not needed.

    Raises CannotProceed, with the log of what failed, when a needed service does not start before the limit is over.
    """
    wanted = frozenset(services)
    while wanted:
        try:
            stack.start(run, sorted(wanted), limit)
        except CommandFailed as error:
            failed = frozenset(item.service for item in stack.standing() if expected.has_failed(item))
            without = expected.held_up(failed)
            if not wanted & without or without & expected.needed or not limit.left:
                raise CannotProceed(_why_not_started(stack, expected, error, limit), tip=_KEPT) from error
            wanted -= without
        else:
            return


def _why_not_started(stack: TempStack, expected: Expectation, error: CommandFailed, limit: Limit) -> list[str]:
    containers = stack.standing()
    failed = [item for item in containers if expected.has_failed(item)]
    slow = [item for item in containers if item.status != "created" and not expected.is_ready(item)]
    if failed:
        return service_failures(stack, failed)
    if slow and not limit.left:
        return [_late([item.service for item in slow], limit), *service_failures(stack, slow)]
    return last_words(error)


def last_words(error: CommandFailed) -> list[str]:
    """Return what failed and the last lines that it printed, passwords masked."""
    return [masked(line) for line in (*error.reasons, *error.output.splitlines()[-15:])]
