"""The form in which Compose is given the copy: an override of the stack's files, or one whole file.

The override is what a Compose takes that obeys `!override`. For one that does not, and where it obeys the tag and
still merges wrongly (2.24.4 and 2.24.5 do so with included files), the override is applied here, to the resolved
configuration. Both are verified by the same invariants before anything is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.engines import compose
from migrations_tools.engines.features import Features, features
from migrations_tools.errors import CannotProceed
from migrations_tools.files import write_whole
from migrations_tools.isolation import IsolationPlan, render, render_whole
from migrations_tools.journal import OVERRIDE, WHOLE
from migrations_tools.sandbox.compose import start
from migrations_tools.sandbox.compose.copy import Copy, copy_of
from migrations_tools.sandbox.compose.original import Original
from migrations_tools.sandbox.session import Session

NEWER = "Install Docker Compose 2.24.4 or newer."


def find_features(original: Original) -> Features:
    """Find out what this Compose can do. Raises CannotProceed when it can read a copy in neither form."""
    found = features(original.docker)
    if not found.reset:
        program = " ".join(original.docker.compose)
        why = f"`{program}` obeys neither `!override` nor `!reset`: a copy would keep the original's ports."
        raise CannotProceed([why, *(f"  {line}" for line in found.said)], tip=NEWER)
    return found


def write_verified(session: Session, original: Original, planned: IsolationPlan, can: Features) -> Copy:
    """Write the copy in the first form that keeps it apart from the original, and give it.

    Raises CannotProceed with every reason against every form; nothing was started.
    """
    reasons: list[str] = []
    for form in _forms(can):
        if form != session.journal.run.form:
            session.journal.update(form=form)
        copy = copy_of(session, original, planned, form)
        try:
            _write(copy, form)
            start.verify(copy)
        except CannotProceed as error:
            reasons += error.reasons
            continue
        if form == WHOLE:
            _warn(session, original, reasons)
        return copy
    raise CannotProceed(list(dict.fromkeys(reasons)), tip="Nothing was started.")


def _forms(can: Features) -> Iterator[str]:
    if can.override:
        yield OVERRIDE
    yield WHOLE


def _write(copy: Copy, form: str) -> None:
    journal, plan = copy.session.journal, copy.plan
    if form == OVERRIDE:
        write_whole(journal.override_path, render(plan), mode=0o600)
        return
    journal.override_path.unlink(missing_ok=True)
    # With the copy's project name, or values made from ${COMPOSE_PROJECT_NAME} would stay the original's.
    config = compose.resolved(copy.stack.docker, copy.original.options, plan.project)
    write_whole(journal.whole_path, render_whole(config, plan), mode=0o600)


def _warn(session: Session, original: Original, against_override: list[str]) -> None:
    program, path = " ".join(original.docker.compose), session.journal.whole_path
    why, newer = "does not obey `!override`", "Compose 2.24.4 or newer needs no such file."
    if against_override:
        why, newer = "merges the override wrongly", "A newer Compose may need no such file."
    lines = [
        f"  warning: `{program}` {why}, so that the copy is one whole file: {path}",
        f"    It holds the values of all variables, passwords too; `invoke cleanup` deletes it. {newer}",
        *(f"    {line}" for line in against_override),
    ]
    for line in lines:
        session.console.say(line, style="yellow")
