"""The engine `server`: scratch databases on the server of the setting `server_url`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from migrations_tools.discovery.project import Project
from migrations_tools.engines import existing_server
from migrations_tools.engines.server_url import SETTING, Address, parse
from migrations_tools.errors import CannotProceed
from migrations_tools.images import Image
from migrations_tools.inapp.advice import Advice
from migrations_tools.sandbox.local.local_project import Source, databases_named
from migrations_tools.sandbox.local.provider import Whereabouts, scratch_of
from migrations_tools.sandbox.session import Session

_SERVER = "server"
_LATER = ("models", "trip")  # the scratch databases that proofs make and drop


ADVICE = Advice(
    lacking="have it installed on that server",
    rights="have a superuser make it a trusted extension, or create it in template1",
)


@dataclass(frozen=True)
class ExistingProvider:
    """Databases of the run's own on a server that stays."""

    session: Session
    name: str = "server"
    is_reached_by_one_address: bool = False
    advice: Advice = ADVICE

    def _address(self, project: str) -> Address:
        """Return the server of the setting `server_url`. Raises CannotProceed when it is missing or malformed."""
        url = self.session.settings.server_url
        if not url:
            raise CannotProceed(
                f"The engine `server` needs {SETTING}.",
                tip="Keep it out of files: export"
                " INVOKE_MIGRATIONS_TOOLS_SERVER_URL=postgresql://user:password@host/name_temp",
            )
        return parse(url, project, self.session.settings.suffix, self.session.root)

    @cached_property
    def _primary(self) -> Address:
        """The one host that the address led to."""
        return existing_server.primary(self._address(self.session.journal.run.project))

    def refuse_other_version(self, image: Image) -> None:  # noqa: ARG002 - the server is as it is
        """Refuse every version that is asked for. Raises CannotProceed."""
        if wish := self.session.settings.postgres:
            why = f"PostgreSQL {wish} was asked for, and the engine `server` uses the server of `server_url` as it is."
            raise CannotProceed(
                why, tip="Leave `postgres` empty, or use `engine: compose`, where the image is switched."
            )

    def describe(self, source: Source) -> str:
        """Return the address and the database. Raises CannotProceed when the run's database could not be made there."""
        where, run = self._address(source.project.name), self.session.journal.read()
        existing_server.check(where, [] if run and where.database in run.names("database") else [where.database])
        return f"{where.words}, database {where.database}"

    def database(self, project: Project) -> str:
        """Return the name of the scratch database."""
        return self._address(project.name).database

    def names(self, source: Source) -> dict[str, str]:
        """Return names of the run's own: what the project's databases are called may be taken there."""
        main, own = self.database(source.project), source.project.database.name
        suffix = self.session.settings.suffix
        named = databases_named(source, self.session.settings)
        return {name: main if name == own else f"{name.removesuffix(suffix)}{suffix}" for name in named}

    def make(self, source: Source) -> None:
        """Make the scratch databases and their pristine twins; all names stand in the journal before that.

        Raises CannotProceed when one of the names is taken, the run's later scratch databases' among them.
        """
        journal, suffix = self.session.journal, self.session.settings.suffix
        where = self._address(journal.run.project)
        mains = list(dict.fromkeys([where.database, *self.names(source).values()]))
        twins = [scratch_of(each, "base", suffix) for each in mains]
        names = (*mains, *twins, *(scratch_of(each, purpose, suffix) for each in mains for purpose in _LATER))
        journal.update(plan={**journal.run.plan, _SERVER: existing_server.check(where, names)})
        journal.will_make(*(("database", name) for name in names))
        existing_server.make(where, [*mains, *twins], journal.run.token)
        existing_server.reach(where, journal.run.token)

    def find(self, project: Project) -> Whereabouts:  # noqa: ARG002 - the address names the database
        """Return the whereabouts of the scratch database, at the one host that the address led to first."""
        where = self._primary
        server = existing_server.server(where, self.session.journal.run.token)
        return Whereabouts(server, where.user, where.database, where.password, dict(where.options))

    def programs(self) -> str | None:
        """Return None: the server's programs are not here."""
        return None

    def remove(self) -> None:
        """Drop the databases that have a name of the journal's and the run's token; others of that name are told."""
        run = self.session.journal.run
        if not run.names("database"):
            return
        where = self._address(run.project)
        left = existing_server.drop(where, run.names("database"), run.token, run.plan.get(_SERVER, ""))
        if left:
            raise CannotProceed(
                [f"The database {name} does not carry this run's token; it was not dropped." for name in left],
                tip="Look at it; when it is gone, or renamed, run `invoke cleanup` again.",
            )
