"""The engines `embedded` and `server`, as generate and validate see them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery import compose_yaml, interpreter, variables
from migrations_tools.discovery.addresses import Server
from migrations_tools.discovery.compose_files import find_optional
from migrations_tools.discovery.interpreter import Interpreter
from migrations_tools.discovery.project import Project, discover_local
from migrations_tools.engines import postgres, process
from migrations_tools.engines.interpreter import missing
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.client import BOOTSTRAP, Probe, Target
from migrations_tools.journal import Run
from migrations_tools.proofs import http, logs, stack
from migrations_tools.proofs import local as local_proofs
from migrations_tools.proofs.proof import Proof
from migrations_tools.steps.local import databases
from migrations_tools.steps.local.application import Start, free_port, plan_start, stamped
from migrations_tools.steps.local.databases import Whereabouts
from migrations_tools.steps.work import Work

_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Source:
    """The project as read without Docker: its parts, its Compose file where there is one, its interpreter."""

    project: Project
    config: Mapping[str, Any]
    interpreter: Interpreter

    @property
    def service(self) -> Mapping[str, Any]:
        """The Compose service that Alembic would run in; empty without one."""
        return self._service(self.project.alembic_service)

    @property
    def application_service(self) -> Mapping[str, Any]:
        """The Compose service that is the application; empty without one."""
        return self._service(self.project.application.service if self.project.application else "")

    @property
    def major(self) -> int | None:
        """The PostgreSQL major version that the Compose file names."""
        return variables.postgres_major(self.config, self.project.database.service) if self.config else None

    @property
    def other_services(self) -> frozenset[str]:
        """The services of the stack besides the database."""
        return frozenset(self.config.get("services") or {}) - {self.project.database.service}

    @property
    def folder(self) -> Path:
        """Where Alembic and the application are started: beside the configuration."""
        return self.project.alembic_config.parent

    def _service(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.config.get("services") or {}).get(name) or {}
        return found


def read_source(work: Work) -> Source:
    """Read the project. Raises CannotProceed with everything that is missing or ambiguous."""
    compose = find_optional(work.root, work.settings, os.environ)
    env_files = [work.root / name for name in work.settings.env_files]
    profiles, name = work.settings.profiles, work.settings.project_name
    config = compose_yaml.read(compose, env_files, os.environ, profiles=profiles, project=name) if compose else {}
    project = discover_local(work.root, work.settings, compose, config)
    python = interpreter.find(work.root, project.alembic_config, work.settings.python, os.environ)
    problem = missing(python, project.alembic_config.parent, work.root, os.environ)
    if problem:
        raise CannotProceed(problem, tip="Name the project's own Python with the setting `python`.")
    return Source(project, config, python)


@dataclass(frozen=True, slots=True)
class Local:
    """A run whose databases are an embedded cluster's or a given server's."""

    work: Work
    source: Source
    run_id: str
    engine: str

    @property
    def project(self) -> Project:
        """The project; on a given server, under the name of the scratch database."""
        return self.source.project

    @property
    def base_database(self) -> str:
        """The pristine twin that scratch databases are cloned from."""
        return self.scratch_name("base")

    @property
    def database(self) -> str:
        """The name of the database that the migrations go to."""
        if self.engine == "server":
            return databases.address(self.work, self.project.name).database
        return self.project.database.name

    def scratch_name(self, purpose: str) -> str:
        """Give the name of a scratch database beside the run's own."""
        return databases.scratch_of(self.database, purpose, self.work.settings.suffix)

    def place(self) -> str:
        """Name the interpreter."""
        return " ".join(self.source.interpreter.command)

    def open_probe(self, run: Run) -> tuple[Run, Probe]:
        """Start the probe in the project's own interpreter."""
        environment = self.environment(run)
        return run, Probe(
            process.start_python(self.source.interpreter.command, BOOTSTRAP, self.source.folder, environment)
        )

    def target(self, run: Run, database: str = "") -> Target:
        """Give what requests to the probe carry."""
        return Target(self.project.config_candidates, run.token, database)

    def server(self, run: Run) -> postgres.Server:
        """Give the server as the tool reaches it."""
        return self.whereabouts(run).server

    def whereabouts(self, run: Run) -> Whereabouts:
        """Give where the run's database is."""
        if self.engine == "server":
            return databases.find_given(self.work, run)
        return databases.find_embedded(run, self.project.database)

    def environment(self, run: Run) -> dict[str, str]:
        """Give the variables that Alembic and the application get: this process's, and the database's whereabouts."""
        outer = self.source.interpreter.environment(_outer())
        return {**self.variables(run).laid_over(outer), process.MARK: run.id}

    def variables(self, run: Run) -> variables.Variables:
        """Give the variables that lead to the temp database, with notes on what they leave pointing elsewhere."""
        where, database = self.whereabouts(run), self.project.database
        address = Server(where.server.host, where.server.port, where.user, where.password, where.database)
        given = {**_plain(self.source.application_service), **_plain(self.source.service)}
        if not given:
            return variables.guess(self.source.folder, _outer(), address, self._extra())
        return variables.for_application(
            given,
            database.service,
            database.port,
            address,
            self._extra(),
            names=variables.names_of(self.source.config, database.service),
            other_services=self.source.other_services,
        )

    def _extra(self) -> dict[str, Any]:
        names = (self.project.application.service if self.project.application else "", self.project.alembic_service)
        found = self.work.settings.environment
        return {key: value for name in ("", *names) for key, value in found.get(name, {}).items()}

    def refresh(self, run: Run) -> Run:
        """Do nothing: the interpreter reads the project's files as they are."""
        return run

    def verify(self) -> None:
        """Do nothing: the token is checked at every connection, and nothing else is shared."""

    def reinstall(self, run: Run) -> tuple[Run, LocalInstallation]:
        """Destroy the databases and make them anew, empty."""
        process.end_marked(run.id)
        with self.work.console.step("Making the temp database anew"):
            before = self.server(run).identity()
            run = make_databases(self.work, self.source, run, again=True)
        return run, LocalInstallation(self, run, before)

    def client(self, run: Run, terminal: bool, command: str = "") -> tuple[list[str], dict[str, str]]:  # noqa: ARG002 - psql sees it itself
        """Give the words that start this machine's psql as the application's own role."""
        where = self.whereabouts(run)
        address = ["-h", where.server.host, "-p", str(where.server.port), "-U", where.user]
        return ["psql", *address, *postgres.psql_words(where.database, command)], {"PGPASSWORD": where.password}

    def dry_words(self, run: Run) -> str:
        """Say what `reinstall` would do."""
        names = ", ".join(name for kind, name in run.made if kind in ("cluster", "database"))
        return f"Would destroy and make anew: {names}. Then migrate it and prove the fresh install."


def _outer() -> dict[str, str]:
    """Give this process's variables without the tool's own settings, which are nobody else's business."""
    return {key: value for key, value in os.environ.items() if not key.startswith("INVOKE_")}


def make_databases(work: Work, source: Source, run: Run, again: bool = False) -> Run:
    """Make the run's databases with its engine, marked; the old ones are destroyed first when `again`."""
    database = source.project.database
    if run.engine == "server":
        return databases.remake_given(work, run) if again else databases.make_given(work, run)
    if again:
        return databases.remake_embedded(work, run, database, source.major)
    return databases.make_embedded(work, run, database, source.major)


def _plain(service: Mapping[str, Any]) -> dict[str, str]:
    found = service.get("environment") or {}
    return {key: str(value).replace("$$", "$") for key, value in found.items() if value is not None}


class LocalInstallation:
    """A fresh database, and the application as a process."""

    def __init__(self, local: Local, run: Run, before: str) -> None:
        self.local = local
        self.run = run
        self.before = before
        self.log = local.work.journal.folder / "application.log"
        self.port = free_port()
        self.start = self._plan()
        self.problem = self.start.reason

    def migrated_by(self) -> tuple[str, str]:
        """Say nobody: no service runs here."""
        return "", ""

    def may_migrate_itself(self) -> bool:
        """Say no: nothing was started yet."""
        return False

    def start_application(self, run: Run) -> Run:
        """Start the application with its own command and wait until it listens."""
        if not self.start.command:
            return run
        work = self.local.work
        run = work.journal.will_make(run, ("process", run.id))
        with work.console.step("Starting the application"):
            self.problem = self._run_it(run)
        return run

    def url(self) -> tuple[str, str]:
        """Give the application's base URL, or the reason why it does not run here."""
        return ("", self.problem) if self.problem else (f"http://127.0.0.1:{self.port}", "")

    def absent_services(self) -> tuple[str, ...]:
        """Name the services that the application's variables point to and that do not run here."""
        return tuple(self.local.variables(self.run).absent)

    def first_proofs(self) -> list[Proof]:
        """Prove that the database is a new one."""
        return [stack.database_is_new(self.before, self.local.server(self.run).identity())]

    def last_proofs(self, _run: Run, since: str) -> list[Proof]:
        """Prove that the application's log is clean; say that no container was involved."""
        patterns = self.local.work.settings.log_patterns
        proofs = [logs.clean({"application": stamped(self.log)}, since, patterns)] if not self.problem else []
        return [*proofs, local_proofs.no_containers(self.local.engine)]

    def _plan(self) -> Start:
        application = self.local.project.application
        setting = self.local.work.settings.application_command
        if not application and not setting:
            return Start((), 0, "nothing is known that answers over HTTP; set `application_command`")
        return plan_start(
            setting, self.local.source.application_service, application.port if application else 0, self.port
        )

    def _run_it(self, run: Run) -> str:
        """Start it and wait until its port answers; give what went wrong, or ""."""
        environment = {**self.local.environment(run), "PORT": str(self.port)}
        with self.log.open("wb") as log:
            try:
                started = process.start_detached(self._command(), self.local.source.folder, environment, log)
            except CannotProceed as error:
                return error.reasons[0]
        path = self.local.project.application.health_path if self.local.project.application else "/"
        end = time.monotonic() + self.local.work.settings.start_timeout
        while started.poll() is None and time.monotonic() < end:
            if http.get(f"http://127.0.0.1:{self.port}", path, 2).status:
                return ""
            time.sleep(_POLL)
        said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        how = "did not answer in time" if started.poll() is None else f"ended with exit code {started.returncode}"
        return f"the application {how}: {' | '.join(said) or 'it printed nothing'}"

    def _command(self) -> list[str]:
        """Give the command with the interpreter's own program where it has one of that name."""
        name, *rest = self.start.command
        if name in ("python", "python3"):
            return [*self.local.source.interpreter.command, *rest]
        beside = Path(self.local.source.interpreter.command[0]).parent / name
        return [str(beside) if beside.is_file() else name, *rest]
