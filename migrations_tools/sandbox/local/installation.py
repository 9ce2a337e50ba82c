"""A fresh install without containers: a new database, and the application as a process."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass

from migrations_tools.engines import process
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import Server
from migrations_tools.errors import CannotProceed
from migrations_tools.files import open_private
from migrations_tools.proofs import stack
from migrations_tools.proofs.http_client import Client
from migrations_tools.proofs.log_window import Logs
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.local.application import Start, free_port, plan_start, stamped
from migrations_tools.sandbox.local.local_project import Source
from migrations_tools.sandbox.session import Session
from migrations_tools.secrets import masked

_POLL = 0.05
_LOG = "application"
_NOT_LED = (
    "the tool leads env.py to the temp database and no variable does, so that nothing is known to lead the application"
    " there; give the variable that does under `environment:`"
)


@dataclass(frozen=True, slots=True)
class ApplicationPlace:
    """Where the application is started: the project, its variables, and the server that they lead to.

    With `led_directly` the variables lead nowhere: the tool itself leads env.py, and no more than that.
    """

    session: Session
    source: Source
    engine: str
    environment: Mapping[str, str]
    absent: tuple[str, ...]
    server: Server
    led_directly: bool = False


class LocalInstallation:
    """A fresh database, and the application as a process."""

    def __init__(self, place: ApplicationPlace, before: str) -> None:
        self.place = place
        self.before = before
        self.log = place.session.journal.folder / "application.log"
        self.port = free_port()
        self.start = self._plan()
        self.problem = self.start.reason

    def migrated_by(self) -> tuple[str, str]:
        """Return nobody: no service runs here."""
        return "", ""

    def may_migrate_itself(self) -> bool:
        """Return no: nothing was started yet."""
        return False

    def start_application(self) -> None:
        """Start the application with its own command and wait until it listens."""
        if not self.start.command:
            return
        session = self.place.session
        session.journal.will_make(("process", session.journal.run.id))
        with session.console.step("Starting the application"):
            self.problem = self._run_it()

    def url(self) -> tuple[str, str]:
        """Return the application's base URL, or the reason why it does not run here."""
        return ("", self.problem) if self.problem else (f"http://127.0.0.1:{self.port}", "")

    def absent_services(self) -> tuple[str, ...]:
        """Name the services that the application's variables point to and that do not run here."""
        return self.place.absent

    def first_proofs(self) -> list[Proof]:
        """Prove that the database is a new one."""
        return [stack.database_is_new(self.before, self.place.server.identity())]

    def logs(self, only: str = "") -> Logs:
        """Return the application's log; none when it does not run, or another one is asked for."""
        return {_LOG: stamped(self.log)} if not self.problem and only in ("", _LOG) else {}

    def last_proofs(self) -> list[Proof]:
        """Return that no container was involved."""
        return [stack.no_containers(self.place.engine)]

    def _plan(self) -> Start:
        application = self.place.source.project.application
        setting = self.place.session.settings.application_command
        if self.place.led_directly and not self.place.session.settings.environment:
            return Start((), 0, _NOT_LED)
        setup = self.place.source.project.alembic
        if not setting and not application and setup.is_flasks:
            setting = f"{shlex.join(setup.command[:-2])} run --port {{port}}"
        if not application and not setting:
            return Start((), 0, "nothing is known that answers over HTTP; set `application_command`")
        return plan_start(
            setting, self.place.source.application_service, application.port if application else 0, self.port
        )

    def _run_it(self) -> str:
        """Start it and wait until its port answers; return what went wrong, or ""."""
        environment = {**self.place.environment, "PORT": str(self.port)}
        with open_private(self.log) as log:
            try:
                started = process.start_detached(self._command(), self.place.source.folder, environment, log)
            except CannotProceed as error:
                return error.reasons[0]
        application, settings = self.place.source.project.application, self.place.session.settings
        path = application.health_path if application else settings.health_path or "/"
        limit = Limit(settings.start_timeout, "start_timeout")
        while started.poll() is None and limit.left:
            if Client(f"http://127.0.0.1:{self.port}", 2).get(path).status:
                return ""
            time.sleep(_POLL)
        said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        how = f"ended with exit code {started.returncode}"
        if started.poll() is None:
            how = f"did not answer within {limit.words()}"
        return f"the application {how}: {masked(' | '.join(said)) or 'it printed nothing'}"

    def _command(self) -> list[str]:
        """Return the command with the program of that name in the project's own environment."""
        name, *rest = self.start.command
        return [*self.place.source.interpreter.program(name), *rest]
