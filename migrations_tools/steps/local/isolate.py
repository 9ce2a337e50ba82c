"""isolate without containers: read the project, make the database, check where env.py leads."""

from __future__ import annotations

import secrets
import time

from migrations_tools.engines.postgres import MARK_START
from migrations_tools.errors import MigrationsToolsError
from migrations_tools.journal import Run
from migrations_tools.steps.hashes import hashes_of
from migrations_tools.steps.history import check_reach
from migrations_tools.steps.local.cautions import show_cautions
from migrations_tools.steps.local.databases import refuse_other_version
from migrations_tools.steps.local.local import Local, make_databases
from migrations_tools.steps.local.source import Source, read_source
from migrations_tools.steps.temp import targets
from migrations_tools.steps.work import Work, stopped_at


def isolate(work: Work, engine: str) -> None:
    """Make the temp database and check that the project's env.py reaches it and nothing else.

    Raises CannotProceed with every reason when that is not possible.
    """
    with work.console.step("Reading the project"):
        source = read_source(work, ask_python=True, thorough=work.dry)  # the probe imports it all presently
    refuse_other_version(work, source.image, engine)
    if work.dry:
        _show(work, source, engine)
        work.console.say("Dry run: nothing was started.")
        return
    run = work.journal.write(_begin(work, source, engine))
    local = Local(work, source, run.id, engine)
    try:
        with work.console.step("Making the temp database"):
            run = make_databases(work, source, run)
        with work.console.step("Checking where env.py leads"):
            run, probe = local.open_probe(run)
            with probe:
                check_reach(probe, targets(source.project, run))
    except MigrationsToolsError as error:
        stopped_at(work, run, "failed", error)
        raise
    run = work.journal.update(run, stage="isolated", steps=tuple(work.console.steps))
    _show(work, source, engine)
    _show_database(local, run)


def _begin(work: Work, source: Source, engine: str) -> Run:
    project = source.project
    return Run(
        id=secrets.token_hex(8), project=project.name, temp_project=f"{project.name}{work.settings.suffix}",
        engine=engine, started=time.time(), token=f"{MARK_START}{secrets.token_hex(16)}",
        postgres=work.settings.postgres,
        compose_files=tuple(str(path) for path in project.compose.files), hashes=hashes_of(work.root, project),
    )  # fmt: skip


def _show(work: Work, source: Source, engine: str) -> None:
    work.console.table(
        f"The engine: {engine}",
        ("what", "found"),
        [
            ("interpreter", f"{' '.join(source.interpreter.command)} ({source.interpreter.source})"),
            ("Alembic is started with", source.project.alembic.words()),
            ("versions", ", ".join(map(str, source.project.versions))),
        ],
    )
    show_cautions(work, source)


def _show_database(local: Local, run: Run) -> None:
    where, console = local.whereabouts(run), local.work.console
    console.result(f"The temp database: {where.database} at {where.server.host}:{where.server.port}, user {where.user}")
    for note in local.variables(run).notes:
        console.say(f"  {note}", style="dim")
    console.say("Next: invoke generate")
