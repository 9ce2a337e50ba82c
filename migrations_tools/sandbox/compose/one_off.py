"""One-off containers of the Alembic service: a Python for the probe, or a command of the project's own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.variables import for_application, names_of
from migrations_tools.engines import compose
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.advice import Advice
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.isolation import one_off_mismatches
from migrations_tools.sandbox.compose import temp_database
from migrations_tools.sandbox.compose.copy import Copy, refuse_unplanned
from migrations_tools.sandbox.protocol import PURPOSE, Watched, taken_over, watched

_POLL = 0.1
_GOODBYE = 20
ADVICE = Advice("use a database image that brings it", "give the service's POSTGRES_USER the right")


def open_probe(copy: Copy, purpose: str = PURPOSE) -> Probe:
    """Start a probe in a one-off container of the Alembic service; use it as a context manager."""
    process, _ = _start_python(copy, copy.one_off(purpose))
    program, patience = taken_over(copy.project, copy.session.journal.run.token), copy.session.settings.command_timeout
    return Probe(process, _advice(copy), program, patience, copy.session.console.count)


def run_program(copy: Copy, program: Program) -> Watched:
    """Run a command of the project's own in a one-off container of the Alembic service, its connections watched.

    Its variables lead to the databases that its connections are sent to: what is no Python knows nothing else.
    """
    process, found = _start_python(copy, copy.one_off("install"))
    if program.databases:
        environment = dict(entry.split("=", 1) for entry in (found.get("Config") or {}).get("Env") or ())
        program = replace(program, variables=variables_sent(copy, environment, program.databases))
    return watched(process, _advice(copy), program, copy.session.settings.command_timeout)


def variables_sent(copy: Copy, environment: Mapping[str, str], copies: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables of the container that must change so that they lead to scratch databases."""
    access, server = copy.project.database, temp_database.server(copy)
    own = {name: name for name in copies if name}
    address = ServerAddress(access.service, access.port, server.user, server.password, access.name, databases=own)
    names = names_of(copy.original.config, access.service)
    led = for_application(environment, access.service, access.port, address.sent(copies), {}, names=names)
    changed = {name: value for name, value in led.values.items() if environment.get(name) != value}
    return {**changed, **dict.fromkeys(led.removed)}


def _start_python(copy: Copy, name: str) -> tuple[subprocess.Popen[str], Mapping[str, Any]]:
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
        refuse_unplanned(
            one_off_mismatches(copy.plan, found) if found else (), "Its container was given nothing to run."
        )
    except BaseException:
        _dismiss(process)
        raise
    return process, found


def _appeared(copy: Copy, process: subprocess.Popen[str], name: str) -> Mapping[str, Any]:
    """Wait until a one-off container exists and give it; empty when its process ended without one.

    Then whoever talks to the process says why, with what it printed.
    """
    limit = copy.patience
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


def _advice(copy: Copy) -> Advice:
    image = f"what the image of {copy.project.alembic_service} installs"
    return replace(ADVICE, mending=lambda module: f"add the package that brings {module} to {image}")
