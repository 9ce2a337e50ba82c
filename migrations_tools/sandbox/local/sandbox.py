"""The engines `embedded` and `server`, as generate and validate see them."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING

from migrations_tools.discovery import libpq, variables
from migrations_tools.discovery.interpreter import mending_command
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.project import Project
from migrations_tools.engines import postgres, process
from migrations_tools.engines.dumps import Restored, by_program, restore
from migrations_tools.engines.limit import Limit
from migrations_tools.inapp.advice import Advice
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.journal import Journal
from migrations_tools.sandbox.local.local_project import Source, outer_variables, variables_for
from migrations_tools.sandbox.local.provider import Provider, Whereabouts, scratch_of
from migrations_tools.sandbox.protocol import PURPOSE, Watched, taken_over, watched
from migrations_tools.sandbox.session import Session

if TYPE_CHECKING:
    from migrations_tools.sandbox.local.installation import LocalInstallation


def helpers_folder(journal: Journal) -> Path:
    """Return the folder in the tool's own for what PYTHONPATH names; elsewhere where that could not name it."""
    own = journal.folder / "helpers"
    return own if os.pathsep not in str(own) else Path(tempfile.gettempdir()) / f"migrations_tools-{journal.run.id}"


@dataclass(frozen=True, slots=True)
class LocalSandbox:
    """A run whose databases are an embedded cluster's or a given server's."""

    provider: Provider
    source: Source

    @property
    def session(self) -> Session:
        """The task's tools."""
        return self.provider.session

    @property
    def project(self) -> Project:
        """The project; on a given server, under the name of the scratch database."""
        return self.source.project

    @property
    def database(self) -> str:
        """The name of the database that the migrations go to."""
        return self.provider.database(self.project)

    def base_of(self, database: str) -> str:
        """Return the pristine twin of a database, which its scratch copies are cloned from."""
        return self.scratch_name(database, "base")

    def scratch_name(self, database: str, purpose: str) -> str:
        """Return the name of a scratch database beside the run's own."""
        return scratch_of(database, purpose, self.session.settings.suffix)

    def place(self) -> str:
        """Name the interpreter."""
        return " ".join(self.source.interpreter.command)

    def open_probe(self, purpose: str = PURPOSE) -> Probe:  # noqa: ARG002 - nothing is named here
        """Start a probe in the project's own interpreter."""
        folder = self._helpers() if self.project.alembic.command else ""
        program = taken_over(self.project, self.session.journal.run.token, folder)
        patience, count = self.session.settings.command_timeout, self.session.console.count
        return Probe(self._start_python(), self._advice(), program, patience, count)

    def run_program(self, program: Program) -> Watched:
        """Run it beside the project's own interpreter."""
        program = replace(program, folder=self._helpers())
        return watched(self._start_python(), self._advice(), program, self.session.settings.command_timeout)

    def _start_python(self) -> Popen[str]:
        command, environment = self.source.interpreter.command, self.environment()
        return process.start_python(command, BOOTSTRAP, self.source.folder, environment)

    def _advice(self) -> Advice:
        source = self.source
        return replace(
            self.provider.advice,
            mending=lambda module: mending_command(source.interpreter, source.folder, self.session.root, module),
        )

    def _helpers(self) -> str:
        """Return a folder for what a command of the project's own must find on its path."""
        folder = helpers_folder(self.session.journal)
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def server(self) -> postgres.Server:
        """Return the server as the tool reaches it."""
        return self.whereabouts().server

    def whereabouts(self) -> Whereabouts:
        """Return where the run's database is."""
        return self.provider.find(self.project)

    def environment(self) -> dict[str, str]:
        """Return the variables that Alembic and the application get: this process's, and the database's whereabouts."""
        outer = self.source.interpreter.environment(outer_variables())
        return {**self.variables().laid_over(outer), process.MARK: self.session.journal.run.id}

    def variables(self) -> variables.Variables:
        """Return the variables that lead to the temp databases, with notes on what they leave pointing elsewhere."""
        where = self.whereabouts()
        place = (where.server.host, where.server.port, where.user, where.password, where.database)
        address = ServerAddress(*place, where.options, self.provider.names(self.source))
        return variables_for(self.source, self.session.settings, address)

    def refresh(self) -> None:
        """Do nothing: the interpreter reads the project's files as they are."""

    def verify(self) -> None:
        """Do nothing: the token is checked at every connection, and nothing else is shared."""

    def reinstall(self) -> LocalInstallation:
        """Destroy the databases and make them anew, empty."""
        process.end_marked(self.session.journal.run.id, Limit(self.session.settings.stop_timeout, "stop_timeout"))
        with self.session.console.step("Making the temp database anew"):
            before = self.server().identity()
            self.provider.remove()
            self.provider.make(self.source)
        absent = self.variables().absent
        from migrations_tools.sandbox.local.installation import ApplicationPlace, LocalInstallation

        place = ApplicationPlace(
            self.session, self.source, self.provider.name, self.environment(), absent, self.server()
        )
        return LocalInstallation(place, before)

    def client(self, terminal: bool, command: str = "") -> tuple[list[str], dict[str, str]]:  # noqa: ARG002 - psql sees it itself
        """Return the words that start this machine's psql as the application's own role."""
        where = self.whereabouts()
        address = ["-h", where.server.host, "-p", str(where.server.port), "-U", where.user]
        # An empty address of the shell's own leads nowhere; one that is not empty would lead psql there.
        more = {"PGHOSTADDR": "", **libpq.variables(dict(where.server.options))}
        words = ["psql", *address, *postgres.psql_words(where.database, command)]
        return words, {**more, **({"PGPASSWORD": where.password} if where.password else {})}

    def versions(self) -> dict[str, str]:
        """Return nothing: the database and the interpreter tell their own."""
        return {}

    def restore(self, database: str, path: Path) -> Restored:
        """Put a dump into a scratch database; an archive is read by the cluster's own pg_restore, or the machine's."""
        program = shutil.which("pg_restore", path=self.provider.programs()) or ""
        convert = by_program(program, dict(os.environ))
        return restore(self.server(), database, path, convert, self.session.console.count)

    def dry_words(self) -> str:
        """Return what `reinstall` would do."""
        names = ", ".join(name for kind, name in self.session.journal.run.made if kind in ("cluster", "database"))
        return f"Would destroy and make anew: {names}. Then migrate it and prove the fresh install."
