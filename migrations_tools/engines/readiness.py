"""Waiting for the services of the temp stack: which must stand how, which has failed, and what its log says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrations_tools.engines.compose import Container, TempStack
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.secrets import masked

_POLL = 0.15
# Restarts of a container after everything else is up that show that it will not come up.
_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Expectation:
    """How the services of the stack must stand before the tool goes on."""

    #: All that must come up.
    services: frozenset[str]
    #: Those that may end with exit code 0.
    one_shots: frozenset[str]
    #: Those without which nothing can be generated or proven; what else fails is told, and waited for no longer.
    needed: frozenset[str]
    #: Those whose start runs migrations, and of these the ones that do nothing else and must have ended.
    migrating: frozenset[str] = frozenset()
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
    config: Mapping[str, Any],
    services: Iterable[str],
    needed: Iterable[str],
    migrating: Iterable[str] = (),
    ending: Iterable[str] = (),
) -> Expectation:
    """Return what is expected of services; needed are also those that migrate, and what a needed one depends on."""
    depends_on = {name: frozenset(service.get("depends_on") or ()) for name, service in config["services"].items()}
    migrate = frozenset(migrating)
    every, left = set[str](), {*needed, *migrate}
    while left:
        every |= left
        left = {other for name in left for other in depends_on.get(name, ())} - every
    there, may_end = frozenset(services), one_shots(config)
    return Expectation(there, may_end, there & every, migrate, may_end & frozenset(ending), depends_on)


def one_shots(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the services that may end with exit code 0: no health check, and no policy that would start them again."""
    found = set()
    for name, service in config["services"].items():
        again = str(service.get("restart") or "no") in ("always", "unless-stopped")
        condition = ((service.get("deploy") or {}).get("restart_policy") or {}).get("condition") == "any"
        if not again and not condition and not (service.get("healthcheck") or {}).get("test"):
            found.add(name)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Fault:
    """A service that is not up and that nothing needs; `original` is its container in the original, if it has one."""

    container: Container
    original: Container | None

    def sentence(self) -> str:
        """Say what is not up, and how the original's stands."""
        words = f"{self.container.service} ({self.container.name}) is {self.container.words()}"
        if self.original is None:
            return f"{words}; the original has no container of it now, so that whether it fails there too is not known"
        return f"{words}, and in the original {self.original.name} is {self.original.words()}"

    def way_out(self) -> str:
        """Return the line that leaves the service out of the copy."""
        return f"To leave it out of the copy, write `exclude_services: [{self.container.service}]` in invoke.yaml."


# So many restarts are no start that had to wait for something else.
_FLAPPING = 3


def faults(
    stack: TempStack, containers: Iterable[Container], expected: Expectation, originals: Iterable[Container]
) -> tuple[Fault, ...]:
    """Return the services of the copy that are not up, each with the original's.

    Raises CannotProceed, with the last log lines, where the original's is up: then something is wrong with the copy.
    """
    services = (item for item in originals if not item.one_off)
    theirs = {item.service: item for item in sorted(services, key=expected.is_ready)}
    found = tuple(Fault(item, theirs.get(item.service)) for item in containers if not expected.is_ready(item))
    lost = [each.container for each in found if each.original and _is_well(each.original, expected)]
    if lost:
        names = ", ".join(sorted({item.service for item in lost}))
        raise CannotProceed([*service_failures(stack, lost), f"In the original, {names} runs."], tip=_KEPT)
    return found


def _is_well(container: Container, expected: Expectation) -> bool:
    return expected.is_ready(container) and container.restarts < _FLAPPING


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


def start(stack: TempStack, services: Iterable[str], expected: Expectation, limit: Limit) -> None:
    """Start services that were created, without those that wait for one that has failed and is not needed.

    Raises CannotProceed, with the log of what failed, when a needed service does not start before the limit is over.
    """
    wanted = frozenset(services)
    while wanted:
        try:
            stack.start(sorted(wanted), limit)
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
