"""The revision history, as the application's Alembic tells it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.answers import Heads, heads
from migrations_tools.inapp.probe_client import Probe, Target
from migrations_tools.provenance import Revision


def read_history(probe: Probe, target: Target) -> tuple[Revision, ...]:
    """Return the revision files, newest first, as Alembic walks them."""
    answer = probe.ask(target.request("history"), "reading the history")
    return tuple(
        Revision(item["revision"], tuple(item["down"]), item["file"], item["doc"] or "", item["source"])
        for item in answer["revisions"]
    )


def head_to_extend(heads: Heads, wanted: str) -> str:
    """Return the head that a new revision is to stand on, as Alembic's `--head` takes it.

    Raises CannotProceed, with the heads and both ways out, when there are several and none is named.
    """
    if wanted or len(heads.revisions) < 2:
        return wanted or "head"
    found, names = ", ".join(map(heads.words, heads.revisions)), _short_names(heads)
    raise CannotProceed(
        [f"The history has {len(heads.revisions)} heads: {found}.", "A new revision needs one to stand on."],
        tip=f"Name it: {' or '.join(f'invoke generate --head {shlex.quote(name)}' for name in names)}. Or merge them:"
        f" {_merge(heads)}",
    )


def several_heads(heads: Heads) -> str:
    """Return what is wrong with several heads; nothing is where each belongs to a branch with a label."""
    if len(heads.revisions) < 2 or all(heads.labels.get(head) for head in heads.revisions):
        return ""
    found = ", ".join(map(heads.words, heads.revisions))
    return (
        f"The history has {len(heads.revisions)} heads: {found}. `alembic upgrade head` fails until they are merged:"
        f" {_merge(heads)}"
    )


def labelled_heads(heads: Heads) -> tuple[str, ...]:
    """Return what to know of several heads that are meant: each belongs to a branch with a label."""
    if len(heads.revisions) < 2 or several_heads(heads):
        return ()
    found = ", ".join(map(heads.words, heads.revisions))
    return (
        f"{len(heads.revisions)} branches with labels: {found}. `alembic upgrade head` fails; deploy with `heads`.",
    )


def _short_names(heads: Heads) -> list[str]:
    return [f"{heads.labels[head][0]}@head" if heads.labels.get(head) else head for head in heads.revisions]


def refuse_upgrade_head(ends: Iterable[Heads], services: Sequence[str]) -> None:
    """Refuse several heads where services run `alembic upgrade head`, which fails then.

    Raises CannotProceed, with the heads and both ways out.
    """
    several = next((found for found in ends if len(found.revisions) > 1), None)
    if several is None or not services:
        return
    found = ", ".join(map(several.words, several.revisions))
    raise CannotProceed(
        [
            f"The history has {len(several.revisions)} heads: {found}.",
            *(f"The service {name} runs `alembic upgrade head`, which wants one alone." for name in services),
        ],
        tip=f"Let it run `upgrade heads`, or merge them: {_merge(several)}",
    )


def _merge(heads: Heads) -> str:
    return f"alembic merge -m {shlex.quote('merge heads')} {' '.join(heads.revisions)}"


def check_reach(probe: Probe, targets: Iterable[Target]) -> list[Heads]:
    """Check, before anything else is done, that env.py reaches the temp database and no other; return the heads.

    Raises WrongDatabase when it leads elsewhere, ProbeError when it does not run.
    """
    found = []
    for target in targets:
        found.append(heads(probe.ask(target.request("hello"), "reading the Alembic configuration")))
        probe.ask(target.request("current"), "checking where env.py leads")
    return found
