"""isolate: choose the engine, and start the temp side there."""

from __future__ import annotations

from dataclasses import replace

from migrations_tools.settings import changed
from migrations_tools.steps import engines
from migrations_tools.steps.cleanup import remove_everything
from migrations_tools.steps.work import Work


def isolate(work: Work, postgres: str = "") -> None:
    """Start the temp side of the project; what an earlier run left is removed first, exactly as `cleanup` would.

    `postgres` is the PostgreSQL of the temp database, where it is not as the setting says.

    Raises CannotProceed with every reason when the project cannot be isolated; then nothing was started.
    """
    if postgres:
        work = replace(work, settings=changed(work.settings, postgres=postgres))
    engine = engines.choose(work)
    earlier = None if work.dry else work.journal.read()
    if earlier:
        work.console.say(f"The temp stack of an earlier run ({earlier.temp_project}) is in the way; removing it first.")
        remove_everything(work, earlier)
    engines.isolate(work, engine)
