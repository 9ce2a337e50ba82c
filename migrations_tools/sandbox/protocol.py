"""What generate and validate need of an engine: the temp database, the application's Alembic, a fresh install."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from subprocess import Popen
from typing import Protocol

from migrations_tools.discovery.alembic import Environment
from migrations_tools.discovery.project import Project
from migrations_tools.engines.dumps import Restored
from migrations_tools.engines.postgres import Server
from migrations_tools.inapp.advice import Advice
from migrations_tools.inapp.probe_client import Probe, Program, Target
from migrations_tools.proofs.log_window import Logs
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.session import Session

OWN_PREFIX = "migrations_tools_"
PURPOSE = "alembic"  # of the probe that is there for the most


class Sandbox(Protocol):
    """The temp database and application of a run that stands, wherever the engine keeps them."""

    @property
    def session(self) -> Session:
        """The task's tools."""

    @property
    def project(self) -> Project:
        """The project that is worked on."""

    @property
    def database(self) -> str:
        """The name of the database that the application uses; others may stand beside it."""

    def base_of(self, database: str) -> str:
        """Return the pristine clone of a database, which its scratch copies are made from."""

    def scratch_name(self, database: str, purpose: str) -> str:
        """Return the name of a scratch copy of a database on the temp server."""

    def place(self) -> str:
        """Return where Alembic runs: a service, an interpreter."""

    def open_probe(self, purpose: str = PURPOSE) -> Probe:
        """Start a probe where Alembic runs, one at a time for each purpose; use it as a context manager."""

    def run_program(self, program: Program) -> Watched:
        """Run a command of the project's own to its end where Alembic runs, its connections watched.

        Raises WrongDatabase when one leads elsewhere.
        """

    def server(self) -> Server:
        """Return the temp server as seen from this machine."""

    def refresh(self) -> None:
        """Bring what the probe sees up to date with the project's files."""

    def verify(self) -> None:
        """Check again that the temp side is apart from the original. Raises CannotProceed when it is not."""

    def reinstall(self) -> Installation:
        """Destroy the temp database and install again from nothing."""

    def client(self, terminal: bool, command: str = "") -> tuple[list[str], dict[str, str]]:
        """Return the command line of psql on the temp database (for one command), and the variables it needs."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what the engine runs on, by name."""

    def restore(self, database: str, path: Path) -> Restored:
        """Put a dump into a scratch database of the temp server.

        Raises CannotProceed when it is none, would lead out of that database, or one of its statements fails.
        """

    def dry_words(self) -> str:
        """Return what `reinstall` would do."""


class Engine(Protocol):
    """One way to provide a temp database and the application beside it, for one task."""

    def isolate(self, database_alone: bool = False) -> None:
        """Start the temp side; with `database_alone`, only what comparing the models and trying revisions needs.

        Raises CannotProceed with every reason when that is not possible.
        """

    def reopen(self) -> Sandbox:
        """Return the temp side of the run that stands."""

    def remove(self) -> list[Proof]:
        """Remove what the run that stands made and return the proofs that the rest is untouched."""

    def doctor(self) -> None:
        """Print what was found, and what would keep `isolate` from working."""

    def check_isolable(self) -> None:
        """Plan what `isolate` would make, and make nothing. Raises CannotProceed with every reason against it."""

    def show_containers(self) -> None:
        """Print the containers of the run that stands, where there are any."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How a watched command ended: its exit code, where its connections led, and the last lines that it printed.

    `creates_all` says whether it had SQLAlchemy make all tables of the models.
    """

    code: int
    reached: tuple[str, ...]
    said: tuple[str, ...]
    creates_all: bool = False


class Installation(Protocol):
    """A fresh install, just made."""

    def migrated_by(self) -> tuple[str, str]:
        """Return who ran the migrations and when they were done (RFC 3339); empty when no service did."""

    def may_migrate_itself(self) -> bool:
        """Return whether something that was started could still be running migrations."""

    def start_application(self) -> None:
        """Start the application where the engine has not done so yet: it wants a migrated database."""

    def url(self) -> tuple[str, str]:
        """Return the application's base URL, or "" and the reason why there is none."""

    def absent_services(self) -> tuple[str, ...]:
        """Name the services that the application uses and that this engine does not start."""

    def first_proofs(self) -> list[Proof]:
        """Prove that the installation is up and its database is new."""

    def logs(self, only: str = "") -> Logs:
        """Return the log of each service that there is, or of one; the application's own first."""

    def last_proofs(self) -> list[Proof]:
        """Prove that the rest of the machine is untouched."""


def targets(project: Project, token: str) -> tuple[Target, ...]:
    """Return what requests to the probe carry, one for each of the project's Alembic environments."""
    return tuple(
        Target(project.config_candidates, token, section=environment.section, imports=project.imports)
        for environment in project.alembic.environments
    )


def environments(project: Project, token: str) -> tuple[tuple[Target, Environment], ...]:
    """Return each of the project's Alembic environments with what requests to the probe carry for it."""
    return tuple(zip(targets(project, token), project.alembic.environments, strict=True))


def taken_over(project: Project, token: str, folder: str = "") -> Program | None:
    """Return the project's own command that starts Alembic, to be taken over; None where a configuration does."""
    command = project.alembic.command
    files = sorted(path.name for each in project.alembic.versions for path in each.glob("*.py"))
    return Program(command, token, take_over=True, folder=folder, files=files) if command else None


def watched(process: Popen[str], advice: Advice, program: Program, patience: float) -> Watched:
    """Wait for a command of the project's own to end and return what came of it."""
    with Probe(process, advice, program, patience) as probe:
        first = probe.first
        return Watched(int(first["code"]), tuple(first["reached"]), probe.said(), bool(first["created"]))


def scratch_name(database: str, purpose: str, suffix: str) -> str:
    """Return the name of a scratch copy of a database inside a temp server of our own."""
    return f"{OWN_PREFIX}{short_name(database, 24)}_{purpose}{suffix}"


def short_name(name: str, longest: int) -> str:
    """Return a name that leaves room in PostgreSQL's 63 bytes; a long one is told from its like by its digest."""
    given = name.encode()
    if len(given) <= longest:
        return name
    return f"{given[: longest - 9].decode(errors='ignore')}_{sha256(given).hexdigest()[:8]}"
