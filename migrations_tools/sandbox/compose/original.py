"""Reading the original: its files, its name and its services, as it runs or as its files say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_files import ComposeFiles, find_compose_files
from migrations_tools.discovery.project import Project, discover
from migrations_tools.engines.compose import compose_options, resolved
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.running_stack import Running, as_it_runs, of_this_project, only_one_within, running_stacks
from migrations_tools.errors import CannotProceed
from migrations_tools.journal import Run
from migrations_tools.sandbox.session import Session

# The profile of profiles: with it, every service is active.
_ALL = ("--profile", "*")


@dataclass(frozen=True, slots=True)
class Original:
    """The original stack as read: who it is, and its resolved configuration (in memory only: it holds secrets).

    `config` has all services when one runs that only a profile activates; `inactive` are those of them that do not
    run and no default activates.
    """

    docker: Docker
    options: tuple[str, ...]
    config: Mapping[str, Any]
    project: Project
    inactive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the original is read from, and what came of it."""

    compose: ComposeFiles
    options: tuple[str, ...]
    config: Mapping[str, Any]
    inactive: frozenset[str] = frozenset()


def read_original(session: Session, run: Run | None = None) -> Original:
    """Read the original's configuration and find out what the project is made of.

    For a run that stands it is read as `isolate` read it, whatever runs by now. Raises CannotProceed with every
    reason when something is missing or ambiguous.
    """
    docker = session.docker()
    reading = _again(docker, run) if run and run.compose_options else _afresh(session, docker)
    active = {name: body for name, body in _services(reading.config).items() if name not in reading.inactive}
    project = discover(
        session.root,
        session.settings,
        reading.compose,
        {**reading.config, "services": active},
        lambda: profiles_of(_whole(docker, reading.options, str(reading.config["name"]))),
    )
    return Original(docker, reading.options, reading.config, project, reading.inactive)


def read_whole(original: Original) -> Mapping[str, Any]:
    """Return the configuration with the services of all profiles; empty when these do not load together."""
    return _whole(original.docker, original.options, original.project.name)


def profiles_of(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the profiles of each service of a configuration that is on any."""
    return {name: tuple(body["profiles"]) for name, body in _services(config).items() if body.get("profiles")}


def _whole(docker: Docker, options: tuple[str, ...], project: str) -> Mapping[str, Any]:
    try:
        return resolved(docker, (*options, *_ALL), project)
    except CannotProceed:
        # Alternatives that exclude each other (two services of one container name, say) are no mistake.
        return {}


def _again(docker: Docker, run: Run) -> _Reading:
    options = run.compose_options
    compose = ComposeFiles(tuple(map(Path, run.compose_files)), Path(options[1]), "the journal", project=run.project)
    config = resolved(docker, options, run.project)
    if options[-2:] != _ALL:
        return _Reading(compose, options, config)
    by_default = resolved(docker, options[:-2], run.project)
    copied = {service["service"] for service in run.plan["services"]}
    return _Reading(compose, options, config, frozenset(_services(config).keys() - _services(by_default) - copied))


def _afresh(session: Session, docker: Docker) -> _Reading:
    stacks = running_stacks(docker)
    found = _files(session, stacks)
    stack = of_this_project(
        stacks, found, session.settings.project_name, lambda: str(_read(session, docker, found).config["name"])
    )
    if stack is None:
        return _read(session, docker, found)
    compose = as_it_runs(found, stack, session.settings)
    if compose.files != found.files:
        session.console.say(f"Compose files: {', '.join(map(str, compose.files))} ({compose.source}).")
    return _with_profiles(session, docker, _read(session, docker, compose), stack)


def _files(session: Session, stacks: tuple[Running, ...]) -> ComposeFiles:
    try:
        return find_compose_files(session.root, session.settings, os.environ)
    except CannotProceed:
        running = None if session.settings.compose_files else only_one_within(stacks, session.root)
        if running is None:
            raise
        return running


def _read(session: Session, docker: Docker, compose: ComposeFiles) -> _Reading:
    options = compose_options(compose, session.root, session.settings)
    return _Reading(compose, options, resolved(docker, options, session.settings.project_name or compose.project))


def _with_profiles(session: Session, docker: Docker, reading: _Reading, stack: Running) -> _Reading:
    """Take in what runs by a profile: which profiles the original was started with is noted nowhere."""
    if session.settings.profiles or stack.services <= _services(reading.config).keys():
        return reading
    options = (*reading.options, *_ALL)
    try:
        whole = resolved(docker, options, str(reading.config["name"]))
    except CannotProceed as error:
        names = ", ".join(sorted(stack.services - _services(reading.config).keys()))
        session.console.say(
            f"  warning: {names} of the original runs by a profile, and the profiles do not load together: "
            f"{error.reasons[-1]} Name those that the copy is to have with `profiles`.",
            style="yellow",
        )
        return reading
    added = _services(whole).keys() - _services(reading.config)
    if not added & stack.services:
        return reading  # what runs besides is of no profile: the files have lost it
    return _Reading(reading.compose, options, whole, frozenset(added - stack.services))


def _services(config: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = config.get("services") or {}
    return found
