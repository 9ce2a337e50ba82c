"""check: all of it without writing a migration."""

from __future__ import annotations

from collections.abc import Sequence

from migrations_tools.commands.cleanup import cleanup
from migrations_tools.commands.generate import generate
from migrations_tools.commands.isolate import isolate
from migrations_tools.errors import Found
from migrations_tools.review.context import ChangeHints
from migrations_tools.sandbox.session import Session


def check(session: Session, allow: Sequence[str], wishes: ChangeHints | None = None) -> None:
    """Report whether a migration is missing; a temp stack that stands is used and left standing.

    Raises Found when a migration is missing, a drop was held back or the history has several heads.
    """
    if session.dry:
        isolate(session)
        return
    standing = session.journal.read() is not None
    try:
        if not standing:
            with session.console.aside():
                isolate(session, database_alone=True)
        outcomes = generate(session, allow=allow, write=False, wishes=wishes)
    finally:
        if not standing:
            with session.console.aside():
                cleanup(session)
    reviewed = [each for outcome in outcomes for each in outcome.reviewed]
    missing = _listed("A migration is missing", "changes", [said for each in reviewed for said in each.missing])
    sentences = [item.sentence for outcome in outcomes for item in outcome.held]
    held = _listed("Models and database disagree", "differences", sentences)
    heads = [outcome.heads for outcome in outcomes if outcome.heads]
    if heads or missing or held:
        raise Found([*heads, *missing, *held], tip=_tip(heads, missing))


def _listed(what: str, noun: str, sentences: Sequence[str]) -> list[str]:
    """Return one reason for everything of a kind, each thing once and counted."""
    once = list(dict.fromkeys(sentences))
    if len(once) < _SEVERAL:
        return [f"{what}: {each}" for each in once]
    return ["\n  ".join([f"{what} ({len(once)} {noun}):", *once])]


def _tip(heads: Sequence[str], missing: Sequence[str]) -> str:
    if heads:
        return "Merge the heads first; a new revision stands on one."
    return _MISSING if missing else _HELD


_SEVERAL = 2
_MISSING = "Run `invoke isolate generate validate` and commit the file."
_HELD = (
    "No migration mends that: mend the models, or allow what is meant by name (`allow` in the settings, `--allow"
    " CODE:object`)."
)
