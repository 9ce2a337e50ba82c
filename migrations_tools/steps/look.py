"""doctor, status, psql: looking without changing."""

from __future__ import annotations

import subprocess
import sys
import time

from migrations_tools.engines.compose import Stack, supports_override
from migrations_tools.errors import CannotProceed
from migrations_tools.steps.compose.copy import Original, read_original, reopen
from migrations_tools.steps.compose.isolate import make_plan
from migrations_tools.steps.work import READY, Work, standing_run


def doctor(work: Work) -> None:
    """Print what was found and what is missing.

    Raises CannotProceed with everything that would keep `isolate` from working.
    """
    docker = work.docker()
    work.console.table("Docker", ("what", "found"), [
        ("Compose", f"{docker.query('compose', 'version', '--short').strip()} ({' '.join(docker.compose)})"),
        ("engine", docker.query("version", "--format", "{{.Server.Version}}").strip()),
        ("!override", "obeyed" if supports_override(docker) else "ignored: too old"),
    ])  # fmt: skip
    original = read_original(work)
    work.console.table("Project", ("what", "found"), _project_rows(work, original))
    planned = make_plan(work, original)
    work.console.say(
        f"The stack can be isolated as {planned.project}, ports shifted by {planned.offset}.", style="green"
    )
    for line in planned.warnings:
        work.console.say(f"  warning: {line}", style="yellow")


def _project_rows(work: Work, original: Original) -> list[tuple[str, str]]:
    project = original.project
    application, database = project.application, project.database
    answers = (
        f"{application.service}, port {application.port}, health path {application.health_path}"
        if application
        else "none"
    )
    return [
        ("root", str(work.root)),
        ("Compose files", f"{', '.join(map(str, project.compose.files))} ({project.compose.source})"),
        ("Compose project", project.name),
        ("services", ", ".join(sorted(original.config["services"]))),
        ("Alembic runs in", f"{project.alembic_service}, with {project.alembic_config}"),
        ("versions", ", ".join(map(str, project.versions))),
        ("database", f"{database.service}: {database.name}, user {database.user}, port {database.port}"),
        ("application", answers),
    ]


def status(work: Work) -> None:
    """Print what stands, how far the run got, what comes next."""
    run = work.journal.read()
    if run is None:
        work.console.say("No temp stack stands. Next: invoke isolate")
        return
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
    work.console.say(f"{run.temp_project}: {_STAGES.get(run.stage, run.stage)}, begun {since}")
    containers = Stack(work.docker(), run.temp_project, ()).containers()
    rows = [
        (
            item.service,
            item.name,
            item.words(),
            ", ".join(f"{target} -> {port}" for target, port in sorted(item.published.items())),
        )
        for item in containers
    ]
    work.console.table("", ("service", "container", "state", "ports"), rows)
    for item in run.generated:
        work.console.say(f"  written: {item['path']}")
    work.console.say(f"Next: {_NEXT.get(run.stage, 'invoke cleanup')}")


_STAGES = {
    "failed": "did not come up",
    "planned": "interrupted while it was started",
    "busy": "interrupted, or at work right now",
}
_NEXT = {"isolated": "invoke generate", "generated": "invoke validate"}


def psql(work: Work, command: str) -> None:
    """Open psql in the temp database's container, or run one command there.

    Raises CannotProceed when psql ends with an error.
    """
    run = standing_run(work, "psql", READY | {"failed"})
    copy = reopen(work, run)
    access = copy.project.database
    terminal = ("--tty",) if sys.stdin.isatty() and not command else ()
    arguments = [
        "exec",
        "--interactive",
        *terminal,
        "--",
        copy.database_container,
        "psql",
        "-U",
        access.user,
        "-d",
        access.name,
    ]
    code = subprocess.call(
        copy.stack.docker.foreground(copy.stack.scope(run), *arguments, *(["-c", command] if command else []))
    )
    if code:
        raise CannotProceed(f"psql ended with exit code {code}.")
