"""The engines, by name: which one serves, and where each step finds it."""

from __future__ import annotations

import os

from migrations_tools.discovery.compose_files import has_any
from migrations_tools.engines.docker import unreachable
from migrations_tools.engines.limit import Limit
from migrations_tools.journal import Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.steps.temp import Temp
from migrations_tools.steps.work import Work


def choose(work: Work) -> str:
    """Give the engine to use: the setting, or what `auto` picks, said in one line with the reason.

    An engine that was asked for is never replaced by another: if it cannot run, its own error says why.
    """
    if work.settings.engine != "auto":
        return work.settings.engine
    engine, reason = _pick(work)
    work.console.say(f"Engine: {engine} ({reason}).")
    return engine


def _pick(work: Work) -> tuple[str, str]:
    if not has_any(work.root, work.settings, os.environ):
        return "embedded", "the project has no Compose file"
    limit = Limit(work.settings.answer_timeout, "answer_timeout")
    with work.console.step("Looking for Docker", brief=True) as step:
        step.within(limit)
        problem = unreachable(os.environ, limit)
    return ("embedded", problem) if problem else ("compose", "Docker answers and the project has a Compose file")


def isolate(work: Work, engine: str) -> None:
    """Start the temp side with an engine."""
    if engine == "compose":
        from migrations_tools.steps.compose.isolate import isolate as with_compose

        with_compose(work)
        return
    from migrations_tools.steps.local.isolate import isolate as with_local

    with_local(work, engine)


def reopen(work: Work, run: Run) -> Temp:
    """Give the temp side of a run that stands; the engine is the journal's."""
    if run.engine == "compose":
        from migrations_tools.steps.compose.copy import reopen as copy_of_run
        from migrations_tools.steps.compose.temp import ComposeTemp

        return ComposeTemp(copy_of_run(work, run))
    from migrations_tools.steps.local.local import Local
    from migrations_tools.steps.local.source import read_source

    return Local(work, read_source(work), run.id, run.engine)


def remove(work: Work, run: Run) -> list[Proof]:
    """Remove what a run made with its engine; give the proofs that the rest is untouched."""
    if run.engine == "compose":
        from migrations_tools.steps.compose.remove import remove as from_compose

        return from_compose(work, run)
    from migrations_tools.steps.local.remove import remove as from_local

    return from_local(work, run)


def refuse_lost(work: Work) -> None:
    """Look for what a run without a journal left. Raises CannotProceed when there is something."""
    if work.settings.engine in ("embedded", "server") or _pick(work)[0] != "compose":
        return
    from migrations_tools.steps.compose.remove import refuse_lost_copies

    refuse_lost_copies(work)
