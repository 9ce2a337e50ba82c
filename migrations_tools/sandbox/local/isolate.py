"""isolate without containers: read the project, make the database, check where env.py leads."""

from __future__ import annotations

import secrets
import time

from migrations_tools.engines.postgres import MARK_START
from migrations_tools.errors import MigrationsToolsError
from migrations_tools.journal import Run
from migrations_tools.sandbox.hashes import hashes_of
from migrations_tools.sandbox.local.find_variables import reach
from migrations_tools.sandbox.local.local_project import Source, read_source
from migrations_tools.sandbox.local.provider import refuse_other_version
from migrations_tools.sandbox.local.sandbox import LocalSandbox, make_databases
from migrations_tools.sandbox.local.warnings import show_cautions
from migrations_tools.sandbox.session import Session, stopped_at


def isolate(session: Session, engine: str) -> None:
    """Make the temp database and check that the project's env.py reaches it and nothing else.

    Raises CannotProceed with every reason when that is not possible.
    """
    with session.console.step("Reading the project"):
        source = read_source(session, ask_python=True, thorough=session.dry)  # the probe imports it all presently
    refuse_other_version(session, source.image, engine)
    if session.dry:
        _show(session, source, engine)
        session.console.say("Dry run: nothing was started.")
        return
    run = session.journal.write(_begin(session, source, engine))
    local = LocalSandbox(session, source, run.id, engine)
    try:
        with session.console.step("Making the temp database"):
            run = make_databases(session, source, run)
        with session.console.step("Checking where env.py leads"):
            run = reach(local, run)
    except MigrationsToolsError as error:
        stopped_at(session, run, "failed", error)
        raise
    run = session.journal.update(run, stage="isolated", steps=tuple(session.console.steps))
    _show(session, source, engine)
    _show_database(local, run)


def _begin(session: Session, source: Source, engine: str) -> Run:
    project = source.project
    return Run(
        id=secrets.token_hex(8),
        project=project.name,
        temp_project=f"{project.name}{session.settings.suffix}",
        engine=engine,
        started=time.time(),
        token=f"{MARK_START}{secrets.token_hex(16)}",
        postgres=session.settings.postgres,
        compose_files=tuple(str(path) for path in project.compose.files),
        hashes=hashes_of(session.root, project),
    )


def _show(session: Session, source: Source, engine: str) -> None:
    session.console.table(
        f"The engine: {engine}",
        ("what", "found"),
        [
            ("interpreter", f"{' '.join(source.interpreter.command)} ({source.interpreter.source})"),
            ("Alembic is started with", source.project.alembic.words()),
            ("versions", ", ".join(map(str, source.project.versions))),
        ],
    )
    show_cautions(session, source)


def _show_database(local: LocalSandbox, run: Run) -> None:
    where, console = local.whereabouts(run), local.session.console
    console.result(f"The temp database: {where.database} at {where.server.host}:{where.server.port}, user {where.user}")
    for note in local.variables(run).notes:
        console.say(f"  {note}", style="dim")
    console.say("Next: invoke generate")
