"""doctor, status, psql: looking without changing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from migrations_tools.errors import CannotProceed
from migrations_tools.steps import engines
from migrations_tools.steps.work import READY, Work, standing_run


def doctor(work: Work) -> None:
    """Print what was found and what is missing.

    Raises CannotProceed with everything that would keep `isolate` from working.
    """
    if engines.choose(work) == "compose":
        from migrations_tools.steps.compose.look import doctor as look
    else:
        from migrations_tools.steps.local.look import doctor as look
    look(work)


def status(work: Work) -> None:
    """Print what stands, how far the run got, what comes next."""
    run = work.journal.read()
    if run is None:
        work.console.result("No temp stack stands. Next: invoke isolate")
        return
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
    at_work = work.journal.at_work()
    stage = f"{at_work} is at work on it" if at_work else _STAGES.get(run.stage, run.stage)
    work.console.result(f"{run.temp_project}: {stage}, engine {run.engine}, begun {since}")
    if run.engine == "compose":
        from migrations_tools.steps.compose.look import show_containers

        show_containers(work, run)
    for item in run.generated:
        work.console.say(f"  written: {item['path']}")
    work.console.say("Next: wait for it" if at_work else f"Next: {_NEXT.get(run.stage, 'invoke cleanup')}")


_STAGES = {
    "failed": "did not come up",
    "planned": "interrupted while it was started",
    "busy": "interrupted",
}
_NEXT = {"isolated": "invoke generate", "generated": "invoke validate"}


def psql(work: Work, command: str) -> None:
    """Open psql on the temp database, or run one command there.

    Raises CannotProceed when there is no psql, or it ends with an error.
    """
    run = standing_run(work, "psql", READY | {"failed"})
    terminal = sys.stdin.isatty() and not command
    words, environment = engines.reopen(work, run).client(run, terminal, command)
    code = _foreground(words, environment)
    if code:
        raise CannotProceed(f"psql ended with exit code {code}.")


def _foreground(words: Sequence[str], environment: dict[str, str]) -> int:
    try:
        return subprocess.call(list(words), env={**os.environ, **environment})
    except FileNotFoundError:
        raise CannotProceed("There is no `psql` on this machine.", tip="Install PostgreSQL's client.") from None
