"""Starting the temp stack: build, the database first, the token, the check of where env.py leads, then the rest."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from migrations_tools.engines import compose
from migrations_tools.engines.compose import PROJECT_LABEL, Container, Expectation
from migrations_tools.engines.postgres import Server, first_statements
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.files import tree_fingerprint
from migrations_tools.inapp.client import BOOTSTRAP, Probe, Target
from migrations_tools.isolation import violations
from migrations_tools.journal import Run
from migrations_tools.steps.compose.copy import Copy
from migrations_tools.steps.history import check_reach

_PSQL = (
    'PGPASSWORD="${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")}"'
    ' exec psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U "$2" -d postgres'
)
_NOT_YET = (
    "could not connect",
    "connection to server",
    "starting up",
    "is being accessed by other users",
    "is not running",
    "shutting down",
)
_FINAL = ("authentication failed", "no pg_hba.conf entry", "does not exist", "permission denied")


def verify(copy: Copy) -> None:
    """Read the copy's resolved configuration back and check it against the invariants.

    Raises CannotProceed with every violation; nothing was started.
    """
    config = compose.resolved(copy.stack.docker, copy.stack.options, copy.stack.project)
    found = violations(copy.original.config, config, copy.plan)
    if found:
        raise CannotProceed(["The copy would not be apart from the original:", *found], tip="Nothing was started.")


def start(copy: Copy, run: Run) -> tuple[Run, tuple[Container, ...]]:
    """Start the temp stack so that no statement can reach another database; give its containers when all are ready."""
    console = copy.work.console
    with console.step("Building the images"):
        run = build(copy, run)
    with console.step("Starting the temp database and checking where env.py leads"):
        run = _start_database(copy, run)
    with console.step("Starting the rest of the stack"):
        compose.start(copy.stack, run, services(copy), expectation(copy))
        containers = compose.wait_ready(copy.stack, expectation(copy), copy.work.settings.start_timeout, console.detail)
    return note_anonymous_volumes(copy, run), containers


def services(copy: Copy) -> list[str]:
    """Give the copy's services by name, sorted."""
    return sorted(service.service for service in copy.plan.services)


def expectation(copy: Copy) -> Expectation:
    """Give what must be up: every service, those that are one-shots in the original may end."""
    return Expectation(frozenset(services(copy)), compose.one_shots(copy.original.config))


def build(copy: Copy, run: Run, only: Sequence[str] = ()) -> Run:
    """Build the images of the copy; what they replace is removed by id, so that nothing dangles."""
    built = [
        service.service for service in copy.plan.services if service.built and (not only or service.service in only)
    ]
    if not built:
        return run
    before = _image_ids(copy)
    run = copy.work.journal.will_make(run, *(("image", identity) for identity in before.values()))
    fingerprint = tree_fingerprint(copy.project.build_contexts)
    copy.stack.build(run, built)
    if not only:
        run = copy.work.journal.update(run, built_from=fingerprint)
    return run


def remove_replaced_images(copy: Copy, run: Run) -> None:
    """Remove the images that a newer build took the tag from, by id."""
    kept = set(_image_ids(copy).values())
    for identity in run.names("image"):
        if identity.startswith("sha256:") and identity not in kept and is_ours(copy, identity):
            copy.stack.docker.change(copy.stack.scope(run), "image", "rm", identity)


def is_ours(copy: Copy, image: str) -> bool:
    """Tell whether an image exists and carries the temp project's label."""
    try:
        found = copy.stack.docker.query_json("image", "inspect", image)
    except CommandFailed as error:
        if "no such" in error.output.lower():
            return False
        raise
    labels = found[0]["Config"].get("Labels") or {}
    return bool(labels.get(PROJECT_LABEL) == copy.stack.project)


def _image_ids(copy: Copy) -> dict[str, str]:
    """Give the ids of the copy's own image tags that exist."""
    lines = copy.stack.docker.query_lines("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    pairs = (line.rpartition(" ") for line in lines)
    return {tag: identity for tag, _, identity in pairs if tag in copy.plan.image_tags}


def note_anonymous_volumes(copy: Copy, run: Run) -> Run:
    """Write the anonymous volumes of the copy's containers into the journal."""
    found = [("volume", name) for container in copy.stack.containers() for name in container.anonymous_volumes]
    return copy.work.journal.will_make(run, *found)


def _start_database(copy: Copy, run: Run) -> Run:
    database = copy.project.database.service
    compose.start(copy.stack, run, [database], expectation(copy))
    run = note_anonymous_volumes(copy, run)
    # The probe's container starts while PostgreSQL initialises; it connects to nothing until it is asked to.
    run, probe = open_probe(copy, run)
    try:
        mark(copy, run)
        with probe:
            check_reach(probe, Target(copy.project.config_candidates, run.token))
    finally:
        probe.close()
    return run


def open_probe(copy: Copy, run: Run) -> tuple[Run, Probe]:
    """Start the probe in a one-off container of the Alembic service; use it as a context manager."""
    run = copy.work.journal.will_make(run, ("container", copy.probe_container))
    if any(container.name == copy.probe_container for container in copy.stack.containers()):
        copy.stack.docker.change(copy.stack.scope(run), "rm", "--force", copy.probe_container)
    service, python = copy.project.alembic_service, copy.work.settings.python
    return run, Probe(copy.stack.start_python(run, service, copy.probe_container, python, BOOTSTRAP))


def mark(copy: Copy, run: Run) -> None:
    """Write the token on the temp database, through its own container, as soon as it accepts connections.

    Raises CannotProceed when the database refuses or does not come up in time.
    """
    access = copy.project.database
    arguments = (
        "exec",
        "--interactive",
        "--",
        copy.database_container,
        "sh",
        "-c",
        _PSQL,
        "sh",
        str(access.port),
        access.user,
    )
    statements = first_statements(access.name, copy.base_database, run.token)
    end = time.monotonic() + copy.work.settings.start_timeout
    for attempt in itertools.count():
        try:
            copy.stack.docker.change(copy.stack.scope(run), *arguments, stdin=statements, again=attempt > 0)
            return
        except CommandFailed as error:
            _still_coming(copy, error, time.monotonic() > end)
        time.sleep(0.1)


def _still_coming(copy: Copy, error: CommandFailed, late: bool) -> None:
    containers = [item for item in copy.stack.containers() if item.service == copy.project.database.service]
    stopped = [item for item in containers if item.status not in ("running", "created", "restarting")]
    if stopped or late:
        raise CannotProceed(compose.service_failures(copy.stack, stopped or containers)) from error
    final = any(words in error.output for words in _FINAL)
    if final or not any(words in error.output for words in _NOT_YET):
        raise CannotProceed([f"The temp database refused to be marked: {error.output}"]) from error


def server(copy: Copy, run: Run) -> Server:
    """Give the temp server as seen from this machine: the port that the engine published for our container."""
    access = copy.project.database
    container = next((item for item in copy.stack.containers() if item.name == copy.database_container), None)
    port = container.published.get(f"{access.port}/tcp") if container else None
    if not port:
        raise CannotProceed(f"The temp database's container {copy.database_container} publishes no port.")
    return Server("127.0.0.1", port, access.user, access.name, run.token, _password(copy, run))


def _password(copy: Copy, run: Run) -> str:
    access = copy.project.database
    if access.password or not access.password_file:
        return access.password
    arguments = ("exec", "--interactive", "--", copy.database_container, "cat", "--", access.password_file)
    return copy.stack.docker.change(copy.stack.scope(run), *arguments).strip()
