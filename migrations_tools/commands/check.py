"""check: all of it without writing a migration."""

from __future__ import annotations

from collections.abc import Sequence

from migrations_tools.commands.cleanup import cleanup
from migrations_tools.commands.generate import generate
from migrations_tools.commands.isolate import isolate
from migrations_tools.errors import Found
from migrations_tools.review.analysis import unknown_models
from migrations_tools.review.context import ChangeHints
from migrations_tools.review.rules.history import ENV
from migrations_tools.sandbox.session import Session


def check(
    session: Session, allow: Sequence[str], wishes: ChangeHints | None = None, imports: Sequence[str] = ()
) -> None:
    """Report whether a migration is missing; a temp stack that stands is used and left standing.

    Raises Found when a migration is missing, a drop was held back, the history has several heads, or the models' own
    schema cannot be made.
    """
    if session.dry:
        isolate(session)
        return
    standing = session.journal.read() is not None
    try:
        if not standing:
            with session.console.aside():
                isolate(session, database_alone=True)
        outcomes = generate(session, allow=allow, write=False, wishes=wishes, imports=imports)
    finally:
        if not standing:
            with session.console.aside():
                cleanup(session)
    reviewed = [each for outcome in outcomes for each in outcome.reviewed]
    missing = _listed("A migration is missing", "changes", [said for each in reviewed for said in each.missing])
    all_held = [item for outcome in outcomes for item in outcome.held]
    untold = [item.sentence for item in all_held if item.code == unknown_models.CODE]
    replaced = [item.sentence for item in all_held if item.object == ENV]
    others = (item for item in all_held if item.code != unknown_models.CODE and item.object != ENV)
    sentences = [item.sentence for item in others]
    held = [
        *_listed("The history was not replayed", "reasons", replaced),
        *_listed("Alembic is not told of a model", "tables", untold),
        *_listed("Models and database disagree", "differences", sentences),
    ]
    unmade = [line for outcome in outcomes for line in outcome.unmade]
    heads = [outcome.heads for outcome in outcomes if outcome.heads]
    if unmade or heads or missing or held:
        tip = _UNMADE if unmade else _tip(heads, missing)
        raise Found([*unmade, *heads, *missing, *held], tip=tip)


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
_UNMADE = "Mend the model first: `Base.metadata.create_all()` fails in the same way."
_MISSING = "Run `invoke isolate generate validate` and commit the file."
_HELD = (
    "No migration mends that: mend the models or env.py, or allow what is meant by name (`allow` in the settings,"
    " `--allow CODE:object`)."
)
