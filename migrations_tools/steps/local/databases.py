"""Where a run's databases are when no container is: an embedded cluster, or a server that was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery.services import Database
from migrations_tools.engines import cluster, given
from migrations_tools.engines.cluster import ClusterState
from migrations_tools.engines.postgres import Server
from migrations_tools.errors import CannotProceed
from migrations_tools.journal import Run
from migrations_tools.steps.work import Work

CLUSTER = "cluster"
# Bytes of a database's own name that its scratch databases begin with.
_MOST_KEPT = 40


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A run's database as the application reaches it, and as the tool does (`server`)."""

    server: Server
    user: str
    database: str
    password: str


def make_embedded(work: Work, run: Run, database: Database, major: int | None) -> Run:
    """Make a cluster in the tool's own folder, with the project's own role and database, marked from the start."""
    binaries = cluster.find_binaries(work.settings.postgres_bin, major)
    _say_which(work, binaries, major)
    run = work.journal.will_make(run, ("cluster", str(_folder(work))))
    latest = run

    def note(state: dict[str, Any]) -> None:
        nonlocal latest
        latest = work.journal.update(latest, plan={**latest.plan, CLUSTER: state})

    made = cluster.make(_folder(work), binaries, note)
    password = database.password or made.password
    for name in (database.name, scratch_of(database.name, "base", work.settings.suffix)):
        cluster.create_role_and_database(made, database.user, password, name, token=run.token)
    return latest


def remake_embedded(work: Work, run: Run, database: Database, major: int | None) -> Run:
    """Destroy the cluster, whole, and make it anew."""
    remove_embedded(run)
    return make_embedded(work, run, database, major)


def remove_embedded(run: Run) -> None:
    """End the cluster's process, having checked that it is ours, and remove its folders; safe to call twice."""
    noted = run.plan.get(CLUSTER)
    if noted:
        cluster.remove(ClusterState.from_json(noted))


def find_embedded(run: Run, database: Database) -> Whereabouts:
    """Give the whereabouts of a cluster that stands. Raises CannotProceed when it does not run any more."""
    opened = cluster.reopen(ClusterState.from_json(run.plan[CLUSTER]))
    state = opened.state
    server = Server(
        "127.0.0.1", state.port, state.superuser, database.name, run.token, opened.password, owner=database.user
    )
    return Whereabouts(server, database.user, database.name, database.password or opened.password)


def _folder(work: Work) -> Path:
    return work.journal.folder / "cluster"


def _say_which(work: Work, binaries: cluster.Binaries, major: int | None) -> None:
    work.console.say(f"Embedded PostgreSQL {binaries.major}, from {binaries.source}.")
    if major and major != binaries.major:
        work.console.say(
            f"  warning: the Compose file names PostgreSQL {major}, the embedded server is {binaries.major}",
            style="yellow",
        )


# --- a server that was given -------------------------------------------------------------------------------------


def address(work: Work, project: str) -> given.Address:
    """Give the server of the setting `server_url`. Raises CannotProceed when it is missing or malformed."""
    if not work.settings.server_url:
        raise CannotProceed(
            "The engine `server` needs `migrations_tools.server_url`.",
            tip="Keep it out of files: export INVOKE_MIGRATIONS_TOOLS_SERVER_URL=postgresql://user:password@host/name_temp",
        )
    return given.parse(work.settings.server_url, project, work.settings.suffix)


def make_given(work: Work, run: Run) -> Run:
    """Make the scratch database and its pristine twin on the server; all names stand in the journal before that.

    Raises CannotProceed when one of the names is taken, the run's later scratch databases' among them.
    """
    where = address(work, run.project)
    names = _names(where, work)
    given.check(where, names)
    run = work.journal.will_make(run, *(("database", name) for name in names))
    for name in names[:2]:
        given.make(where, name, run.token)
    return run


def remake_given(work: Work, run: Run) -> Run:
    """Drop the run's databases and make them anew."""
    remove_given(work, run)
    return make_given(work, run)


def remove_given(work: Work, run: Run) -> None:
    """Drop the databases that have a name of the journal's and the run's token; others of that name are told."""
    if not run.names("database"):
        return
    left = given.drop(address(work, run.project), run.names("database"), run.token)
    if left:
        raise CannotProceed(
            [f"The database {name} does not carry this run's token; it was not dropped." for name in left],
            tip="Look at it; when it is gone, or renamed, run `invoke cleanup` again.",
        )


def find_given(work: Work, run: Run) -> Whereabouts:
    """Give the whereabouts of the scratch database on the server."""
    where = address(work, run.project)
    server = given.server(where, run.token)
    return Whereabouts(server, where.user, where.database, where.password)


def _names(where: given.Address, work: Work) -> tuple[str, ...]:
    """Give every name that a run may make on the server: the database, its twin, and the proofs' scratch ones."""
    scratch = (scratch_of(where.database, purpose, work.settings.suffix) for purpose in ("base", "models", "trip"))
    return (where.database, *scratch)


def scratch_of(database: str, purpose: str, suffix: str) -> str:
    """Give the name of a scratch database beside a database: `shop_temp` -> `shop_models_temp`."""
    end = f"_{purpose}{suffix}"
    kept = min(_MOST_KEPT, given.LONGEST_NAME - len(end))
    return database.removesuffix(suffix).encode()[:kept].decode(errors="ignore") + end
