"""What every step works with: the project's settings, its journal, the console, Docker; and the run that stands."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrations_tools.engines import endpoint
from migrations_tools.engines.docker import Docker, find_compose
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, MigrationsToolsError
from migrations_tools.journal import Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.settings import Settings

READY = frozenset({"isolated", "generated", "validated"})


@dataclass(frozen=True, slots=True)
class Session:
    """One task's tools. `dry` shows plans and commands and changes nothing."""

    root: Path
    settings: Settings
    journal: Journal
    console: Console
    dry: bool = False

    def docker(self, environment: Mapping[str, str] | None = None) -> Docker:
        """Return a runner whose changing commands show on the console, and which keeps to one engine.

        Raises CannotProceed when it cannot be told which engine, or there is no Compose of version 2 or newer.
        """
        variables = dict(os.environ) if environment is None else dict(environment)
        limit = Limit(self.settings.answer_timeout, "answer_timeout")
        compose = find_compose(variables, limit)
        place = endpoint.find(Docker(environment=variables))
        return Docker(
            compose=compose,
            environment=place.pinned(variables),
            show=self.console.command,
            progress=self.console.detail,
            dry=self.dry,
            timeout=self.settings.command_timeout,
            endpoint=place,
        )


@contextmanager
def busy(session: Session, run: Run) -> Iterator[Run]:
    """Mark the run as being worked on, so that `cleanup` after a kill knows to look twice.

    An error that was reported puts the run back to where it stood; the stack is kept for inspection.
    """
    try:
        yield session.journal.update(run, stage="busy")
    except MigrationsToolsError as error:
        stopped_at(session, run, run.stage, error)
        raise


def stopped_at(session: Session, run: Run, stage: str, error: MigrationsToolsError) -> None:
    """Note the stage that an error left a run at; when not even that can be written, tell both reasons."""
    try:
        session.journal.update(session.journal.read() or run, stage=stage)
    except CannotProceed as second:
        reasons = list(dict.fromkeys([*error.reasons, *second.reasons]))
        raise CannotProceed(reasons, tip=second.tip) from error


@contextmanager
def written(what: str) -> Iterator[None]:
    """Return in words what could not be written, and why."""
    try:
        yield
    except OSError as error:
        raise CannotProceed(f"{what} cannot be written: {error.strerror or error}.", tip=_UNWRITTEN) from error


_UNWRITTEN = "Is there room on the disk, and may this user write there? The temp stack was kept."


def standing_run(session: Session, after: str, stages: Collection[str] = READY) -> Run:
    """Return the run that stands, at one of the stages.

    Raises CannotProceed, saying which task comes first, when there is none, or it is half made.
    """
    run = session.journal.read()
    if run is None:
        raise CannotProceed(
            f"`invoke {after}` needs the temp stack, and none stands.", tip="Run `invoke isolate` first."
        )
    if run.stage not in stages:
        said = "did not come up" if run.stage == "failed" else "is half made: the last task was interrupted"
        if at_work := session.journal.at_work():
            raise CannotProceed(f"{at_work} is at work on the temp stack.", tip="Wait for it to end.")
        raise CannotProceed(f"The temp stack {said}.", tip="Run `invoke isolate` again, or `invoke cleanup`.")
    return run
