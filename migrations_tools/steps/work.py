"""What every step works with: the project's settings, its journal, the console, Docker; and a run that stands."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_files import find_compose_files
from migrations_tools.discovery.project import Project, discover
from migrations_tools.engines.compose import Stack, compose_options, resolved
from migrations_tools.engines.docker import Docker, find_compose
from migrations_tools.errors import CannotProceed, MigrationsToolsError
from migrations_tools.inapp.client import Target
from migrations_tools.isolation.model import IsolationPlan
from migrations_tools.journal import Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.settings import Settings

READY = frozenset({"isolated", "generated", "validated"})


@dataclass(frozen=True, slots=True)
class Work:
    """One task's tools. `dry` shows plans and commands and changes nothing."""

    root: Path
    settings: Settings
    journal: Journal
    console: Console
    dry: bool = False

    def docker(self, environment: Mapping[str, str] | None = None) -> Docker:
        """Give a runner whose changing commands show on the console.

        Raises CannotProceed when there is no Compose of version 2 or newer.
        """
        variables = dict(os.environ) if environment is None else dict(environment)
        return Docker(
            compose=find_compose(variables), environment=variables, show=self.console.command,
            progress=self.console.detail, dry=self.dry, timeout=self.settings.command_timeout,
        )  # fmt: skip


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

    def scratch_name(self, purpose: str) -> str:
        """Give the name of a scratch database inside the temp server: short, whatever the project's own is called."""
        return f"migrations_tools_{purpose}{self.plan.suffix}"

    @property
    def base_database(self) -> str:
        """The pristine clone that scratch databases are made from."""
        return self.scratch_name("base")

    @property
    def probe_container(self) -> str:
        """The one-off container that the probe runs in."""
        return f"{self.plan.original_project}-alembic-run{self.plan.suffix}"

    def target(self, run: Run, database: str = "") -> Target:
        """Give what requests to the probe carry."""
        return Target(self.project.config_candidates, run.token, database)


def read_original(work: Work) -> Original:
    """Read the original's configuration and find out what the project is made of.

    Raises CannotProceed with every reason when something is missing or ambiguous.
    """
    docker = work.docker()
    compose = find_compose_files(work.root, work.settings, os.environ)
    options = compose_options(compose, work.root, work.settings)
    config = resolved(docker, options, work.settings.project_name)
    return Original(docker, options, config, discover(work.root, work.settings, compose, config))


def copy_of(work: Work, original: Original, plan: IsolationPlan) -> Copy:
    """Give the copy that a plan describes.

    The child environment names the copy's project as well as the option does: up to Compose 2.27.0,
    `${COMPOSE_PROJECT_NAME}` in a file takes the environment's value even when `--project-name` is given
    (docker/compose #11734). COMPOSE_FILE is taken out: the exact list of files is on every command line.
    """
    environment = {key: value for key, value in original.docker.environment.items() if key != "COMPOSE_FILE"}
    environment["COMPOSE_PROJECT_NAME"] = plan.project
    options = (*original.options, "--file", str(work.journal.override_path))
    docker = replace(original.docker, environment=environment, abbreviate=options)
    return Copy(work, original, plan, Stack(docker, plan.project, options))


@contextmanager
def busy(work: Work, run: Run) -> Iterator[Run]:
    """Mark the run as being worked on, so that `cleanup` after a kill knows to look twice.

    An error that was reported puts the run back to where it stood; the stack is kept for inspection.
    """
    try:
        yield work.journal.update(run, stage="busy")
    except MigrationsToolsError:
        latest = work.journal.read()
        if latest:
            work.journal.update(latest, stage=run.stage)
        raise


def standing_run(work: Work, after: str, stages: Collection[str] = READY) -> Run:
    """Give the run that stands, at one of the stages.

    Raises CannotProceed, saying which task comes first, when there is none, or it is half made.
    """
    run = work.journal.read()
    if run is None:
        raise CannotProceed(
            f"`invoke {after}` needs the temp stack, and none stands.", tip="Run `invoke isolate` first."
        )
    if run.stage not in stages:
        said = "did not come up" if run.stage == "failed" else "is half made: the last task was interrupted"
        raise CannotProceed(f"The temp stack {said}.", tip="Run `invoke isolate` again, or `invoke cleanup`.")
    return run


def reopen(work: Work, run: Run) -> Copy:
    """Give the copy of a run that stands, read afresh; the plan is the journal's."""
    from migrations_tools.isolation import from_json

    original = read_original(work)
    if original.project.name != run.project:
        raise CannotProceed(
            f"The temp stack that stands is {run.temp_project}, but the project is called {original.project.name}.",
            tip="Run `invoke cleanup`, then `invoke isolate`.",
        )
    return copy_of(work, original, from_json(run.plan))
