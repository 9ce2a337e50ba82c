"""The engines `embedded` and `server`, as generate and validate see them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from migrations_tools.discovery import libpq
from migrations_tools.discovery.address_search import PARTS, value_of
from migrations_tools.discovery.interpreter import mending_command
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.project import Project
from migrations_tools.discovery.variables import Variables
from migrations_tools.engines import postgres, process
from migrations_tools.engines.dumps import Restored, by_program, restore
from migrations_tools.engines.limit import Limit
from migrations_tools.inapp.advice import Advice
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe.led_address import DATABASE
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.journal import Journal
from migrations_tools.sandbox.local.local_project import Source, given_variables, outer_variables, variables_for
from migrations_tools.sandbox.local.provider import Provider, Whereabouts, scratch_of
from migrations_tools.sandbox.protocol import PURPOSE, Watched, taken_over, watched
from migrations_tools.sandbox.session import Session

if TYPE_CHECKING:
    from migrations_tools.sandbox.local.installation import LocalInstallation

LEADING = "leading"  # in the journal's plan: which variables and options were found to lead env.py, and as what


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

    def open_probe(
        self,
        purpose: str = PURPOSE,  # noqa: ARG002 - nothing is named here
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Probe:
        """Start a probe in the project's own interpreter, with `more` variables over its own."""
        folder = self._helpers() if self.project.alembic.command else ""
        program = taken_over(self.project, self.session.journal.run.token, folder)
        patience, count = self.session.settings.command_timeout, self.session.console.count
        return Probe(self._start_python(more), self.advice(), program, patience, count)

    def run_program(self, program: Program) -> Watched:
        """Run it in the project's folder; its variables lead to the databases that its connections are sent to."""
        program = replace(program, folder=self._helpers())
        command, environment = self.source.interpreter.command, self.environment(program.databases)
        started = process.start_python(command, BOOTSTRAP, self.session.root, environment)
        return watched(started, self.advice(), program, self.session.settings.command_timeout)

    def _start_python(self, more: Mapping[str, str]) -> Popen[str]:
        command, environment = self.source.interpreter.command, {**self.environment(), **more}
        return process.start_python(command, BOOTSTRAP, self.source.folder, environment)

    def advice(self) -> Advice:
        """Return what is known of the place where Alembic runs, for its errors."""
        source = self.source
        return replace(
            self.provider.advice,
            mending=lambda module: mending_command(source.interpreter, source.folder, self.session.root, module),
        )

    def _helpers(self) -> str:
        """Return a folder for what a command of the project's own must find on its path."""
        folder = helpers_folder(self.session.journal)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)

    def server(self) -> postgres.Server:
        """Return the server as the tool reaches it."""
        return self.whereabouts().server

    def whereabouts(self) -> Whereabouts:
        """Return where the run's database is."""
        return self.provider.find(self.project)

    def environment(self, copies: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Return the variables that Alembic and the application get: this process's, and the database's whereabouts.

        `copies` names the scratch databases to lead to instead, as the requests to the probe do.
        """
        outer = self.source.interpreter.environment(outer_variables())
        led = {DATABASE: json.dumps(self._directly())} if self.led_directly else {}
        return {
            **self._variables(self._address().sent(copies)).laid_over(outer),
            **led,
            process.MARK: self.session.journal.run.id,
        }

    def variables(self) -> Variables:
        """Return the variables that lead to the temp databases, with notes on what they leave pointing elsewhere."""
        found = self._variables(self._address())
        options = (f"{name} of the configuration leads to the temp database." for name in self._found("options"))
        return replace(found, notes=(*found.notes, *options))

    def _variables(self, address: ServerAddress) -> Variables:
        return variables_for(
            self.source, self.session.settings, address, self._found("variables"), led=self.led_directly
        )

    def wanted(self) -> dict[str, list[str]]:
        """Return the address that a connection of env.py's must have, part by part."""
        address = self._address()
        named = {"host": [address.host], "port": [str(address.port)], "user": [address.user]}
        named["database"] = list(dict.fromkeys([address.database, *address.databases.values()]))
        return {**named, **({"password": [address.password]} if address.password else {})}

    @property
    def led_directly(self) -> bool:
        """Return whether env.py's connections are led by the tool and not by variables, which lead an application."""
        return self.session.settings.take_over_connection or bool(self._found("options"))

    def given_names(self) -> frozenset[str]:
        """Return the variables that the user has given: they are not tried."""
        return frozenset(given_variables(self.source, self.session.settings))

    def _directly(self) -> dict[str, Any]:
        """Return what the probe is told of the temp database, to lead env.py there itself."""
        address, options = self._address(), self._found("options")
        return {
            "take_over": self.session.settings.take_over_connection,
            "options": {name: value_of(f"url:{scheme}", address) for name, scheme in options.items()},
            **{part: address.part(part) for part in PARTS},
        }

    def note_found(self, made: Mapping[str, str], options: Mapping[str, str]) -> None:
        """Note in the journal what was found to lead env.py."""
        found = {"variables": {**self._found("variables"), **made}, "options": {**self._found("options"), **options}}
        journal = self.session.journal
        journal.update(plan={**journal.run.plan, LEADING: found})

    def _found(self, what: str) -> Mapping[str, str]:
        found: Mapping[str, str] = (self.session.journal.run.plan.get(LEADING) or {}).get(what) or {}
        return found

    def _address(self) -> ServerAddress:
        where = self.whereabouts()
        place = (where.server.host, where.server.port, where.user, where.password, where.database)
        return ServerAddress(*place, where.options, self.provider.names(self.source))

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
            self.session, self.source, self.provider.name, self.environment(), absent, self.server(), self.led_directly
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
