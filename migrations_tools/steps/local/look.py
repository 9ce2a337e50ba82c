"""doctor without containers."""

from __future__ import annotations

from migrations_tools.engines import cluster, given
from migrations_tools.steps.local import databases
from migrations_tools.steps.local.cautions import show_cautions
from migrations_tools.steps.local.local import Source, read_source
from migrations_tools.steps.work import Work


def doctor(work: Work) -> None:
    """Print what was found of the project, its interpreter and the server."""
    source = read_source(work)
    application = source.project.application
    work.console.table("Project", ("what", "found"), [
        ("root", str(work.root)),
        ("Compose files", ", ".join(map(str, source.project.compose.files)) or "none"),
        ("interpreter", f"{' '.join(source.interpreter.command)} ({source.interpreter.source})"),
        ("Alembic configuration", str(source.project.alembic_config)),
        ("versions", ", ".join(map(str, source.project.versions))),
        ("server", _server(work, source)),
        ("application", application.service if application else work.settings.application_command or "none"),
    ])  # fmt: skip
    show_cautions(work, source)


def _server(work: Work, source: Source) -> str:
    if work.settings.engine == "server":
        where = databases.address(work, source.project.name)
        given.check(where, [where.database])
        return f"{where.host}:{where.port}, database {where.database}"
    binaries = cluster.find_binaries(work.settings.postgres_bin, source.major)
    return f"PostgreSQL {binaries.version}, from {binaries.source} ({binaries.folder})"
