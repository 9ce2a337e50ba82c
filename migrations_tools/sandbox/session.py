"""What every step works with: the project's settings, its journal, the console, Docker; and the run that stands."""

from __future__ import annotations

import datetime
import os
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrations_tools.discovery.project import Project
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import MARK_START
from migrations_tools.engines.probe_docker import find_compose, find_endpoint
from migrations_tools.errors import CannotProceed, MigrationsToolsError
from migrations_tools.journal import Journal, Run
from migrations_tools.proofs.project_files import hashes_of
from migrations_tools.report.console import Console
from migrations_tools.settings import Settings, changed

READY = frozenset({"isolated", "generated", "validated"})


@dataclass(frozen=True, slots=True)
class Session:
    """One task's tools. `dry` shows plans and commands and changes nothing.

    `kept` is what was read once and serves the whole task (in memory only: it holds secrets); a changed session has
    none of it.
    """

    root: Path
    settings: Settings
    journal: Journal
    console: Console
    dry: bool = False
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def compose(self) -> Docker:
        """Return a runner that can read Compose files and needs no engine for it.

        Raises CannotProceed when there is no Compose program that can serve.
        """
        limit = Limit(self.settings.answer_timeout, "answer_timeout")
        program = find_compose(os.environ, limit)
        return Docker(compose=program, environment=dict(os.environ), timeout=self.settings.command_timeout)

    def docker(self, environment: Mapping[str, str] | None = None) -> Docker:
        """Return a runner whose changing commands show on the console, and which keeps to one engine.

        Raises CannotProceed when it cannot be told which engine, or there is no Compose program that can serve.
        """
        variables = dict(os.environ) if environment is None else dict(environment)
        limit = Limit(self.settings.answer_timeout, "answer_timeout")
        compose = find_compose(variables, limit)
        place = find_endpoint(Docker(environment=variables))
        return Docker(
            compose=compose,
            environment=place.pinned(variables),
            show=self.console.command,
            progress=self.console.detail,
            record=self.journal.note_command,
            dry=self.dry,
            timeout=self.settings.command_timeout,
            endpoint=place,
        )


def with_imports(session: Session) -> Session:
    """Return the session with the modules that the run has taken in with an option besides those of the settings."""
    imports = [*session.settings.imports, *session.journal.run.imports]
    return replace(session, settings=changed(session.settings, imports=imports))


def now() -> str:
    """Return the present moment in UTC as logs and containers write it (RFC 3339): `2026-01-31T12:00:00.000000Z`."""
    return datetime.datetime.now(tz=datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def begin_run(session: Session, project: Project, engine: str, **more: Any) -> None:
    """Begin the run of a project with an engine: the journal is written before anything is made."""
    session.journal.begin(
        Run(
            id=secrets.token_hex(8),
            project=project.name,
            temp_project=f"{project.name}{session.settings.suffix}",
            engine=engine,
            started=time.time(),
            token=f"{MARK_START}{secrets.token_hex(16)}",
            postgres=session.settings.postgres,
            compose_files=tuple(str(path) for path in project.compose.files),
            hashes=hashes_of(session.root, project),
            **more,
        )
    )


@contextmanager
def busy(session: Session) -> Iterator[None]:
    """Mark the run as being worked on, so that `cleanup` after a kill knows to look twice.

    An error that was reported puts the run back to where it stood; the stack is kept for inspection.
    """
    stage = session.journal.run.stage
    with stopping_at(session, stage):
        session.journal.update(stage="busy")
        yield


@contextmanager
def stopping_at(session: Session, stage: str) -> Iterator[None]:
    """Note the stage that an error leaves a run at; when not even that can be written, tell both reasons."""
    try:
        yield
    except MigrationsToolsError as error:
        try:
            session.journal.update(stage=stage)
        except CannotProceed as second:
            reasons = list(dict.fromkeys([*error.reasons, *second.reasons]))
            raise CannotProceed(reasons, tip=second.tip) from error
        raise


@contextmanager
def written(what: str) -> Iterator[None]:
    """Return in words what could not be written, and why."""
    try:
        yield
    except OSError as error:
        raise CannotProceed(f"{what} cannot be written: {error.strerror or error}.", tip=_UNWRITTEN) from error


_UNWRITTEN = "Is there room on the disk, and may this user write there? The temp stack was kept."


def read_standing(session: Session, task: str, stages: Collection[str] = READY) -> None:
    """Read the run that stands, which a task needs at one of the stages.

    Raises CannotProceed, saying which task comes first, when there is none, or it is half made.
    """
    run = session.journal.read()
    if run is None:
        raise CannotProceed(
            f"`invoke {task}` needs the temp stack, and none stands.", tip="Run `invoke isolate` first."
        )
    if run.stage not in stages:
        said = "did not come up" if run.stage == "failed" else "is half made: the last task was interrupted"
        if at_work := session.journal.at_work():
            raise CannotProceed(f"{at_work} is at work on the temp stack.", tip="Wait for it to end.")
        raise CannotProceed(f"The temp stack {said}.", tip="Run `invoke isolate` again, or `invoke cleanup`.")
