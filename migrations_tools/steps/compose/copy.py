"""The original stack as read, and the copy of it that a run made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrations_tools.discovery.compose_files import find_compose_files
from migrations_tools.discovery.project import Project, discover
from migrations_tools.engines.compose import Stack, compose_options, resolved
from migrations_tools.engines.docker import Docker
from migrations_tools.errors import CannotProceed
from migrations_tools.isolation import IsolationPlan, from_json
from migrations_tools.journal import OVERRIDE, Run
from migrations_tools.steps.compose.engine import refuse_another
from migrations_tools.steps.temp import scratch_name
from migrations_tools.steps.work import Work


@dataclass(frozen=True, slots=True)
class Original:
    """The original stack as read: who it is, and its resolved configuration (in memory only: it holds secrets)."""

    docker: Docker
    options: tuple[str, ...]
    config: Mapping[str, Any]
    project: Project


@dataclass(frozen=True, slots=True)
class Copy:
    """The temp stack of a run, with everything needed to talk to it."""

    work: Work
    original: Original
    plan: IsolationPlan
    stack: Stack

    @property
    def project(self) -> Project:
        """The project that was copied."""
        return self.original.project

    @property
    def database_container(self) -> str:
        """The temp database's container, by name."""
        return next(item.container_name for item in self.plan.services if item.service == self.project.database.service)

    def base_of(self, database: str) -> str:
        """Give the pristine clone of a database, which its scratch copies are made from."""
        return scratch_name(database, "base", self.plan.suffix)

    def one_off(self, purpose: str) -> str:
        """Name a one-off container of the Alembic service: for the probe, or for a command of the project's own."""
        return f"{self.plan.original_project}-{purpose}-run{self.plan.suffix}"


def read_original(work: Work) -> Original:
    """Read the original's configuration and find out what the project is made of.

    Raises CannotProceed with every reason when something is missing or ambiguous.
    """
    docker = work.docker()
    compose = find_compose_files(work.root, work.settings, os.environ)
    options = compose_options(compose, work.root, work.settings)
    config = resolved(docker, options, work.settings.project_name)
    return Original(docker, options, config, discover(work.root, work.settings, compose, config))


def copy_of(work: Work, original: Original, plan: IsolationPlan, form: str) -> Copy:
    """Give the copy that a plan describes, in the form in which Compose is given it.

    The child environment names the copy's project as well as the option does: up to Compose 2.27.0,
    `${COMPOSE_PROJECT_NAME}` in a file takes the environment's value even when `--project-name` is given
    (docker/compose #11734). COMPOSE_FILE is taken out: the exact list of files is on every command line.
    """
    environment = {key: value for key, value in original.docker.environment.items() if key != "COMPOSE_FILE"}
    environment["COMPOSE_PROJECT_NAME"] = plan.project
    options = _options(work, original, form)
    docker = replace(original.docker, environment=environment, abbreviate=options)
    return Copy(work, original, plan, Stack(docker, plan.project, options))


def _options(work: Work, original: Original, form: str) -> tuple[str, ...]:
    """Give the copy's Compose options: the original's with the override on top, or with one file in their place.

    The folder, environment files and profiles stay: they decide which services are active.
    """
    if form == OVERRIDE:
        return (*original.options, "--file", str(work.journal.override_path))
    pairs = zip(original.options[::2], original.options[1::2], strict=True)
    kept = (word for pair in pairs if pair[0] != "--file" for word in pair)
    return (*kept, "--file", str(work.journal.whole_path))


def reopen(work: Work, run: Run) -> Copy:
    """Give the copy of a run that stands, read afresh; the plan is the journal's."""
    original = read_original(work)
    refuse_another(work, original.docker, run)
    if original.project.name != run.project:
        raise CannotProceed(
            f"The temp stack that stands is {run.temp_project}, but the project is called {original.project.name}.",
            tip="Run `invoke cleanup`, then `invoke isolate`.",
        )
    return copy_of(work, original, from_json(run.plan), run.form)
