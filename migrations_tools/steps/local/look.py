"""doctor without containers."""

from __future__ import annotations

from migrations_tools.engines import cluster, given
from migrations_tools.steps.local import databases
from migrations_tools.steps.local.cautions import show_cautions
from migrations_tools.steps.local.source import Source, read_source
from migrations_tools.steps.work import Work


def doctor(work: Work) -> None:
    """Print what was found of the project, its interpreter and the server."""
    with work.console.step("Reading the project", brief=True):
        source = read_source(work, ask_python=True)
    application = source.project.application
    work.console.table("Project", ("what", "found"), [
        ("root", str(work.root)),
        ("Compose files", ", ".join(map(str, source.project.compose.files)) or "none"),
        ("interpreter", f"{' '.join(source.interpreter.command)} ({source.interpreter.source})"),
        ("Alembic is started with", source.project.alembic.words()),
        ("versions", ", ".join(map(str, source.project.versions))),
        ("server", _server(work, source)),
        ("application", application.service if application else work.settings.application_command or "none"),
    ])  # fmt: skip
    show_cautions(work, source)


def _server(work: Work, source: Source) -> str:
    if work.settings.engine == "server":
        where = databases.address(work, source.project.name)
        run = work.journal.read()
        given.check(where, [] if run and where.database in run.names("database") else [where.database])
        return f"{where.words}, database {where.database}"
    binaries = cluster.find_binaries(work.settings.postgres_bin, source.image.major)
    differing = (f"; {difference}" for difference in databases.differences(binaries, source.image))
    return f"PostgreSQL {binaries.version}, from {binaries.source} ({binaries.folder}){''.join(differing)}"
