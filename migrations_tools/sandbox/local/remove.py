"""Removing a local run: its processes by their mark, its cluster or databases by name and token."""

from __future__ import annotations

import shutil

from migrations_tools.engines import process
from migrations_tools.engines.limit import Limit
from migrations_tools.journal import Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.local import provider
from migrations_tools.sandbox.local.sandbox import HELPERS
from migrations_tools.sandbox.session import Session


def remove(session: Session, run: Run) -> list[Proof]:
    """Remove the run's processes and databases; there is nothing else of it on the machine."""
    with session.console.step(f"Removing {run.temp_project}"):
        process.end_marked(run.id, Limit(session.settings.stop_timeout, "stop_timeout"))
        if run.engine == "server":
            provider.remove_given(session, run)
        else:
            provider.remove_embedded(run)
    (session.journal.folder / "application.log").unlink(missing_ok=True)
    shutil.rmtree(session.journal.folder / HELPERS, ignore_errors=True)
    return []
