"""How a fresh database gets its schema: by a service of the stack, by this tool, or by the project's own command."""

from __future__ import annotations

import shlex
from dataclasses import replace

from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.sandbox.migrated import (
    ANNOUNCED,
    UNANNOUNCED,
    Migrated,
    all_at_head,
    look,
    look_again,
    settle,
    upgrade,
)
from migrations_tools.sandbox.protocol import Installation, Sandbox, Watched, environments
from migrations_tools.sandbox.session import now


def install(sandbox: Sandbox, probe: Probe, installation: Installation) -> tuple[Migrated, ...]:
    """Find out whether a service ran the migrations; if none did, run them or the project's own command.

    Raises ProbeError when a migration fails, CannotProceed when the command does.
    """
    found = look(probe, environments(sandbox.project, sandbox.session.journal.run.token))
    who, since = installation.migrated_by()
    if installation.may_migrate_itself():
        found = settle(probe, found, ANNOUNCED if who else UNANNOUNCED)
        who, since = installation.migrated_by()
    if not who and not all_at_head(found):
        since = now()
        who, found = _install(sandbox, probe, found)
    itself = "run by a service at its start" if installation.may_migrate_itself() else "run by the application itself"
    words, moment = who or itself, since or now()
    return tuple(replace(each, who=words, since=moment) for each in found)


def _install(sandbox: Sandbox, probe: Probe, found: tuple[Migrated, ...]) -> tuple[str, tuple[Migrated, ...]]:
    words = sandbox.session.settings.install_command
    if words:
        done = run_install(sandbox, words, {})
        seen = "" if done.reached else "; where its connections led was not seen: it does not use SQLAlchemy"
        return f"made by `{words}`{seen}", look_again(probe, found)
    upgrade(probe, found)
    return f"run by this tool in {sandbox.place()}, for no service does", look_again(probe, found)


def run_install(sandbox: Sandbox, words: str, databases: dict[str, str]) -> Watched:
    """Run the project's own install command where Alembic runs. Raises CannotProceed when it fails."""
    token = sandbox.session.journal.run.token
    done = sandbox.run_program(Program(shlex.split(words), token, take_over=False, databases=databases))
    if done.code:
        raise CannotProceed(
            [
                f"`{words}` (the setting `install_command`) ended with exit code {done.code}. It said:",
                *(f"  {line}" for line in done.said),
            ],
            tip="Nothing was written into the project; `invoke psql` opens the temp database.",
        )
    return done
