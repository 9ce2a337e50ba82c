"""The engines `embedded` and `server`, as generate and validate see them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from migrations_tools.discovery import libpq, variables
from migrations_tools.discovery.address_search import PARTS, value_of
from migrations_tools.discovery.interpreter import mending_command
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.project import Project
from migrations_tools.engines import existing_server, postgres, process
from migrations_tools.engines.dumps import Restored, by_program, restore
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.server_url import Address
from migrations_tools.inapp.advice import Advice
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe.gate import DATABASE
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.journal import Run
from migrations_tools.sandbox.local import provider
from migrations_tools.sandbox.local.local_project import (
    Source,
    databases_named,
    given_variables,
    outer_variables,
    variables_for,
)
from migrations_tools.sandbox.local.provider import Whereabouts
from migrations_tools.sandbox.protocol import PURPOSE, Watched, taken_over, watched
from migrations_tools.sandbox.session import Session

if TYPE_CHECKING:
    from migrations_tools.sandbox.local.installation import LocalInstallation

HELPERS = "helpers"
LEADING = "leading"  # in the journal's plan: which variables and options were found to lead env.py, and as what


@dataclass(frozen=True, slots=True)
class LocalSandbox:
    """A run whose databases are an embedded cluster's or a given server's.

    `primary` keeps which host a given server's address led to, for the time of one task.
    """

    session: Session
    source: Source
    run_id: str
    engine: str
    primary: list[Address] = field(default_factory=list)

    @property
    def project(self) -> Project:
        """The project; on a given server, under the name of the scratch database."""
        return self.source.project

    @property
    def database(self) -> str:
        """The name of the database that the migrations go to."""
        if self.engine == "server":
            return provider.address(self.session, self.project.name).database
        return self.project.database.name

    def base_of(self, database: str) -> str:
        """Return the pristine twin of a database, which its scratch copies are cloned from."""
        return self.scratch_name(database, "base")

    def scratch_name(self, database: str, purpose: str) -> str:
        """Return the name of a scratch database beside the run's own."""
        return provider.scratch_of(database, purpose, self.session.settings.suffix)

    def place(self) -> str:
        """Name the interpreter."""
        return " ".join(self.source.interpreter.command)

    def open_probe(
        self,
        run: Run,
        purpose: str = PURPOSE,  # noqa: ARG002 - nothing is named here
        more: Mapping[str, str] | None = None,
    ) -> tuple[Run, Probe]:
        """Start a probe in the project's own interpreter, with `more` variables over its own."""
        program = taken_over(self.project, run, self._helpers() if self.project.alembic.command else "")
        patience, count = self.session.settings.command_timeout, self.session.console.count
        return run, Probe(self._start_python(run, more or {}), self.advice(), program, patience, count)

    def run_program(self, run: Run, program: Program) -> tuple[Run, Watched]:
        """Run it beside the project's own interpreter."""
        program = replace(program, folder=self._helpers())
        return run, watched(self._start_python(run), self.advice(), program, self.session.settings.command_timeout)

    def _start_python(self, run: Run, more: Mapping[str, str] = MappingProxyType({})) -> Popen[str]:
        command, environment = self.source.interpreter.command, {**self.environment(run), **more}
        return process.start_python(command, BOOTSTRAP, self.source.folder, environment)

    def advice(self) -> Advice:
        """Return what is known of the place where Alembic runs, for its errors."""
        source = self.source
        return Advice(
            self.engine, lambda module: mending_command(source.interpreter, source.folder, self.session.root, module)
        )

    def _helpers(self) -> str:
        """Return a folder, in the tool's own, for what a command of the project's own must find on its path."""
        folder = self.session.journal.folder / HELPERS
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def server(self, run: Run) -> postgres.Server:
        """Return the server as the tool reaches it."""
        return self.whereabouts(run).server

    def whereabouts(self, run: Run) -> Whereabouts:
        """Return where the run's database is."""
        if self.engine == "server":
            if not self.primary:
                self.primary.append(existing_server.primary(provider.address(self.session, run.project)))
            return provider.find_given(self.primary[0], run)
        return provider.find_embedded(run, self.project.database, self.session.settings.database_timeout)

    def environment(self, run: Run) -> dict[str, str]:
        """Return the variables that Alembic and the application get: this process's, and the database's whereabouts."""
        outer = self.source.interpreter.environment(outer_variables())
        led = {DATABASE: json.dumps(self._directly(run))} if self.led_directly(run) else {}
        return {**self.variables(run).laid_over(outer), **led, process.MARK: run.id}

    def variables(self, run: Run) -> variables.Variables:
        """Return the variables that lead to the temp databases, with notes on what they leave pointing elsewhere."""
        made = (run.plan.get(LEADING) or {}).get("variables") or {}
        return variables_for(self.source, self.session.settings, self._address(run), made)

    def wanted(self, run: Run) -> dict[str, list[str]]:
        """Return the address that a connection of env.py's must have, part by part."""
        address = self._address(run)
        named = {"host": [address.host], "port": [str(address.port)], "user": [address.user]}
        named["database"] = list(dict.fromkeys([address.database, *address.databases.values()]))
        return {**named, **({"password": [address.password]} if address.password else {})}

    def led_directly(self, run: Run) -> bool:
        """Return whether env.py's connections are led by the tool and not by variables, which lead an application."""
        return self.session.settings.take_over_connection or bool((run.plan.get(LEADING) or {}).get("options"))

    def given_names(self) -> frozenset[str]:
        """Return the variables that the user has given: they are not tried."""
        return frozenset(given_variables(self.source, self.session.settings))

    def _directly(self, run: Run) -> dict[str, Any]:
        """Return what the probe is told of the temp database, to lead env.py there itself."""
        address = self._address(run)
        options = (run.plan.get(LEADING) or {}).get("options") or {}
        return {
            "take_over": self.session.settings.take_over_connection,
            "options": {name: value_of(f"url:{scheme}", address) for name, scheme in options.items()},
            **{part: address.part(part) for part in PARTS},
        }

    def _address(self, run: Run) -> ServerAddress:
        where = self.whereabouts(run)
        place = (where.server.host, where.server.port, where.user, where.password, where.database)
        return ServerAddress(*place, where.options, names_here(self.session, self.source, self.engine))

    def refresh(self, run: Run) -> Run:
        """Do nothing: the interpreter reads the project's files as they are."""
        return run

    def verify(self) -> None:
        """Do nothing: the token is checked at every connection, and nothing else is shared."""

    def reinstall(self, run: Run) -> tuple[Run, LocalInstallation]:
        """Destroy the databases and make them anew, empty."""
        process.end_marked(run.id, Limit(self.session.settings.stop_timeout, "stop_timeout"))
        with self.session.console.step("Making the temp database anew"):
            before = self.server(run).identity()
            run = make_databases(self.session, self.source, run, again=True)
        absent = self.variables(run).absent
        from migrations_tools.sandbox.local.installation import ApplicationPlace, LocalInstallation

        place = ApplicationPlace(
            self.session,
            self.source,
            self.engine,
            self.environment(run),
            absent,
            self.server(run),
            self.led_directly(run),
        )
        return run, LocalInstallation(place, before)

    def client(self, run: Run, terminal: bool, command: str = "") -> tuple[list[str], dict[str, str]]:  # noqa: ARG002 - psql sees it itself
        """Return the words that start this machine's psql as the application's own role."""
        where = self.whereabouts(run)
        address = ["-h", where.server.host, "-p", str(where.server.port), "-U", where.user]
        # An empty address of the shell's own leads nowhere; one that is not empty would lead psql there.
        more = {"PGHOSTADDR": "", **libpq.variables(dict(where.server.options))}
        words = ["psql", *address, *postgres.psql_words(where.database, command)]
        return words, {**more, **({"PGPASSWORD": where.password} if where.password else {})}

    def versions(self) -> dict[str, str]:
        """Return nothing: the database and the interpreter tell their own."""
        return {}

    def restore(self, run: Run, database: str, path: Path) -> Restored:
        """Put a dump into a scratch database; an archive is read by the cluster's own pg_restore, or the machine's."""
        program = shutil.which("pg_restore", path=provider.programs(run)) or ""
        convert = by_program(program, dict(os.environ))
        return restore(self.server(run), database, path, convert, self.session.console.count)

    def dry_words(self, run: Run) -> str:
        """Return what `reinstall` would do."""
        names = ", ".join(name for kind, name in run.made if kind in ("cluster", "database"))
        return f"Would destroy and make anew: {names}. Then migrate it and prove the fresh install."


def names_here(session: Session, source: Source, engine: str) -> dict[str, str]:
    """Return what each of the project's databases is called on the temp server; empty where there is only one."""
    named = databases_named(source, session.settings)
    if engine != "server":
        return {name: name for name in named}
    main, suffix = provider.address(session, source.project.name).database, session.settings.suffix
    own = source.project.database.name
    return {name: main if name == own else f"{name.removesuffix(suffix)}{suffix}" for name in named}


def make_databases(session: Session, source: Source, run: Run, again: bool = False) -> Run:
    """Make the run's databases with its engine, marked; the old ones are destroyed first when `again`."""
    database, others = source.project.database, tuple(names_here(session, source, run.engine).values())
    if run.engine == "server":
        if again:
            provider.remove_given(session, run)
        return provider.make_given(session, run, others)
    if again:
        provider.remove_embedded(run)
    return provider.make_embedded(session, run, database, source.image, others)
