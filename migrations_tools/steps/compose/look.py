"""doctor and status on Compose."""

from __future__ import annotations

from migrations_tools.engines.compose import Stack
from migrations_tools.engines.features import features
from migrations_tools.journal import Run
from migrations_tools.steps.compose.engine import refuse_another, remarks
from migrations_tools.steps.compose.form import find_features
from migrations_tools.steps.compose.isolate import make_plan
from migrations_tools.steps.compose.original import Original, read_original
from migrations_tools.steps.work import Work


def doctor(work: Work) -> None:
    """Print what was found of Docker and the project, and whether the stack can be isolated."""
    with work.console.step("Asking Docker", brief=True):
        docker = work.docker()
        rows = [
            ("Compose", f"{docker.query('compose', 'version', '--short').strip()} ({' '.join(docker.compose)})"),
            ("engine", docker.query("version", "--format", "{{.Server.Version}}").strip()),
            ("engine at", docker.endpoint.words()),
            ("!override", features(docker).words()),
        ]
    work.console.table("Docker", ("what", "found"), rows)
    with work.console.step("Reading the stack", brief=True):
        original = read_original(work)
    work.console.table("Project", ("what", "found"), _project_rows(work, original))
    for line in remarks(work, original):
        work.console.say(line)
    with work.console.step("Planning the copy", brief=True):
        find_features(original)
        planned = make_plan(work, original)
    work.console.result(
        f"The stack can be isolated as {planned.project}, ports shifted by {planned.offset}.", style="green"
    )
    for line in planned.warnings:
        work.console.result(f"  warning: {line}", style="yellow")


def _project_rows(work: Work, original: Original) -> list[tuple[str, str]]:
    project = original.project
    application, database = project.application, project.database
    answers = "none"
    if application:
        answers = f"{application.service}, port {application.port}, health path {application.health_path}"
    return [
        ("root", str(work.root)),
        ("Compose files", f"{', '.join(map(str, project.compose.files))} ({project.compose.source})"),
        ("Compose project", project.name),
        ("services", ", ".join(sorted(original.config["services"]))),
        ("Alembic runs in", f"{project.alembic_service}, with {project.alembic.words()}"),
        ("versions", ", ".join(map(str, project.versions))),
        ("database", f"{database.service}: {database.name}, user {database.user}, port {database.port}"),
        ("application", answers),
    ]


def show_containers(work: Work, run: Run) -> None:
    """Print the temp stack's containers as they stand."""
    rows = []
    with work.console.step("Asking Docker", brief=True):
        docker = work.docker()
        refuse_another(work, docker, run)
        found = Stack(docker, run.temp_project, ()).containers()
    for item in found:
        ports = ", ".join(f"{target} -> {port}" for target, port in sorted(item.published.items()))
        rows.append((item.service, item.name, item.words(), ports))
    work.console.table("", ("service", "container", "state", "ports"), rows)
