"""Where a run's databases are when no container is: an embedded cluster, or a server that was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_tools.discovery.services import Database
from migrations_tools.engines import cluster, existing_server
from migrations_tools.engines.cluster import ClusterState
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import Server
from migrations_tools.engines.server_url import SETTING, Address, parse
from migrations_tools.errors import CannotProceed
from migrations_tools.images import Image, wished
from migrations_tools.journal import Run
from migrations_tools.sandbox.protocol import short_name
from migrations_tools.sandbox.session import Session

CLUSTER = "cluster"
SERVER = "server"
_LATER = ("models", "trip")  # the scratch databases that proofs make and drop


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A run's database as the application reaches it, and as the tool does (`server`).

    `options` are the further parameters of libpq that the application's connections need.
    """

    server: Server
    user: str
    database: str
    password: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


def make_embedded(session: Session, run: Run, database: Database, image: Image, others: Sequence[str]) -> Run:
    """Make a cluster in the tool's own folder, with the project's own role and databases, marked from the start."""
    image = wished(image, run.postgres)
    binaries = cluster.find_binaries(session.settings.postgres_bin, image.major)
    session.console.say(f"Embedded PostgreSQL {binaries.major}, from {binaries.source}.")
    for difference in differences(binaries, image):
        session.console.say(f"  warning: {difference}", style="yellow")
    run = session.journal.will_make(run, ("cluster", str(_folder(session))))
    latest = run

    def note(state: dict[str, Any]) -> None:
        nonlocal latest
        latest = session.journal.update(latest, plan={**latest.plan, CLUSTER: state})

    limit = Limit(session.settings.start_timeout, "start_timeout")
    made = cluster.make(_folder(session), binaries, note, limit)
    password = database.password or made.password
    for each in dict.fromkeys([database.name, *others]):
        for name in (each, scratch_of(each, "base", session.settings.suffix)):
            cluster.create_role_and_database(made, database.user, password, name, token=run.token)
    return latest


def refuse_other_version(session: Session, image: Image, engine: str) -> None:
    """Refuse a version that the engine does not have. Raises CannotProceed, before anything is made."""
    wish = session.settings.postgres
    if wish and engine == "server":
        why = f"PostgreSQL {wish} was asked for, and the engine `server` uses the server of `server_url` as it is."
        raise CannotProceed(why, tip="Leave `postgres` empty, or use `engine: compose`, where the image is switched.")
    wanted = wished(image, wish)
    found = cluster.find_binaries(session.settings.postgres_bin, wanted.major) if wish else None
    if found and found.major != wanted.major:
        why = f"PostgreSQL {wish} was asked for, and the embedded server is {found.version}, from {found.source}."
        raise CannotProceed(why, tip=_OTHER_VERSION)


_OTHER_VERSION = (
    "Name the `bin` folder of such a server in `postgres_bin`, or use `engine: compose`, where the image is switched."
)


def remove_embedded(run: Run) -> None:
    """End the cluster's process, having checked that it is ours, and remove its folders; safe to call twice."""
    noted = run.plan.get(CLUSTER)
    if noted:
        cluster.remove(ClusterState.from_json(noted))


def find_embedded(run: Run, database: Database, patience: int) -> Whereabouts:
    """Return the whereabouts of a cluster that stands. Raises CannotProceed when it does not run any more."""
    opened = cluster.reopen(ClusterState.from_json(run.plan[CLUSTER]))
    state = opened.state
    server = Server(
        "127.0.0.1",
        state.port,
        state.superuser,
        database.name,
        run.token,
        opened.password,
        owner=database.user,
        options=cluster.UNENCRYPTED,
        patience=patience,
    )
    return Whereabouts(server, database.user, database.name, database.password or opened.password)


def programs(run: Run) -> str | None:
    """Return the folder of the embedded cluster's programs; None where a server was given: then the machine's serve."""
    noted = run.plan.get(CLUSTER)
    return ClusterState.from_json(noted).binaries if noted else None


def _folder(session: Session) -> Path:
    return session.journal.folder / "cluster"


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


# --- a server that was given -------------------------------------------------------------------------------------


def address(session: Session, project: str) -> Address:
    """Return the server of the setting `server_url`. Raises CannotProceed when it is missing or malformed."""
    if not session.settings.server_url:
        raise CannotProceed(
            f"The engine `server` needs {SETTING}.",
            tip="Keep it out of files: export INVOKE_MIGRATIONS_TOOLS_SERVER_URL=postgresql://user:password@host/name_temp",
        )
    return parse(session.settings.server_url, project, session.settings.suffix, session.root)


def make_given(session: Session, run: Run, others: Sequence[str]) -> Run:
    """Make the scratch databases and their pristine twins on the server; all names stand in the journal before that.

    Raises CannotProceed when one of the names is taken, the run's later scratch databases' among them.
    """
    where = address(session, run.project)
    mains = tuple(dict.fromkeys([where.database, *others]))
    twins = [scratch_of(each, "base", session.settings.suffix) for each in mains]
    names = (
        *mains,
        *twins,
        *(scratch_of(each, purpose, session.settings.suffix) for each in mains for purpose in _LATER),
    )
    run = session.journal.update(run, plan={**run.plan, SERVER: existing_server.check(where, names)})
    run = session.journal.will_make(run, *(("database", name) for name in names))
    existing_server.make(where, [*mains, *twins], run.token)
    existing_server.reach(where, run.token)
    return run


def remove_given(session: Session, run: Run) -> None:
    """Drop the databases that have a name of the journal's and the run's token; others of that name are told."""
    if not run.names("database"):
        return
    where = address(session, run.project)
    left = existing_server.drop(where, run.names("database"), run.token, run.plan.get(SERVER, ""))
    if left:
        raise CannotProceed(
            [f"The database {name} does not carry this run's token; it was not dropped." for name in left],
            tip="Look at it; when it is gone, or renamed, run `invoke cleanup` again.",
        )


def find_given(where: Address, run: Run) -> Whereabouts:
    """Return the whereabouts of the scratch database on the server, whose address is one of a single host."""
    server = existing_server.server(where, run.token)
    return Whereabouts(server, where.user, where.database, where.password, dict(where.options))


def scratch_of(database: str, purpose: str, suffix: str) -> str:
    """Return the name of a scratch database beside a database: `shop_temp` -> `shop_models_temp`."""
    return short_name(database.removesuffix(suffix), 40) + f"_{purpose}{suffix}"
