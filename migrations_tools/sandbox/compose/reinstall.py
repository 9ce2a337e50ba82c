"""The fresh install on Compose: down by name, exactly the temp volumes, up again, and the proofs about the stack."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from migrations_tools.discovery.migration_command import runs_alembic
from migrations_tools.engines import claims, compose
from migrations_tools.engines.compose import Container
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import Probe
from migrations_tools.proofs import stack as stack_proofs
from migrations_tools.proofs.log_window import Logs
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.compose import build, start, temp_database
from migrations_tools.sandbox.compose.copy import Copy
from migrations_tools.sandbox.compose.isolate import host_ports, url
from migrations_tools.sandbox.compose.rest import machine_proof
from migrations_tools.sandbox.compose.start import Started
from migrations_tools.sandbox.compose.take_down import take_down
from migrations_tools.sandbox.session import now

_AT_ONCE = 8  # logs that are read at the same time


def reinstall(copy: Copy) -> tuple[Probe, ComposeInstallation]:
    """Take the stack down, remove exactly its volumes, build and start it again; return an open probe as well.

    What is built from is there before the stack goes: both are done at the same time.
    """
    before = _identity(copy)
    # While it is down, nobody else may find its name and its ports free.
    with claims.claimed(copy.stack.project, copy.stack.docker.environment, "validate", copy.session.root) as claim:
        claim.note(ports=host_ports(copy.plan))
        with ThreadPoolExecutor(1) as aside:
            building = build.begin_build(copy, aside)
            removed = take_down(copy)
            started = start.start(copy, keep=True, building=building)
    try:
        with copy.session.console.step("Removing the images that were replaced"):
            build.remove_replaced_images(copy)
    except BaseException:
        started.probe.close()
        raise
    return started.probe, ComposeInstallation(copy, started, before, removed)


@dataclass(frozen=True, slots=True)
class ComposeInstallation:
    """A fresh install of the temp stack: what was started, the database's identity before, the volumes removed."""

    copy: Copy
    started: Started
    before: str
    removed: tuple[str, ...]

    def migrated_by(self) -> tuple[str, str]:
        """Return which service ran the migrations, by its command, and when it was done."""
        if self.started.migrated:
            return "run by this tool before the application started, which makes tables itself", self.started.migrated
        ran, done = self._migrating()
        if done:
            return f"run by the service {done[0].service}", done[0].finished
        return (f"run by the service {ran[0].service}", now()) if ran else ("", "")

    def may_migrate_itself(self) -> bool:
        """Return yes, for a service's start may; but not where the one that does has ended."""
        return not self.started.migrated and not self._migrating()[1]

    def _migrating(self) -> tuple[list[Container], list[Container]]:
        """Return the containers whose command runs migrations, and those of them that have ended."""
        services = self.copy.original.config["services"]
        ran = [item for item in self.started.containers if runs_alembic(services.get(item.service, {}))]
        return ran, [item for item in ran if item.status == "exited"]

    def start_application(self) -> None:
        """Do nothing: Compose has started everything."""

    def url(self) -> tuple[str, str]:
        """Return the application's URL on this machine."""
        found = url(self.copy)
        return found, "" if found else "no service of the stack is known to answer over HTTP; set `application_service`"

    def absent_services(self) -> tuple[str, ...]:
        """Name none: the copy has every service of the original."""
        return ()

    def first_proofs(self) -> list[Proof]:
        """Prove that every service is up and that the volumes are new."""
        return [
            *stack_proofs.services_up(self.copy.stack.standing(), self.started.expected, self.started.faults),
            stack_proofs.database_is_new(self.before, temp_database.server(self.copy).identity(), self.removed),
        ]

    def logs(self, only: str = "") -> Logs:
        """Return the log of each service, or of one; of one with several containers, by their names.

        A service that is down in the original too is left out: what it writes is said of it nowhere else either.
        """
        application, docker = self.copy.original.project.application, self.copy.stack.docker
        own = application.service if application else ""
        aside = {fault.container.service for fault in self.started.faults if fault.original}
        standing = self.copy.stack.standing()
        there = [item for item in standing if only in ("", item.service) and item.service not in aside]
        there.sort(key=lambda item: (item.service != own, item.service, item.name))
        count = Counter(item.service for item in there)
        names = [item.service if count[item.service] == 1 else item.name for item in there]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            texts = pool.map(lambda item: compose.logs(docker, item.id, "--timestamps"), there)
            return dict(zip(names, texts, strict=True))

    def last_proofs(self) -> list[Proof]:
        """Prove that the engine's other objects are as they were."""
        return [machine_proof(self.copy.session, self.copy.original.docker)]


def _identity(copy: Copy) -> str:
    """Return the database's identity before it is destroyed; "" when it does not answer any more."""
    try:
        return temp_database.server(copy).identity()
    except CannotProceed as error:
        copy.session.console.say(f"  {error.reasons[0]}", style="yellow")
        return ""
