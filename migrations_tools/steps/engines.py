"""The engines, by name: which one serves, and where each step finds it."""

from __future__ import annotations

from migrations_tools.journal import Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.steps.temp import Temp
from migrations_tools.steps.work import Work


def choose(work: Work) -> str:
    """Give the engine to use: the setting, or what `auto` picks, said in one line with the reason."""
    return "compose"


def isolate(work: Work, engine: str) -> None:
    """Start the temp side with an engine."""
    from migrations_tools.steps.compose.isolate import isolate as with_compose

    with_compose(work)


def reopen(work: Work, run: Run) -> Temp:
    """Give the temp side of a run that stands."""
    from migrations_tools.steps.compose.copy import reopen as copy_of_run
    from migrations_tools.steps.compose.temp import ComposeTemp

    return ComposeTemp(copy_of_run(work, run))


def remove(work: Work, run: Run) -> list[Proof]:
    """Remove what a run made with its engine; give the proofs that the rest is untouched."""
    from migrations_tools.steps.compose.remove import remove as from_compose

    return from_compose(work, run)


def refuse_lost(work: Work) -> None:
    """Look for what a run without a journal left. Raises CannotProceed when there is something."""
    from migrations_tools.steps.compose.remove import refuse_lost_copies

    refuse_lost_copies(work)
