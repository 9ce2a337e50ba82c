"""How a fresh database gets its schema: by a service of the stack, by this tool, or by the project's own command."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrations_tools.discovery.alembic import Environment
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.answers import Standing, heads, standings
from migrations_tools.inapp.probe_client import Probe, Program, Target
from migrations_tools.sandbox.protocol import Installation, Sandbox, Watched, targets
from migrations_tools.sandbox.session import now

# Seconds without any change that a service which migrates at its own start is given: one whose command says that it
# does, and one of whose start script nothing is known.
_ANNOUNCED, _UNANNOUNCED = 60.0, 5.0
_POLL = 0.25


@dataclass(frozen=True, slots=True)
class Migrated:
    """Where one environment's fresh databases stand, and who migrated them (`who`), when (RFC 3339)."""

    environment: Environment
    target: Target
    heads: tuple[str, ...]
    standings: tuple[Standing, ...]
    who: str = ""
    since: str = ""

    @property
    def is_at_head(self) -> bool:
        """Return whether every database stands at exactly the heads."""
        return all(set(item.current) == set(self.heads) for item in self.standings)


def install(sandbox: Sandbox, probe: Probe, installation: Installation) -> tuple[Migrated, ...]:
    """Find out whether a service ran the migrations; if none did, run them or the project's own command.

    Raises ProbeError when a migration fails, CannotProceed when the command does.
    """
    found = tuple(
        _look(probe, target, environment)
        for target, environment in zip(
            targets(sandbox.project, sandbox.session.journal.run.token),
            sandbox.project.alembic.environments,
            strict=True,
        )
    )
    who, since = installation.migrated_by()
    if installation.may_migrate_itself():
        found = _settled(probe, found, _ANNOUNCED if who else _UNANNOUNCED)
        who, since = installation.migrated_by()
    if not who and not _done(found):
        since = now()
        who, found = _install(sandbox, probe, found)
    words, moment = who or "run by a service at its start", since or now()
    return tuple(replace(each, who=words, since=moment) for each in found)


def _look(probe: Probe, target: Target, environment: Environment) -> Migrated:
    ends = heads(probe.ask(target.request("hello"), "reading the Alembic configuration"))
    return Migrated(environment, target, ends.revisions, _standings(probe, target))


def _standings(probe: Probe, target: Target) -> tuple[Standing, ...]:
    return standings(probe.ask(target.request("current"), "asking the database where it stands"))


def _again(probe: Probe, found: Sequence[Migrated]) -> tuple[Migrated, ...]:
    return tuple(replace(each, standings=_standings(probe, each.target)) for each in found)


def _done(found: Sequence[Migrated]) -> bool:
    return all(each.is_at_head for each in found)


def _settled(probe: Probe, found: tuple[Migrated, ...], patience: float) -> tuple[Migrated, ...]:
    """Let a service that migrates at its own start be done: as long as it goes on, and so many seconds without."""
    end = time.monotonic() + patience
    while not _done(found) and time.monotonic() < end:
        time.sleep(_POLL)
        again = _again(probe, found)
        if again != found:
            end = time.monotonic() + patience
        found = again
    return found


def _install(sandbox: Sandbox, probe: Probe, found: tuple[Migrated, ...]) -> tuple[str, tuple[Migrated, ...]]:
    words = sandbox.session.settings.install_command
    if words:
        done = run_install(sandbox, words, {})
        seen = "" if done.reached else "; where its connections led was not seen: it does not use SQLAlchemy"
        return f"made by `{words}`{seen}", _again(probe, found)
    for each in found:
        if not each.is_at_head:
            probe.ask(each.target.request("upgrade"), "running the migrations")
    return f"run by this tool in {sandbox.place()}, for no service does", _again(probe, found)


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
