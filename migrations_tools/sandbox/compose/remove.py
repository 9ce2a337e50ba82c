"""Removing the temp stack: what is named in the journal and carries the label, one by one, until nothing is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from migrations_tools.discovery.compose_files import find_compose_files
from migrations_tools.engines import claims, compose, inventory
from migrations_tools.engines.compose import PROJECT_LABEL, TempStack
from migrations_tools.engines.docker import Docker
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.isolation import LABEL
from migrations_tools.journal import Run, noting
from migrations_tools.proofs.proof import Proof
from migrations_tools.proofs.stack import machine_untouched
from migrations_tools.sandbox.compose.same_engine import refuse_another
from migrations_tools.sandbox.session import Session

_FOLDER_LABEL = "com.docker.compose.project.working_dir"
_SETTLE = 0.4
_LOOKS = 50


def remove(session: Session, run: Run) -> list[Proof]:
    """Remove the temp stack; give the proof that the rest of the machine is as it was."""
    docker = session.docker({key: value for key, value in os.environ.items() if not key.startswith("COMPOSE_")})
    refuse_another(session, docker, run)
    with session.console.step(f"Removing {run.temp_project}"):
        run = _remove_until_gone(session, TempStack(docker, run.temp_project, ()), run)
    with session.console.step("Comparing the machine with what it was"):
        changes = inventory.compare(run.inventory, inventory.take(docker), run.made)
    _clear_claims(session)
    return [machine_untouched(changes, run.project, inventory.SAME)]


def refuse_lost_copies(session: Session) -> None:
    """Look for containers of a copy of this very folder that no journal knows; they are listed, never removed.

    What a run that died before it had a journal had claimed is cleared. Raises CannotProceed when there are any.
    """
    docker = session.docker()
    folder = find_compose_files(session.root, session.settings, os.environ).directory
    ids = docker.query_lines("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}")
    labels = {item["Name"].lstrip("/"): item["Config"]["Labels"] for item in compose.inspect(docker, ids)}
    lost = {name: each[LABEL] for name, each in sorted(labels.items()) if each.get(_FOLDER_LABEL) == str(folder)}
    if lost:
        raise CannotProceed(
            [
                f"There is no journal, but {name} is a container of this folder's {project}."
                for name, project in lost.items()
            ],
            tip=f"Nothing was removed. By hand: {'; '.join(map(_by_hand, sorted(set(lost.values()))))}",
        )
    if not session.dry:
        _clear_claims(session)


def _clear_claims(session: Session) -> None:
    """Remove what killed runs had claimed outside the project; it hinders nobody, and it is ours."""
    try:
        claims.clear_dead()
    except (CannotProceed, OSError) as error:
        session.console.say(f"  What killed runs have claimed could not be looked at: {error}", style="yellow")


def _by_hand(project: str) -> str:
    return f"docker compose --project-name {project} down, then docker volume rm of what `docker volume ls` shows of it"


def _remove_until_gone(session: Session, stack: TempStack, run: Run) -> Run:
    """Remove, look again, and go on until nothing is left.

    A run that was killed may have left a request under way in the engine, which makes its object a moment
    later: then one more look follows after a moment of quiet.
    """
    for _ in range(_LOOKS):
        run, removed = _remove_once(session, stack, run)
        if not removed and run.stage not in ("planned", "busy"):
            return run
        if not removed:
            time.sleep(_SETTLE)
            run, removed = _remove_once(session, stack, run)
            if not removed:
                return run
    raise CannotProceed(
        f"Something keeps making objects of {run.temp_project}; they come back as fast as they are removed."
    )


def _remove_once(session: Session, stack: TempStack, run: Run) -> tuple[Run, bool]:
    _refuse_strangers(stack, run)
    run = _note_anonymous(session, stack, run)
    steps: tuple[Callable[[TempStack, Run], bool], ...] = (_containers, _networks, _volumes, _images)
    removed = [step(stack, run) for step in steps]
    return run, any(removed)


def _note_anonymous(session: Session, stack: TempStack, run: Run) -> Run:
    """Find the anonymous volumes of the containers while these still stand: nothing else says whose they are."""
    ours = [item for item in stack.containers() if ("container", item.name) in run.made]
    noted = noting(run, *(("volume", name) for item in ours for name in item.anonymous_volumes))
    try:
        return session.journal.write(noted) if noted != run else run
    except CannotProceed as error:
        # On a full disk it is the removal that makes room; until this command ends, their names are known.
        session.console.say(f"  {error.reasons[0]}", style="yellow")
        return noted


def _containers(stack: TempStack, run: Run) -> bool:
    names = [item.name for item in stack.containers()]
    if names:
        stack.remove(run, names)
    return bool(names)


def _networks(stack: TempStack, run: Run) -> bool:
    return _remove_labelled(stack, run, "network")


def _volumes(stack: TempStack, run: Run) -> bool:
    existing = set(stack.docker.query_lines("volume", "ls", "--quiet"))
    anonymous = [name for name in run.names("volume") if compose.is_anonymous(name) and name in existing]
    for name in anonymous:
        stack.docker.change(stack.scope(run), "volume", "rm", name)
    return _remove_labelled(stack, run, "volume") or bool(anonymous)


def _remove_labelled(stack: TempStack, run: Run, kind: str) -> bool:
    names = _labelled(stack.docker, kind, run.temp_project)
    for name in names:
        stack.docker.change(stack.scope(run), kind, "rm", name)
    return bool(names)


def _images(stack: TempStack, run: Run) -> bool:
    removed = False
    # Tags come before ids in the journal: with its last tag an image goes by itself, and its id is gone then.
    for name in run.names("image"):
        if _labelled_image(stack.docker, name, run.temp_project):
            stack.docker.change(stack.scope(run), "image", "rm", name)
            removed = True
    return removed


def _labelled(docker: Docker, kind: str, project: str) -> list[str]:
    return docker.query_lines(kind, "ls", "--filter", f"label={PROJECT_LABEL}={project}", "--format", "{{.Name}}")


def _labelled_image(docker: Docker, name: str, project: str) -> bool:
    try:
        found = docker.query_json("image", "inspect", name)
    except CommandFailed as error:
        if "no such" in error.output.lower():
            return False
        raise
    return bool((found[0]["Config"].get("Labels") or {}).get(PROJECT_LABEL) == project)


def _refuse_strangers(stack: TempStack, run: Run) -> None:
    """Refuse, before anything is removed, when something carries the run's label that the run did not make."""
    found = [("container", item.name) for item in stack.containers()]
    found += [
        (kind, name) for kind in ("network", "volume") for name in _labelled(stack.docker, kind, run.temp_project)
    ]
    strangers = [(kind, name) for kind, name in found if (kind, name) not in run.made]
    if strangers:
        label = f"carries the label of {run.temp_project} but is not in the journal; nothing was removed"
        by_hand = [f"docker {'' if kind == 'container' else kind + ' '}rm {name}" for kind, name in strangers]
        raise CannotProceed(
            [f"The {kind} {name} {label}." for kind, name in strangers],
            tip=f"Look at it; if it is yours to lose: {'; '.join(by_hand)}",
        )
