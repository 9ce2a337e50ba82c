"""What generate and validate need of an engine: the temp database, the application's Alembic, a fresh install."""

from __future__ import annotations

from typing import Protocol

from migrations_tools.discovery.project import Project
from migrations_tools.engines.postgres import Server
from migrations_tools.inapp.client import Probe, Target
from migrations_tools.journal import Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.steps.work import Work


class Temp(Protocol):
    """The temp database and application of a run that stands, wherever the engine keeps them."""

    @property
    def work(self) -> Work:
        """The task's tools."""

    @property
    def project(self) -> Project:
        """The project that is worked on."""

    @property
    def base_database(self) -> str:
        """The pristine clone that scratch databases are made from."""

    @property
    def database(self) -> str:
        """The name of the database that the application and its migrations use."""

    def scratch_name(self, purpose: str) -> str:
        """Give the name of a scratch database on the temp server."""

    def place(self) -> str:
        """Say where Alembic runs: a service, an interpreter."""

    def open_probe(self, run: Run) -> tuple[Run, Probe]:
        """Start the probe where Alembic runs; use it as a context manager."""

    def target(self, run: Run, database: str = "") -> Target:
        """Give what requests to the probe carry; `database` sends them to a scratch database."""

    def server(self, run: Run) -> Server:
        """Give the temp server as seen from this machine."""

    def refresh(self, run: Run) -> Run:
        """Bring what the probe sees up to date with the project's files."""

    def verify(self) -> None:
        """Check again that the temp side is apart from the original. Raises CannotProceed when it is not."""

    def reinstall(self, run: Run) -> tuple[Run, Installation]:
        """Destroy the temp database and install again from nothing."""

    def client(self, run: Run, terminal: bool, command: str = "") -> tuple[list[str], dict[str, str]]:
        """Give the words that start psql on the temp database (for one command), and the variables it needs besides."""

    def dry_words(self, run: Run) -> str:
        """Say what `reinstall` would do."""


class Installation(Protocol):
    """A fresh install, just made."""

    def migrated_by(self) -> tuple[str, str]:
        """Say who ran the migrations and when they were done (RFC 3339); empty when no service did."""

    def may_migrate_itself(self) -> bool:
        """Tell whether something that was started could still be running migrations, unannounced."""

    def start_application(self, run: Run) -> Run:
        """Start the application where the engine has not done so yet: it wants a migrated database."""

    def url(self) -> tuple[str, str]:
        """Give the application's base URL, or "" and the reason why there is none."""

    def absent_services(self) -> tuple[str, ...]:
        """Name the services that the application uses and that this engine does not start."""

    def first_proofs(self) -> list[Proof]:
        """Prove that the installation is up and its database is new."""

    def last_proofs(self, run: Run, since: str) -> list[Proof]:
        """Prove that the logs are clean after `since` and that the rest of the machine is untouched."""


def scratch_name(purpose: str, suffix: str) -> str:
    """Give the name of a scratch database inside the temp server: short, whatever the project's own is called."""
    return f"migrations_tools_{purpose}{suffix}"
