"""The revision history, as the application's Alembic tells it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.client import Probe, Target
from migrations_tools.review.provenance import Revision


def read_history(probe: Probe, target: Target) -> tuple[Revision, ...]:
    """Give the revision files, newest first, as Alembic walks them."""
    answer = probe.ask(target.request("history"), "reading the history")
    return tuple(
        Revision(item["revision"], tuple(item["down"]), item["file"], item["doc"] or "", item["source"])
        for item in answer["revisions"]
    )  # fmt: skip


def require_single_head(heads: Sequence[str]) -> None:
    """Raise CannotProceed, with the heads and the merge to run, when the history has several heads."""
    if len(heads) > 1:
        raise CannotProceed(
            [f"The history has {len(heads)} heads: {', '.join(heads)}.", "A new revision needs one to stand on."],
            tip=f"Merge them first: alembic merge -m {shlex.quote('merge heads')} {' '.join(heads)}",
        )


def check_reach(probe: Probe, target: Target) -> None:
    """Check, before anything else is done, that the history has one head and that env.py reaches the temp database.

    Raises CannotProceed for several heads, WrongDatabase when env.py leads elsewhere.
    """
    require_single_head(probe.ask(target.request("hello"), "reading the Alembic configuration")["heads"])
    probe.ask(target.request("current"), "checking where env.py leads")
