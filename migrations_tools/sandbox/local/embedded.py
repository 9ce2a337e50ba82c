"""The engine `embedded`: a disposable PostgreSQL in the tool's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery.project import Project
from migrations_tools.engines import cluster
from migrations_tools.engines.cluster import ClusterState
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import Server
from migrations_tools.errors import CannotProceed
from migrations_tools.images import Image, wished
from migrations_tools.inapp.advice import Advice
from migrations_tools.sandbox.local.local_project import Source, databases_named
from migrations_tools.sandbox.local.provider import Whereabouts, scratch_of
from migrations_tools.sandbox.session import Session

_CLUSTER = "cluster"
_OTHER_VERSION = (
    "Name the `bin` folder of such a server in `postgres_bin`, or use `engine: compose`, where the image is switched."
)


ADVICE = Advice(
    lacking="use the engine `compose`, whose database image brings it, or a server that has it (`postgres_bin`)",
    rights="set `database_superuser: true` where the application's role is one, as an image makes its POSTGRES_USER",
)


@dataclass(frozen=True, slots=True)
class EmbeddedProvider:
    """A cluster of the run's own, its state in the journal."""

    session: Session
    name: str = "embedded"
    is_reached_by_one_address: bool = True
    advice: Advice = ADVICE

    @property
    def _folder(self) -> Path:
        return self.session.journal.folder / "cluster"

    def _noted(self) -> ClusterState | None:
        noted = self.session.journal.run.plan.get(_CLUSTER)
        return ClusterState.from_json(noted) if noted else None

    def refuse_other_version(self, image: Image) -> None:
        """Refuse a version that the server found here does not have. Raises CannotProceed."""
        wish = self.session.settings.postgres
        if not wish:
            return
        wanted = wished(image, wish)
        found = self._binaries(wanted)
        if found.major != wanted.major:
            why = f"PostgreSQL {wish} was asked for, and the embedded server is {found.version}, from {found.source}."
            raise CannotProceed(why, tip=_OTHER_VERSION)

    def describe(self, source: Source) -> str:
        """Return the version, where the programs are, and in what they differ from the project's image."""
        binaries = self._binaries(source.image)
        differing = (f"; {difference}" for difference in differences(binaries, source.image))
        return f"PostgreSQL {binaries.version}, from {binaries.source} ({binaries.folder}){''.join(differing)}"

    def _binaries(self, image: Image) -> cluster.Binaries:
        return cluster.find_binaries(self.session.settings.postgres_bin, image.major)

    def database(self, project: Project) -> str:
        """Return the name of the project's own database."""
        return project.database.name

    def names(self, source: Source) -> dict[str, str]:
        """Return the project's own names: the cluster has nobody else's."""
        return {name: name for name in databases_named(source, self.session.settings)}

    def make(self, source: Source) -> None:
        """Make a cluster, with the project's own role and databases, marked from the start."""
        journal, database = self.session.journal, source.project.database
        image = wished(source.image, journal.run.postgres)
        binaries = self._binaries(image)
        self.session.console.say(f"Embedded PostgreSQL {binaries.major}, from {binaries.source}.")
        for difference in differences(binaries, image):
            self.session.console.say(f"  warning: {difference}", style="yellow")
        journal.will_make(("cluster", str(self._folder)))

        def note(state: dict[str, Any]) -> None:
            journal.update(plan={**journal.run.plan, _CLUSTER: state})

        limit = Limit(self.session.settings.start_timeout, "start_timeout")
        made = cluster.make(self._folder, binaries, note, limit)
        password = database.password or made.password
        for each in dict.fromkeys([database.name, *self.names(source).values()]):
            for name in (each, scratch_of(each, "base", self.session.settings.suffix)):
                cluster.create_role_and_database(
                    made,
                    database.user,
                    password,
                    name,
                    superuser=self.session.settings.database_superuser,
                    token=journal.run.token,
                )

    def find(self, project: Project) -> Whereabouts:
        """Return the whereabouts of a cluster that stands. Raises CannotProceed when it does not run any more."""
        run, database = self.session.journal.run, project.database
        opened = cluster.reopen(ClusterState.from_json(run.plan[_CLUSTER]))
        server = Server(
            "127.0.0.1",
            opened.state.port,
            opened.state.superuser,
            database.name,
            run.token,
            opened.password,
            owner=database.user,
            options=cluster.UNENCRYPTED,
            patience=self.session.settings.database_timeout,
        )
        return Whereabouts(server, database.user, database.name, database.password or opened.password)

    def programs(self) -> str | None:
        """Return the folder of the cluster's programs."""
        noted = self._noted()
        return noted.binaries if noted else None

    def remove(self) -> None:
        """End the cluster's process, having checked that it is ours, and remove its folders."""
        if noted := self._noted():
            cluster.remove(noted)


def differences(binaries: cluster.Binaries, image: Image) -> list[str]:
    """Return in what the embedded server differs from the one in the project's image, as far as that is known."""
    found = []
    if image.major and image.major != binaries.major:
        found.append(f"the Compose file names PostgreSQL {image.major}, the embedded server is {binaries.major}")
    available = cluster.extensions(binaries)
    lacking = [name for name in image.extensions if available is not None and name not in available]
    if lacking:
        found.append(
            f"the Compose file's image is one for {', '.join(lacking)}, which the embedded server does not have: a"
            " migration that wants it needs `engine: compose`, or in `postgres_bin` a server that has it"
        )
    return found
