"""Starting the temp stack: build, create, look at what was created; the database first, marked; then the rest."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from migrations_tools.discovery.alembic import upgrades_to_head
from migrations_tools.engines import compose
from migrations_tools.engines.compose import Container, Expectation
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import OTHER_DATABASES, Server, first_statements, read_names
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.files import tree_fingerprint
from migrations_tools.inapp.advice import Advice
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.isolation import LOOPBACK, mismatches, one_off_mismatches, violations
from migrations_tools.sandbox.compose.copy import Copy
from migrations_tools.sandbox.protocol import OWN_PREFIX, PURPOSE, Watched, taken_over, targets, watched
from migrations_tools.sandbox.revision_history import check_reach, refuse_upgrade_head

_PSQL = (
    'PGPASSWORD="${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")}"'
    ' exec psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U "$2" -d postgres'
)
_POLL = 0.1
_GOODBYE = 20
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


@dataclass(frozen=True, slots=True)
class Started:
    """The containers when all are ready, and the probe that has looked where env.py leads: it is to be closed."""

    containers: tuple[Container, ...]
    probe: Probe


def start(copy: Copy, keep: bool = False, building: Building | None = None) -> Started:
    """Start the temp stack so that no statement can reach another database.

    With `keep`, the probe is left open for whoever goes on with it, else it has been closed. `building` is a build that
    was begun before.
    """
    console = copy.session.console
    with console.step("Building the images"):
        building.end() if building else build(copy)
    with console.step("Creating everything and comparing it with the plan"):
        _create(copy)
    with console.step("Starting the temp database and checking where env.py leads") as step:
        step.within(_limit(copy))
        probe = _start_database(copy)
    with ExitStack() as stack:
        stack.callback(probe.close)
        if not keep:
            probe.leave()
        with console.step("Starting the rest of the stack") as step:
            limit = _limit(copy)
            step.within(limit)
            compose.start(copy.stack, services(copy), expectation(copy), limit)
            containers = compose.wait_ready(copy.stack, expectation(copy), limit, console.detail)
        if keep:
            stack.pop_all()
    return Started(containers, probe)


def _create(copy: Copy) -> None:
    """Create everything and start nothing; then look at what the engine has really made.

    Raises CannotProceed with every way in which that is not as planned.
    """
    try:
        copy.stack.create(services(copy))
    except CommandFailed as error:
        raise CannotProceed(compose.last_words(error), tip=f"Nothing was started. {_LOOK}") from error
    finally:
        # Also where Compose gave up half way: nothing but its container says whose an anonymous volume is.
        note_anonymous_volumes(copy)
    _refuse(mismatches(copy.plan, copy.stack.created()), f"Nothing of the application was started. {_LOOK}")


def _refuse(found: Sequence[str], tip: str) -> None:
    if found:
        raise CannotProceed(["What was created is not what was planned:", *found], tip=tip)


_LOOK = "Look at it with `docker inspect`; `invoke cleanup` removes it."


def _limit(copy: Copy) -> Limit:
    return Limit(copy.session.settings.start_timeout, "start_timeout")


def services(copy: Copy) -> list[str]:
    """Return the copy's services by name, sorted."""
    return sorted(service.service for service in copy.plan.services)


def expectation(copy: Copy) -> Expectation:
    """Return what must be up: every service, those that are one-shots in the original may end."""
    return Expectation(frozenset(services(copy)), compose.one_shots(copy.original.config))


def build(copy: Copy, only: Sequence[str] = ()) -> None:
    """Build the images of the copy, or of some services; what they replace is removed by id: nothing dangles."""
    _building(copy, only).end()


def begin_build(copy: Copy, aside: Executor) -> Building:
    """Begin to build the images of the copy in another thread."""
    building = _building(copy)
    return replace(building, do=aside.submit(building.do).result)


@dataclass(frozen=True, slots=True)
class Building:
    """A build, still to be done or waited for; `fingerprint` is that of all files that it is made of, "" for a part."""

    copy: Copy
    do: Callable[[], object]
    fingerprint: str = ""

    def end(self) -> None:
        """Do it, or wait for it, and write down what it was made of. Raises CommandFailed when it fails."""
        self.do()
        if self.fingerprint:
            self.copy.session.journal.update(built_from=self.fingerprint)


def _building(copy: Copy, only: Sequence[str] = ()) -> Building:
    """Write into the journal what a build will replace; give the build."""
    built = [
        service.service for service in copy.plan.services if service.built and (not only or service.service in only)
    ]
    if not built:
        return Building(copy, lambda: None)
    copy.session.journal.will_make(*(("image", identity) for identity in _image_ids(copy).values()))
    fingerprint = "" if only else tree_fingerprint(copy.project.build_contexts)
    return Building(copy, partial(copy.stack.build, built), fingerprint)


def remove_replaced_images(copy: Copy) -> None:
    """Remove the images that a newer build took the tag from, by id."""
    kept = set(_image_ids(copy).values())
    for identity in copy.session.journal.run.names("image"):
        if identity.startswith("sha256:") and identity not in kept and copy.stack.has_image(identity):
            copy.stack.docker.change(copy.stack.scope, "image", "rm", identity)


def _image_ids(copy: Copy) -> dict[str, str]:
    """Return the ids of the copy's own image tags that exist."""
    lines = copy.stack.docker.query_lines("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    pairs = (line.rpartition(" ") for line in lines)
    return {tag: identity for tag, _, identity in pairs if tag in copy.plan.image_tags}


def note_anonymous_volumes(copy: Copy) -> None:
    """Write the anonymous volumes of the copy's containers into the journal."""
    found = [("volume", name) for container in copy.stack.containers() for name in container.anonymous_volumes]
    copy.session.journal.will_make(*found)


def _start_database(copy: Copy) -> Probe:
    limit, forwarder = _limit(copy), copy.plan.forwarder
    first = [copy.project.database.service, *([forwarder.service] if forwarder else [])]
    compose.start(copy.stack, first, expectation(copy), limit)
    # The probe's container starts while PostgreSQL initialises; it connects to nothing until it is asked to.
    probe = open_probe(copy)
    with ExitStack() as stack:
        stack.callback(probe.close)
        probe.begin()
        mark(copy, limit)
        stack.enter_context(probe)
        refuse_upgrade_head(
            check_reach(probe, targets(copy.project, copy.session.journal.run.token)), _upgrading_to_head(copy)
        )
        stack.pop_all()
    return probe


def _upgrading_to_head(copy: Copy) -> list[str]:
    found = copy.original.config["services"]
    return [name for name in services(copy) if upgrades_to_head(found.get(name, {}))]


def open_probe(copy: Copy, purpose: str = PURPOSE) -> Probe:
    """Start a probe in a one-off container of the Alembic service; use it as a context manager."""
    process = _start_python(copy, copy.one_off(purpose))
    program, patience = taken_over(copy.project, copy.session.journal.run.token), copy.session.settings.command_timeout
    return Probe(process, _advice(copy), program, patience, copy.session.console.count)


def run_program(copy: Copy, program: Program) -> Watched:
    """Run a command of the project's own in a one-off container of the Alembic service, its connections watched."""
    process = _start_python(copy, copy.one_off("install"))
    return watched(process, _advice(copy), program, copy.session.settings.command_timeout)


def _start_python(copy: Copy, name: str) -> subprocess.Popen[str]:
    """Start a Python in a one-off container of the Alembic service, and look at the container.

    Compose creates and starts a one-off container in one step, but all that starts in this one is an interpreter
    that waits for its text, which it is given only after this. Raises CannotProceed when the container is not as
    planned.
    """
    copy.session.journal.will_make(("container", name))
    if any(container.name == name for container in copy.stack.containers()):
        copy.stack.remove([name])
    service, python = copy.project.alembic_service, copy.session.settings.python
    process = copy.stack.start_python(service, name, python, BOOTSTRAP)
    try:
        found = _appeared(copy, process, name)
        copy.session.journal.will_make(*(("volume", each) for each in compose.anonymous_volumes(found)))
        _refuse(one_off_mismatches(copy.plan, found) if found else (), "Its container was given nothing to run.")
    except BaseException:
        _dismiss(process)
        raise
    return process


def _appeared(copy: Copy, process: subprocess.Popen[str], name: str) -> Mapping[str, Any]:
    """Wait until a one-off container exists and give it; empty when its process ended without one.

    Then whoever talks to the process says why, with what it printed.
    """
    limit = _limit(copy)
    while limit.left:
        ended = process.poll() is not None
        found = compose.inspect(copy.stack.docker, [name])
        if found or ended:
            return found[0] if found else {}
        time.sleep(_POLL)
    raise CannotProceed(f"The container {name} was not created within {limit.words()}.")


def _dismiss(process: subprocess.Popen[str]) -> None:
    """End a Python that was given nothing: it ends by itself, its container too, when its input does."""
    try:
        process.communicate(timeout=_GOODBYE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


ADVICE = Advice("use a database image that brings it", "give the service's POSTGRES_USER the right")


def _advice(copy: Copy) -> Advice:
    image = f"what the image of {copy.project.alembic_service} installs"
    return replace(ADVICE, mending=lambda module: f"add the package that brings {module} to {image}")


def mark(copy: Copy, limit: Limit) -> None:
    """Write the token on the temp databases, through their own container, as soon as it accepts connections.

    The application's own comes first; those that the image's start scripts have made beside it follow.
    Raises CannotProceed when the database refuses or does not come up before the limit is over.
    """
    main, token = copy.project.database.name, copy.session.journal.run.token
    statements = first_statements(main, copy.base_of(main), token) + OTHER_DATABASES
    others = _marking(copy, statements, limit, first=True)
    names = [name for name in read_names(others) if name != main and not name.startswith(OWN_PREFIX)]
    if names:
        statements = "".join(first_statements(name, copy.base_of(name), token) for name in names)
        _marking(copy, statements, limit, first=False)


def _marking(copy: Copy, statements: str, limit: Limit, first: bool) -> str:
    """Run statements with the database's own psql, again for as long as it is only coming up; give what it printed."""
    access = copy.project.database
    program = ("sh", "-c", _PSQL, "sh", str(access.port), access.user)
    arguments = ("exec", "--interactive", "--", copy.database_container, *program)
    again = not first
    while True:
        try:
            scope = copy.stack.scope
            return copy.stack.docker.change(scope, *arguments, stdin=statements, again=again, limit=limit)
        except CommandFailed as error:
            _still_coming(copy, error, limit)
        again = True
        time.sleep(_POLL)


def _still_coming(copy: Copy, error: CommandFailed, limit: Limit) -> None:
    containers = [item for item in copy.stack.containers() if item.service == copy.project.database.service]
    stopped = [item for item in containers if item.status not in ("running", "created", "restarting")]
    if stopped:
        raise CannotProceed(compose.service_failures(copy.stack, stopped)) from error
    if not limit.left:
        late = f"The temp database accepted no connection within {limit.words()}: {error.output or error}"
        raise CannotProceed([late, *compose.service_failures(copy.stack, containers)]) from error
    final = any(words in error.output for words in _FINAL)
    if final or not any(words in error.output for words in _NOT_YET):
        raise CannotProceed([f"The temp database refused to be marked: {error.output}"]) from error


def server(copy: Copy) -> Server:
    """Return the temp server as seen from this machine: the port that the engine published, on the engine's machine."""
    access = copy.project.database
    name, target = copy.plan.entrance(access.service, access.port)
    container = next((item for item in copy.stack.containers() if item.name == name), None)
    port = container.published.get(f"{target}/tcp") if container else None
    if not port:
        raise CannotProceed(f"The container {name}, through which the temp database is reached, publishes no port.")
    return Server(
        copy.plan.engine_host or LOOPBACK,
        port,
        access.user,
        access.name,
        copy.session.journal.run.token,
        _password(copy),
        options=(("sslmode", "prefer"),),  # whatever this shell's PGSSLMODE says
        patience=copy.session.settings.database_timeout,
    )


def _password(copy: Copy) -> str:
    access = copy.project.database
    if access.password or not access.password_file:
        return access.password
    arguments = ("exec", "--interactive", "--", copy.database_container, "cat", "--", access.password_file)
    return copy.stack.docker.change(copy.stack.scope, *arguments).strip()
