"""The Docker engine that a run is on: that it is the one from before, and what the user should know of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from migrations_tools.discovery.env_files import read_env_files, variable_files
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.probe_docker import identity
from migrations_tools.errors import CannotProceed
from migrations_tools.sandbox.session import Session

if TYPE_CHECKING:
    from migrations_tools.sandbox.compose.original import Original


def refuse_another(session: Session, docker: Docker) -> None:
    """Refuse to go on with the run on another engine than its own: what is called the same there is not the run's.

    A journal that does not say which engine it was passes. Raises CannotProceed.
    """
    run, now = session.journal.run, docker.endpoint.address
    if run.endpoint and run.endpoint != now:
        raise CannotProceed(
            f"{run.temp_project} was made on the Docker engine at {run.endpoint}, and Docker now uses that at {now}.",
            tip=f"Nothing was touched. Set DOCKER_HOST={run.endpoint}, or choose its context. {_gone(session)}",
        )
    if run.engine_id and run.engine_id != identity(docker):
        raise CannotProceed(
            f"{run.temp_project} was made on another Docker engine than the one that answers at {now} now.",
            tip=f"Nothing was touched. Start the one that was there. {_gone(session)}",
        )


def _gone(session: Session) -> str:
    return f"If that engine is gone for good, so is the copy: delete {session.journal.path}."


def remarks(session: Session, original: Original) -> Iterator[str]:
    """Yield what besides the settings decides what the stack is made of, and what only seems to."""
    compose = original.project.compose
    if compose.source.startswith("COMPOSE_FILE"):
        yield f"Compose files, from {compose.source}: {', '.join(map(str, compose.files))}."
    named = [(session.root / name).resolve() for name in session.settings.env_files] or list(compose.env_files)
    yield from _from_variables(variable_files(compose.directory, named, os.environ), session.settings.profiles)


def _from_variables(files: Sequence[Path], profiles: Sequence[str]) -> Iterator[str]:
    names = " or ".join(map(str, files))
    try:
        given: Mapping[str, str] = read_env_files(files, os.environ)
    except CannotProceed as error:
        # Compose has read them; what stands in them cannot be said, and that is said.
        yield from error.reasons
        return
    active = os.environ.get("COMPOSE_PROFILES", given.get("COMPOSE_PROFILES"))
    if active and not profiles:
        source = "the environment" if "COMPOSE_PROFILES" in os.environ else names
        yield f"Compose profiles, from COMPOSE_PROFILES in {source}: {active}."
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        if name in given and not os.environ.get(name):
            yield f"{name} in {names} has no effect: Docker and Compose read it from the environment alone."
