"""The registry of the engines: which one serves a task, and which one a run stands on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from migrations_tools.discovery.compose_files import has_any
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.probe_docker import unreachable
from migrations_tools.errors import CannotProceed
from migrations_tools.sandbox.protocol import Engine
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings


def _compose(session: Session) -> Engine:
    from migrations_tools.sandbox.compose.engine import ComposeEngine

    return ComposeEngine(session)


def _embedded(session: Session) -> Engine:
    from migrations_tools.sandbox.local.embedded import EmbeddedProvider
    from migrations_tools.sandbox.local.engine import LocalEngine

    return LocalEngine(EmbeddedProvider(session))


def _server(session: Session) -> Engine:
    from migrations_tools.sandbox.local.engine import LocalEngine
    from migrations_tools.sandbox.local.existing import ExistingProvider

    return LocalEngine(ExistingProvider(session))


#: Imported when they are asked for: no task needs more than one.
ENGINES: Mapping[str, Callable[[Session], Engine]] = {"compose": _compose, "embedded": _embedded, "server": _server}


def choose(session: Session) -> Engine:
    """Return the engine to use: the setting, or what `auto` picks, said in one line with the reason.

    An engine that was asked for is never replaced by another: if it cannot run, its own error says why.
    """
    name = session.settings.engine
    if name == "auto":
        name, reason = _pick(session)
        session.console.say(f"Engine: {name} ({reason}).")
    return ENGINES[name](session)


def may_be_containers(settings: Settings) -> bool:
    """Return whether the settings leave it open that the stack is copied, which needs to know its services."""
    return settings.engine in ("auto", "compose")


def is_open(settings: Settings) -> bool:
    """Return whether no engine was asked for, so that another one may be proposed."""
    return settings.engine == "auto"


def of_run(session: Session) -> Engine:
    """Return the engine of the run that stands. Raises CannotProceed when the journal names none that there is."""
    name = session.journal.run.engine
    if name not in ENGINES:
        raise CannotProceed(f"The journal {session.journal.path} names an engine {name!r}, and there is none.")
    return ENGINES[name](session)


def _pick(session: Session) -> tuple[str, str]:
    if not has_any(session.root, session.settings, os.environ):
        return "embedded", "the project has no Compose file"
    limit = Limit(session.settings.answer_timeout, "answer_timeout")
    with session.console.step("Looking for Docker", brief=True) as step:
        step.within(limit)
        problem = unreachable(os.environ, limit)
    return ("embedded", problem) if problem else ("compose", "Docker answers and the project has a Compose file")


def refuse_lost(session: Session) -> None:
    """Look for what a run without a journal left. Raises CannotProceed when there is something."""
    if not may_be_containers(session.settings) or _pick(session)[0] != "compose":
        return
    from migrations_tools.sandbox.compose.remove import refuse_lost_copies

    refuse_lost_copies(session)
