"""The fresh install on Compose: down by name, exactly the temp volumes, up again, and the proofs about the stack."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from migrations_tools.discovery.alembic import runs_alembic
from migrations_tools.engines import claims, compose, inventory
from migrations_tools.engines.compose import Container
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import Probe
from migrations_tools.proofs import stack as stack_proofs
from migrations_tools.proofs.log_window import Logs
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.compose import start
from migrations_tools.sandbox.compose.copy import Copy
from migrations_tools.sandbox.compose.isolate import host_ports, url
from migrations_tools.sandbox.compose.remove import refuse_strangers
from migrations_tools.sandbox.session import now

_AT_ONCE = 8  # logs that are read at the same time


def reinstall(copy: Copy) -> tuple[Probe, ComposeInstallation]:
    """Take the stack down, remove exactly its volumes, build and start it again; give a probe that is open as well.

    What is built from is there before the stack goes: both are done at the same time.
    """
    before = _identity(copy)
    # While it is down, nobody else may find its name and its ports free.
    with claims.claimed(copy.stack.project, copy.stack.docker.environment, "validate", copy.session.root) as claim:
        claim.note(ports=host_ports(copy.plan))
        with ThreadPoolExecutor(1) as aside:
            building = start.begin_build(copy, aside)
            removed = _take_down(copy)
            started = start.start(copy, keep=True, building=building)
    try:
        with copy.session.console.step("Removing the images that were replaced"):
            start.remove_replaced_images(copy)
    except BaseException:
        started.probe.close()
        raise
    return started.probe, ComposeInstallation(copy, started.containers, before, removed)


@dataclass(frozen=True, slots=True)
class ComposeInstallation:
    """A fresh install of the temp stack: its containers, the database's identity before, the volumes removed."""

    copy: Copy
    containers: tuple[Container, ...]
    before: str
    removed: tuple[str, ...]

    def migrated_by(self) -> tuple[str, str]:
        """Return which service ran the migrations, by its command, and when it was done."""
        ran, done = self._migrating()
        if done:
            return f"run by the service {done[0].service}", done[0].finished
        return (f"run by the service {ran[0].service}", now()) if ran else ("", "")

    def may_migrate_itself(self) -> bool:
        """Return yes, for a service's start may; but not where the one that does has ended."""
        return not self._migrating()[1]

    def _migrating(self) -> tuple[list[Container], list[Container]]:
        """Return the containers whose command runs migrations, and those of them that have ended."""
        services = self.copy.original.config["services"]
        ran = [item for item in self.containers if runs_alembic(services.get(item.service, {}))]
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
            stack_proofs.services_up(self.copy.stack.standing(), start.expectation(self.copy)),
            stack_proofs.database_is_new(self.before, start.server(self.copy).identity(), self.removed),
        ]

    def logs(self, only: str = "") -> Logs:
        """Return the log of each service, or of one; of one with several containers, by their names."""
        application, docker = self.copy.original.project.application, self.copy.stack.docker
        own = application.service if application else ""
        there = [item for item in self.copy.stack.standing() if only in ("", item.service)]
        there.sort(key=lambda item: (item.service != own, item.service, item.name))
        count = Counter(item.service for item in there)
        names = [item.service if count[item.service] == 1 else item.name for item in there]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            texts = pool.map(lambda item: compose.logs(docker, item.id, "--timestamps"), there)
            return dict(zip(names, texts, strict=True))

    def last_proofs(self) -> list[Proof]:
        """Prove that the engine's other objects are as they were."""
        run = self.copy.session.journal.run
        changes = inventory.compare(run.inventory, inventory.take(self.copy.original.docker), run.made)
        return [stack_proofs.machine_untouched(changes, run.project, inventory.SAME)]


def _identity(copy: Copy) -> str:
    """Return the database's identity before it is destroyed; "" when it does not answer any more."""
    try:
        return start.server(copy).identity()
    except CannotProceed as error:
        copy.session.console.say(f"  {error.reasons[0]}", style="yellow")
        return ""


def _take_down(copy: Copy) -> tuple[str, ...]:
    """Take the stack down by name alone, then remove exactly its volumes, one by one; give their names."""
    console, stack = copy.session.console, copy.stack
    with console.step("Taking the temp stack down"):
        start.note_anonymous_volumes(copy)
        refuse_strangers(stack)
        stack.down()
    with console.step("Removing exactly the temp volumes"):
        names = _own_volumes(copy)
        for name in names:
            stack.docker.change(stack.scope, "volume", "rm", name)
        left = sorted(set(names) & set(stack.docker.query_lines("volume", "ls", "--quiet")))
        if left:
            raise CannotProceed([f"The volume {name} was removed and is there all the same." for name in left])
    return tuple(name for name in names if not compose.is_anonymous(name))


def _own_volumes(copy: Copy) -> list[str]:
    """Return the volumes to remove: labelled ones, each checked against plan and journal, and the images' own."""
    labelled, run = copy.stack.labelled("volume"), copy.session.journal.run
    planned = set(copy.plan.volume_names) & set(run.names("volume"))
    strangers = [name for name in labelled if name not in planned]
    if strangers:
        raise CannotProceed(
            [
                f"The volume {name} carries the temp label but is not in the plan; it was not removed."
                for name in strangers
            ]
        )
    existing = set(copy.stack.docker.query_lines("volume", "ls", "--quiet"))
    return labelled + [name for name in run.names("volume") if compose.is_anonymous(name) and name in existing]
