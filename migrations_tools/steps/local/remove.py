"""Removing a local run: its processes by their mark, its cluster or databases by name and token."""

from __future__ import annotations

import shutil

from migrations_tools.engines import process
from migrations_tools.engines.limit import Limit
from migrations_tools.journal import Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.steps.local import databases
from migrations_tools.steps.local.local import HELPERS
from migrations_tools.steps.work import Work


def remove(work: Work, run: Run) -> list[Proof]:
    """Remove the run's processes and databases; there is nothing else of it on the machine."""
    with work.console.step(f"Removing {run.temp_project}"):
        process.end_marked(run.id, Limit(work.settings.stop_timeout, "stop_timeout"))
        if run.engine == "server":
            databases.remove_given(work, run)
        else:
            databases.remove_embedded(run)
    (work.journal.folder / "application.log").unlink(missing_ok=True)
    shutil.rmtree(work.journal.folder / HELPERS, ignore_errors=True)
    return []
