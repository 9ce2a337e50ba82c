"""The engines, by name: which one serves, and where each step finds it."""

from __future__ import annotations

import os

from migrations_tools.discovery.compose_files import has_any
from migrations_tools.engines.docker import unreachable
from migrations_tools.engines.limit import Limit
from migrations_tools.journal import Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.protocol import Sandbox
from migrations_tools.sandbox.session import Session


def choose(session: Session) -> str:
    """Return the engine to use: the setting, or what `auto` picks, said in one line with the reason.

    An engine that was asked for is never replaced by another: if it cannot run, its own error says why.
    """
    if session.settings.engine != "auto":
        return session.settings.engine
    engine, reason = _pick(session)
    session.console.say(f"Engine: {engine} ({reason}).")
    return engine


def _pick(session: Session) -> tuple[str, str]:
    if not has_any(session.root, session.settings, os.environ):
        return "embedded", "the project has no Compose file"
    limit = Limit(session.settings.answer_timeout, "answer_timeout")
    with session.console.step("Looking for Docker", brief=True) as step:
        step.within(limit)
        problem = unreachable(os.environ, limit)
    return ("embedded", problem) if problem else ("compose", "Docker answers and the project has a Compose file")


def isolate(session: Session, engine: str) -> None:
    """Start the temp side with an engine."""
    if engine == "compose":
        from migrations_tools.sandbox.compose.isolate import isolate as with_compose

        with_compose(session)
        return
    from migrations_tools.sandbox.local.isolate import isolate as with_local

    with_local(session, engine)


def reopen(session: Session, run: Run) -> Sandbox:
    """Return the temp side of a run that stands; the engine is the journal's."""
    if run.engine == "compose":
        from migrations_tools.sandbox.compose.copy import reopen as copy_of_run
        from migrations_tools.sandbox.compose.sandbox import ComposeSandbox

        return ComposeSandbox(copy_of_run(session, run))
    from migrations_tools.sandbox.local.local_project import read_source
    from migrations_tools.sandbox.local.sandbox import LocalSandbox

    return LocalSandbox(session, read_source(session), run.id, run.engine)


def remove(session: Session, run: Run) -> list[Proof]:
    """Remove what a run made with its engine; give the proofs that the rest is untouched."""
    if run.engine == "compose":
        from migrations_tools.sandbox.compose.remove import remove as from_compose

        return from_compose(session, run)
    from migrations_tools.sandbox.local.remove import remove as from_local

    return from_local(session, run)


def refuse_lost(session: Session) -> None:
    """Look for what a run without a journal left. Raises CannotProceed when there is something."""
    if session.settings.engine in ("embedded", "server") or _pick(session)[0] != "compose":
        return
    from migrations_tools.sandbox.compose.remove import refuse_lost_copies

    refuse_lost_copies(session)
