"""doctor and status on Compose."""

from __future__ import annotations

from migrations_tools.discovery.project import evidence_rows
from migrations_tools.engines.compose import TempStack
from migrations_tools.sandbox.compose.isolate import make_plan
from migrations_tools.sandbox.compose.original import Original, read_original
from migrations_tools.sandbox.compose.same_engine import refuse_another, remarks
from migrations_tools.sandbox.session import Session


def doctor(session: Session) -> None:
    """Print what was found of Docker and the project, and whether the stack can be isolated."""
    with session.console.step("Asking Docker", brief=True):
        docker = session.docker()
        rows = [
            ("Compose", f"{docker.query('compose', 'version', '--short').strip()} ({' '.join(docker.compose)})"),
            ("engine", docker.query("version", "--format", "{{.Server.Version}}").strip()),
            ("engine at", docker.endpoint.words()),
        ]
    session.console.table("Docker", ("what", "found"), rows)
    with session.console.step("Reading the stack", brief=True):
        original = read_original(session)
    session.console.table("Project", ("what", "found"), _project_rows(session, original))
    for line in remarks(session, original):
        session.console.say(line)
    with session.console.step("Planning the copy", brief=True):
        planned = make_plan(session, original)
    session.console.result(
        f"The stack can be isolated as {planned.project}, ports shifted by {planned.offset}.", style="green"
    )
    for line in planned.warnings:
        session.console.result(f"  warning: {line}", style="yellow")


def _project_rows(session: Session, original: Original) -> list[tuple[str, str]]:
    project = original.project
    application, database = project.application, project.database
    answers = "none"
    if application:
        answers = f"{application.service}, port {application.port}, health path {application.health_path}"
    return [
        ("root", str(session.root)),
        ("Compose files", f"{', '.join(map(str, project.compose.files))} ({project.compose.source})"),
        ("Compose project", project.name),
        ("services", ", ".join(sorted(original.config["services"]))),
        ("Alembic runs in", f"{project.alembic_service}, with {project.alembic.words()}"),
        ("versions", ", ".join(map(str, project.versions))),
        ("database", f"{database.service}: {database.name}, user {database.user}, port {database.port}"),
        ("application", answers),
        *evidence_rows(project),
    ]


def show_containers(session: Session) -> None:
    """Print the temp stack's containers as they stand."""
    rows = []
    with session.console.step("Asking Docker", brief=True):
        docker = session.docker()
        refuse_another(session, docker)
        found = TempStack(docker, session.journal).containers()
    for item in found:
        ports = ", ".join(f"{target} -> {port}" for target, port in sorted(item.published.items()))
        rows.append((item.service, item.name, item.words(), ports))
    session.console.table("", ("service", "container", "state", "ports"), rows)
