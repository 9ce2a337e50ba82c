"""Scratch databases inside the temp server: copies to try things on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools import catalog
from migrations_tools.catalog import Catalog, Query
from migrations_tools.discovery.alembic_config import USUAL
from migrations_tools.engines.postgres import Server, querying
from migrations_tools.inapp.probe_client import Asked, Probe
from migrations_tools.sandbox.protocol import Sandbox
from migrations_tools.trial.install import Migrated

TRIP = "trip"  # what scratch copies are for that revisions are run on
EVERY = ""  # in the place of a database's name: whichever env.py connects to


@dataclass(frozen=True, slots=True)
class ScratchDatabases:
    """What works on scratch databases: the engine, the probe, the server, and what was installed.

    `dump` is the user's own data, which takes the place of made rows where revisions are executed.
    """

    sandbox: Sandbox
    probe: Probe
    server: Server
    installed: tuple[Migrated, ...]
    dump: Path | None = None

    @property
    def databases(self) -> tuple[str, ...]:
        """Every database that the migrations have come to, once."""
        return tuple(dict.fromkeys(item.database for each in self.installed for item in each.standings))

    def label(self, migrated: Migrated) -> str:
        """Name an environment where there are several."""
        return (migrated.environment.section or USUAL) if len(self.installed) > 1 else ""

    def sent(self, copies: Mapping[str, str]) -> dict[str, str]:
        """Return where connections go: each database's to its copy, or all to the one copy that there is."""
        return dict(copies) if len(self.databases) > 1 else {EVERY: next(iter(copies.values()))}

    @property
    def main(self) -> str:
        """The database that the application uses, or the only one."""
        return self.sandbox.database if self.sandbox.database in self.databases else self.databases[0]

    def ask(
        self,
        migrated: Migrated,
        do: str,
        doing: str,
        copies: Mapping[str, str],
        answering: Asked | None = None,
        **more: Any,
    ) -> Any:
        """Ask the probe about one environment, its connections sent to scratch copies."""
        target = replace(migrated.target, databases=self.sent(copies))
        return self.probe.ask(target.request(do, **more), doing, answering)

    def read(self, database: str) -> Catalog:
        """Read a database's catalog, without version tables."""
        with self.server.connect(database) as connection:
            return self.schema(querying(connection))

    def schema(self, query: Query) -> Catalog:
        """Read the catalog of the database that is asked, without version tables."""
        return catalog.read(query).without_tables(self.version_tables)

    @property
    def version_tables(self) -> set[str]:
        """The names of Alembic's own tables, which are no part of a schema that is compared."""
        return {item.version_table for each in self.installed for item in each.standings}

    @contextmanager
    def copies(self, purpose: str, databases: Sequence[str]) -> Iterator[dict[str, str]]:
        """Make an empty scratch copy of each database for the time of the block and yield their names."""
        with ExitStack() as stack:
            yield {
                name: stack.enter_context(
                    self.server.scratch(self.sandbox.scratch_name(name, purpose), self.sandbox.base_of(name))
                )
                for name in databases
            }
