"""isolate: choose the engine, and start the temp side there."""

from __future__ import annotations

from dataclasses import replace

from migrations_tools.commands.cleanup import remove_everything
from migrations_tools.sandbox import select
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import changed


def isolate(session: Session, postgres: str = "", database_alone: bool = False) -> None:
    """Start the temp side of the project; what an earlier run left is removed first, exactly as `cleanup` would.

    `postgres` is the PostgreSQL of the temp database, where it is not as the setting says. With `database_alone`, no
    service but the database is started.

    Raises CannotProceed with every reason when the project cannot be isolated; then nothing was started.
    """
    if postgres:
        session = replace(session, settings=changed(session.settings, postgres=postgres))
    engine = select.choose(session)
    earlier = None if session.dry else session.journal.read()
    if earlier:
        session.console.say(
            f"The temp stack of an earlier run ({earlier.temp_project}) is in the way; removing it first."
        )
        remove_everything(session)
        session.journal.forget()
    engine.isolate(database_alone)
