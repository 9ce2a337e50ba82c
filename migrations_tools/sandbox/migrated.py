"""Where the databases of a stack stand in their history, and waiting for whoever migrates them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from migrations_tools.discovery.alembic import Environment
from migrations_tools.inapp.answers import Heads, Standing, heads, standings
from migrations_tools.inapp.probe_client import Probe, Target
from migrations_tools.sandbox.revision_history import several_heads

#: Seconds without any change that a service which migrates at its own start is given: one whose command says that it
#: does, and one of whose start script nothing is known.
ANNOUNCED, UNANNOUNCED = 60.0, 5.0
_POLL = 0.25


@dataclass(frozen=True, slots=True)
class Migrated:
    """Where one environment's fresh databases stand, and who migrated them (`who`), when (RFC 3339)."""

    environment: Environment
    target: Target
    ends: Heads
    standings: tuple[Standing, ...]
    who: str = ""
    since: str = ""

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the history."""
        return self.ends.revisions

    @property
    def several(self) -> str:
        """What is wrong with the heads of the history; empty where nothing is."""
        return several_heads(self.ends)

    @property
    def is_at_head(self) -> bool:
        """Return whether every database stands at exactly the heads."""
        return all(set(item.current) == set(self.ends.standing) for item in self.standings)


def look(probe: Probe, pairs: Iterable[tuple[Target, Environment]]) -> tuple[Migrated, ...]:
    """Ask where the databases of each environment stand."""
    return tuple(_look(probe, target, environment) for target, environment in pairs)


def _look(probe: Probe, target: Target, environment: Environment) -> Migrated:
    ends = heads(probe.ask(target.request("hello"), "reading the Alembic configuration"))
    return Migrated(environment, target, ends, _standings(probe, target))


def _standings(probe: Probe, target: Target) -> tuple[Standing, ...]:
    return standings(probe.ask(target.request("current"), "asking the database where it stands"))


def look_again(probe: Probe, found: Sequence[Migrated]) -> tuple[Migrated, ...]:
    """Ask the same again."""
    return tuple(replace(each, standings=_standings(probe, each.target)) for each in found)


def all_at_head(found: Iterable[Migrated]) -> bool:
    """Return whether every database of every environment stands at its heads."""
    return all(each.is_at_head for each in found)


def upgrade(probe: Probe, found: Iterable[Migrated]) -> None:
    """Run the migrations of what does not stand at its heads. Raises ProbeError when one fails."""
    for each in found:
        if not each.is_at_head:
            probe.ask(each.target.request("upgrade"), "running the migrations")


def settle(probe: Probe, found: tuple[Migrated, ...], patience: float) -> tuple[Migrated, ...]:
    """Let a service that migrates at its own start be done: as long as it goes on, and so many seconds without."""
    end = time.monotonic() + patience
    while not all_at_head(found) and time.monotonic() < end:
        time.sleep(_POLL)
        again = look_again(probe, found)
        if again != found:
            end = time.monotonic() + patience
        found = again
    return found
