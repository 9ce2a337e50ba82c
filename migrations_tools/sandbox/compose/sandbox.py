"""The Compose engine, as generate and validate see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from migrations_tools.discovery.project import Project
from migrations_tools.engines.dumps import Restored, in_container, restore
from migrations_tools.engines.postgres import Server, psql_words
from migrations_tools.files import tree_fingerprint
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.sandbox.compose import build, one_off, start, temp_database
from migrations_tools.sandbox.compose.copy import Copy
from migrations_tools.sandbox.compose.reinstall import ComposeInstallation, reinstall
from migrations_tools.sandbox.protocol import PURPOSE, Watched, scratch_name
from migrations_tools.sandbox.session import Session


@dataclass(frozen=True, slots=True)
class ComposeSandbox:
    """The copy of the stack: its database container and the Alembic service's image."""

    copy: Copy
    _open: list[Probe] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The task's tools."""
        return self.copy.session

    @property
    def project(self) -> Project:
        """The project that was copied."""
        return self.copy.project

    @property
    def database(self) -> str:
        """The name of the database in the copy: the original's."""
        return self.project.database.name

    def base_of(self, database: str) -> str:
        """Return the pristine clone, made before the application's first connection."""
        return self.copy.base_of(database)

    def scratch_name(self, database: str, purpose: str) -> str:
        """Return the name of a scratch database inside the temp server."""
        return scratch_name(database, purpose, self.copy.plan.suffix)

    def place(self) -> str:
        """Name the service whose image Alembic runs in."""
        return f"the service {self.project.alembic_service}"

    def open_probe(self, purpose: str = PURPOSE) -> Probe:
        """Start a probe in a one-off container, which is named by the purpose; or go on with one that is open."""
        if self._open and purpose == PURPOSE:
            return self._open.pop()
        return one_off.open_probe(self.copy, purpose)

    def run_program(self, program: Program) -> Watched:
        """Run it in a one-off container of the Alembic service."""
        return one_off.run_program(self.copy, program)

    def server(self) -> Server:
        """Return the temp server by the port that the engine published."""
        return temp_database.server(self.copy)

    def refresh(self) -> None:
        """Build the Alembic service's image again when a file of a build context changed since it was built."""
        if self.session.journal.run.built_from == tree_fingerprint(self.project.build_contexts):
            return
        with self.session.console.step("Building the image again: its files have changed"):
            build.build(self.copy, [self.project.alembic_service])

    def verify(self) -> None:
        """Check the copy's resolved configuration against the invariants again: files may have changed since."""
        start.verify(self.copy)

    def reinstall(self) -> ComposeInstallation:
        """Take the stack down, remove exactly its volumes, build and start it again."""
        probe, installation = reinstall(self.copy)
        self._open.append(probe)
        return installation

    def client(self, terminal: bool, command: str = "") -> tuple[list[str], dict[str, str]]:
        """Return the words that start psql inside the database's own container."""
        copy, access = self.copy, self.project.database
        tty = ("--tty",) if terminal else ()
        client = ("--", copy.database_container, "psql", "-U", access.user, *psql_words(access.name, command))
        return copy.stack.docker.foreground(copy.stack.scope, "exec", "--interactive", *tty, *client), {}

    def versions(self) -> dict[str, str]:
        """Return the versions of the Docker engine and of Compose."""
        docker = self.copy.stack.docker
        return {
            "docker": docker.query("version", "--format", "{{.Server.Version}}").strip(),
            "compose": docker.query("compose", "version", "--short").strip(),
        }

    def restore(self, database: str, path: Path) -> Restored:
        """Put a dump into a scratch database; an archive is read by the pg_restore of the database's own container."""
        copy, words = self.copy, ("exec", "--interactive", "--", self.copy.database_container)
        docker, scope = copy.stack.docker, copy.stack.scope
        convert = in_container(lambda more, stdin, stderr: docker.turn(scope, (*words, *more), stdin, stderr))
        return restore(self.server(), database, path, convert, self.session.console.count)

    def dry_words(self) -> str:
        """Return which commands `reinstall` would run."""
        run = self.session.journal.run
        volumes = "".join(f"\n  $ docker volume rm {name}" for name in run.names("volume"))
        down = f"  $ docker compose --project-name {run.temp_project} down --remove-orphans --timeout 0"
        return f"Would run:\n{down}{volumes}\nThen build and start it again and prove the fresh install."
