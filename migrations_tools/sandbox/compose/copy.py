"""The copy of the original that a run made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrations_tools.discovery.project import Project
from migrations_tools.engines.compose import TempStack
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed
from migrations_tools.isolation import IsolationPlan, from_json
from migrations_tools.sandbox.compose.original import Original, read_original
from migrations_tools.sandbox.compose.same_engine import refuse_another
from migrations_tools.sandbox.protocol import scratch_name
from migrations_tools.sandbox.session import Session


@dataclass(frozen=True, slots=True)
class Copy:
    """The temp stack of a run, with everything needed to talk to it."""

    session: Session
    original: Original
    plan: IsolationPlan
    stack: TempStack

    @property
    def project(self) -> Project:
        """The project that was copied."""
        return self.original.project

    @property
    def database_container(self) -> str:
        """The temp database's container, by name."""
        return next(item.container_name for item in self.plan.services if item.service == self.project.database.service)

    def base_of(self, database: str) -> str:
        """Return the pristine clone of a database, which its scratch copies are made from."""
        return scratch_name(database, "base", self.plan.suffix)

    @property
    def patience(self) -> Limit:
        """How long the copy may take from now on until every service is ready."""
        return Limit(self.session.settings.start_timeout, "start_timeout")

    @property
    def services(self) -> list[str]:
        """The copy's services by name, sorted."""
        return sorted(service.service for service in self.plan.services)

    def body(self, service: str) -> Mapping[str, Any]:
        """Return a service as the original's resolved configuration has it; empty for one of the copy's own."""
        found: Mapping[str, Any] = self.original.config["services"].get(service, {})
        return found

    def one_off(self, purpose: str) -> str:
        """Name a one-off container of the Alembic service: for the probe, or for a command of the project's own."""
        return f"{self.plan.original_project}-{purpose}-run{self.plan.suffix}"


def copy_of(session: Session, original: Original, plan: IsolationPlan) -> Copy:
    """Return the copy that a plan describes: the original's options with the override on top.

    The child environment names the copy's project as well as the option does: up to Compose 2.27.0,
    `${COMPOSE_PROJECT_NAME}` in a file takes the environment's value even when `--project-name` is given
    (docker/compose #11734). COMPOSE_FILE is taken out: the exact list of files is on every command line.
    """
    environment = {key: value for key, value in original.docker.environment.items() if key != "COMPOSE_FILE"}
    environment["COMPOSE_PROJECT_NAME"] = plan.project
    options = (*original.options, "--file", str(session.journal.override_path))
    docker = replace(original.docker, environment=environment, abbreviate=options)
    return Copy(session, original, plan, TempStack(docker, session.journal, options))


def reopen(session: Session) -> Copy:
    """Return the copy of the run that stands, read afresh; the plan is the journal's."""
    run = session.journal.run
    original = read_original(session, run)
    refuse_another(session, original.docker)
    return copy_of(session, original, from_json(run.plan))


def refuse_unplanned(found: Sequence[str], tip: str) -> None:
    """Raise CannotProceed when something was created in another way than planned."""
    if found:
        raise CannotProceed(["What was created is not what was planned:", *found], tip=tip)
