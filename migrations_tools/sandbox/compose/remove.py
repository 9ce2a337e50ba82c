"""Removing the temp stack: what is named in the journal and carries the label, one by one, until nothing is left."""

from __future__ import annotations

import os
import time

from migrations_tools.discovery.compose_files import find_compose_files
from migrations_tools.engines import claims, compose
from migrations_tools.engines.compose import TempStack
from migrations_tools.errors import CannotProceed
from migrations_tools.isolation import LABEL
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.compose.rest import machine_proof
from migrations_tools.sandbox.compose.same_engine import refuse_another
from migrations_tools.sandbox.session import Session

_FOLDER_LABEL = "com.docker.compose.project.working_dir"
_SETTLE = 0.4
_LOOKS = 50


def remove(session: Session) -> list[Proof]:
    """Remove the temp stack and return the proof that the rest of the machine is as it was."""
    docker = session.docker({key: value for key, value in os.environ.items() if not key.startswith("COMPOSE_")})
    refuse_another(session, docker)
    stack, run = TempStack(docker, session.journal), session.journal.run
    with session.console.step(f"Removing {run.temp_project}"):
        _remove_until_gone(session, stack)
    with session.console.step("Comparing the machine with what it was"):
        proof = machine_proof(session, docker)
    _clear_claims(session)
    return [proof]


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


def _remove_until_gone(session: Session, stack: TempStack) -> None:
    """Remove, look again, and go on until nothing is left.

    A run that was killed may have left a request under way in the engine, which makes its object a moment
    later: then one more look follows after a moment of quiet.
    """
    for _ in range(_LOOKS):
        removed = _remove_once(session, stack)
        if not removed and session.journal.run.stage not in ("planned", "busy"):
            return
        if not removed:
            time.sleep(_SETTLE)
            if not _remove_once(session, stack):
                return
    raise CannotProceed(
        f"Something keeps making objects of {stack.project}; they come back as fast as they are removed."
    )


def _remove_once(session: Session, stack: TempStack) -> bool:
    refuse_strangers(stack)
    _note_nameless(session, stack)
    removed = [step(stack) for step in (_containers, _networks, _volumes, _images)]  # each, whatever the others did
    return any(removed)


def _note_nameless(session: Session, stack: TempStack) -> None:
    """Find the images without a tag, and the containers' anonymous volumes while these stand: who else says whose."""
    ours = [item for item in stack.containers() if ("container", item.name) in session.journal.run.made]
    found = [("volume", name) for item in ours for name in item.anonymous_volumes]
    try:
        session.journal.was_made(*found, *(("image", identity) for identity in stack.untagged_images()))
    except CannotProceed as error:
        # On a full disk it is the removal that makes room; until this command ends, their names are known.
        session.console.say(f"  {error.reasons[0]}", style="yellow")


def _containers(stack: TempStack) -> bool:
    names = [item.name for item in stack.containers()]
    if names:
        stack.remove(names)
    return bool(names)


def _networks(stack: TempStack) -> bool:
    return _remove_labelled(stack, "network")


def _volumes(stack: TempStack) -> bool:
    existing = set(stack.docker.query_lines("volume", "ls", "--quiet"))
    anonymous = [name for name in stack.journal.run.names("volume") if compose.is_anonymous(name) and name in existing]
    for name in anonymous:
        stack.docker.change(stack.scope, "volume", "rm", name)
    return _remove_labelled(stack, "volume") or bool(anonymous)


def _remove_labelled(stack: TempStack, kind: str) -> bool:
    names = stack.labelled(kind)
    for name in names:
        stack.docker.change(stack.scope, kind, "rm", name)
    return bool(names)


def _images(stack: TempStack) -> bool:
    removed = False
    # Tags come before ids in the journal: with its last tag an image goes by itself, and its id is gone then.
    for name in stack.journal.run.names("image"):
        if stack.has_image(name):
            stack.docker.change(stack.scope, "image", "rm", name)
            removed = True
    return removed


def refuse_strangers(stack: TempStack) -> None:
    """Refuse, before anything is removed, when something carries the run's label that the run did not make."""
    found = [("container", item.name) for item in stack.containers()]
    found += [(kind, name) for kind in ("network", "volume") for name in stack.labelled(kind)]
    strangers = [thing for thing in found if thing not in stack.journal.run.made]
    if strangers:
        label = f"carries the label of {stack.project} but is not in the journal; nothing was removed"
        by_hand = [f"docker {'' if kind == 'container' else kind + ' '}rm {name}" for kind, name in strangers]
        raise CannotProceed(
            [f"The {kind} {name} {label}." for kind, name in strangers],
            tip=f"Look at it; if it is yours to lose: {'; '.join(by_hand)}",
        )
