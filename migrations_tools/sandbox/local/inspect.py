"""doctor without containers."""

from __future__ import annotations

from migrations_tools.discovery.project import evidence_rows
from migrations_tools.engines import cluster, existing_server
from migrations_tools.sandbox.local import provider
from migrations_tools.sandbox.local.local_project import Source, read_source
from migrations_tools.sandbox.local.warnings import show_cautions
from migrations_tools.sandbox.session import Session


def doctor(session: Session) -> None:
    """Print what was found of the project, its interpreter and the server."""
    with session.console.step("Reading the project", brief=True):
        source = read_source(session, ask_python=True)
    application = source.project.application
    session.console.table(
        "Project",
        ("what", "found"),
        [
            ("root", str(session.root)),
            ("Compose files", ", ".join(map(str, source.project.compose.files)) or "none"),
            ("interpreter", f"{' '.join(source.interpreter.command)} ({source.interpreter.source})"),
            ("Alembic is started with", source.project.alembic.words()),
            ("versions", ", ".join(map(str, source.project.versions))),
            ("server", _server(session, source)),
            ("application", application.service if application else session.settings.application_command or "none"),
            *evidence_rows(source.project),
        ],
    )
    show_cautions(session, source)


def _server(session: Session, source: Source) -> str:
    if session.settings.engine == "server":
        where = provider.address(session, source.project.name)
        run = session.journal.read()
        existing_server.check(where, [] if run and where.database in run.names("database") else [where.database])
        return f"{where.words}, database {where.database}"
    binaries = cluster.find_binaries(session.settings.postgres_bin, source.image.major)
    differing = (f"; {difference}" for difference in provider.differences(binaries, source.image))
    return f"PostgreSQL {binaries.version}, from {binaries.source} ({binaries.folder}){''.join(differing)}"
