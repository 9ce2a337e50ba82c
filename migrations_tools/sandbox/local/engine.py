"""The engines without containers, which differ in where their databases come from."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass

from migrations_tools.discovery.project import evidence_rows
from migrations_tools.engines import process
from migrations_tools.engines.limit import Limit
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.local.find_variables import reach
from migrations_tools.sandbox.local.local_project import Source, read_source
from migrations_tools.sandbox.local.provider import Provider
from migrations_tools.sandbox.local.sandbox import LocalSandbox, helpers_folder
from migrations_tools.sandbox.local.warnings import show_cautions
from migrations_tools.sandbox.session import Session, begin_run, stopping_at


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """The project's own interpreter, the application as a process, and databases of a provider."""

    provider: Provider

    @property
    def session(self) -> Session:
        """The task's tools."""
        return self.provider.session

    def isolate(self, database_alone: bool = False) -> None:  # noqa: ARG002 - nothing else is started here
        """Make the temp database and check that the project's env.py reaches it and nothing else.

        Raises CannotProceed with every reason when that is not possible.
        """
        session = self.session
        with session.console.step("Reading the project"):
            source = read_source(session, ask_python=True, thorough=session.dry)  # the probe imports it all presently
        if source.interpreter.is_this_tools:
            python = f"Python: {sys.executable}, which this tool runs in, for no environment of the project was found."
            session.console.result(f"{python} Another is named with the setting `python`.", style="yellow")
        self.provider.refuse_other_version(source.image)
        if session.dry:
            self._show(source)
            session.console.say("Dry run: nothing was started.")
            return
        begin_run(session, source.project, self.provider.name)
        sandbox = LocalSandbox(self.provider, source)
        with stopping_at(session, "failed"):
            with session.console.step("Making the temp database"):
                self.provider.make(source)
            with session.console.step("Checking where env.py leads"):
                reach(sandbox)
        session.journal.update(stage="isolated", steps=tuple(session.console.steps))
        self._show(source)
        _show_database(sandbox)

    def _show(self, source: Source) -> None:
        rows = _rows(source)
        self.session.console.table(f"The engine: {self.provider.name}", ("what", "found"), rows)
        show_cautions(self.session, source)

    def reopen(self) -> LocalSandbox:
        """Return the sandbox of the run that stands."""
        return LocalSandbox(self.provider, read_source(self.session))

    def remove(self) -> list[Proof]:
        """Remove the run's processes and databases; there is nothing else of it on the machine."""
        session, run = self.session, self.session.journal.run
        with session.console.step(f"Removing {run.temp_project}"):
            process.end_marked(run.id, Limit(session.settings.stop_timeout, "stop_timeout"))
            self.provider.remove()
        (session.journal.folder / "application.log").unlink(missing_ok=True)
        shutil.rmtree(helpers_folder(session.journal), ignore_errors=True)
        return []

    def doctor(self) -> None:
        """Print what was found of the project, its interpreter and the server."""
        session = self.session
        with session.console.step("Reading the project", brief=True):
            source = read_source(session, ask_python=True)
        project, application = source.project, source.project.application
        rows = [
            ("root", str(session.root)),
            ("Compose files", ", ".join(map(str, project.compose.files)) or "none"),
            *_rows(source),
            ("server", self.provider.describe(source)),
            ("application", application.service if application else session.settings.application_command or "none"),
            *evidence_rows(project),
        ]
        session.console.table("Project", ("what", "found"), rows)
        show_cautions(session, source)

    def check_isolable(self) -> None:
        """Do nothing: what is made here is apart from everything by itself."""

    def show_containers(self) -> None:
        """Do nothing: there are none."""


def _rows(source: Source) -> list[tuple[str, str]]:
    return [
        ("interpreter", f"{' '.join(source.interpreter.command)} ({source.interpreter.source})"),
        ("Alembic is started with", source.project.alembic.words()),
        ("versions", ", ".join(map(str, source.project.versions))),
    ]


def _show_database(sandbox: LocalSandbox) -> None:
    where, console = sandbox.whereabouts(), sandbox.session.console
    console.result(f"The temp database: {where.database} at {where.server.host}:{where.server.port}, user {where.user}")
    for note in sandbox.variables().notes:
        console.say(f"  {note}", style="dim")
    console.say("Next: invoke generate")
