"""doctor, status, psql: looking without changing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from migrations_tools.errors import CannotProceed
from migrations_tools.sandbox import select
from migrations_tools.sandbox.session import READY, Session, read_standing


def doctor(session: Session) -> None:
    """Print what was found and what is missing.

    Raises CannotProceed with everything that would keep `isolate` from working.
    """
    select.choose(session).doctor()


def status(session: Session) -> None:
    """Print what stands, how far the run got, what comes next."""
    run = session.journal.read()
    if run is None:
        session.console.result("No temp stack stands. Next: invoke isolate")
        return
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
    at_work = session.journal.at_work()
    stage = f"{at_work} is at work on it" if at_work else _STAGES.get(run.stage, run.stage)
    session.console.result(f"{run.temp_project}: {stage}, engine {run.engine}, begun {since}")
    select.of_run(session).show_containers()
    for item in run.generated:
        session.console.say(f"  written: {item['path']}")
    session.console.say("Next: wait for it" if at_work else f"Next: {_NEXT.get(run.stage, 'invoke cleanup')}")


_STAGES = {"failed": "did not come up", "planned": "interrupted while it was started", "busy": "interrupted"}
_NEXT = {"isolated": "invoke generate", "generated": "invoke validate"}


def psql(session: Session, command: str) -> None:
    """Open psql on the temp database, or run one command there.

    Raises CannotProceed when there is no psql, or it ends with an error.
    """
    read_standing(session, "psql", READY | {"failed"})
    terminal = sys.stdin.isatty() and not command
    words, environment = select.of_run(session).reopen().client(terminal, command)
    code = _foreground(words, environment)
    if code:
        raise CannotProceed(f"psql ended with exit code {code}.")


def _foreground(words: Sequence[str], environment: dict[str, str]) -> int:
    try:
        return subprocess.call(list(words), env={**os.environ, **environment})
    except FileNotFoundError:
        raise CannotProceed("There is no `psql` on this machine.", tip="Install PostgreSQL's client.") from None
