"""Scratch databases inside the temp server: copies to try things on, and the schema that the models' own DDL makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools import catalog
from migrations_tools.catalog import Catalog, Query, Table
from migrations_tools.discovery.alembic_config import USUAL
from migrations_tools.engines.postgres import Server, make_extensions, querying
from migrations_tools.inapp.client import Asked, Probe
from migrations_tools.journal import Run
from migrations_tools.steps.install import Migrated
from migrations_tools.steps.temp import Temp

_MODELS = "creating the models' own schema"
TRIP = "trip"  # what scratch copies are for that revisions are run on
EVERY = ""  # in the place of a database's name: whichever env.py connects to


@dataclass(frozen=True, slots=True)
class Bench:
    """What works on scratch databases: the engine, the run, the probe, the server, and what was installed.

    `dump` is the user's own data, which takes the place of made rows where revisions are executed.
    """

    temp: Temp
    run: Run
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
        """Say where connections go: each database's to its copy, or all to the one copy that there is."""
        return dict(copies) if len(self.databases) > 1 else {EVERY: next(iter(copies.values()))}

    @property
    def main(self) -> str:
        """The database that the application uses, or the only one."""
        return self.temp.database if self.temp.database in self.databases else self.databases[0]

    def ask(
        self, migrated: Migrated, do: str, doing: str, copies: Mapping[str, str], answering: Asked | None = None,
        **more: Any,
    ) -> Any:  # fmt: skip
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
        """Make an empty scratch copy of each database for the time of the block; give their names."""
        with ExitStack() as stack:
            yield {
                name: stack.enter_context(
                    self.server.scratch(self.temp.scratch_name(name, purpose), self.temp.base_of(name))
                )
                for name in databases
            }


@dataclass(frozen=True, slots=True)
class Models:
    """The schema that the models' own DDL makes, and the tables that env.py leaves out of comparisons; by database."""

    schemas: Mapping[str, Catalog]
    excluded: Mapping[str, set[str]]


def models_of(bench: Bench, actual: Mapping[str, Catalog], purpose: str = "models", **base: Any) -> Models:
    """Create the models' own schema beside each database; `actual` has the databases' own catalogs.

    `base` (`tree`, `inside`) makes it that of other models: those of the files in `tree`.
    Raises ProbeError when the models' DDL fails, CannotProceed when an extension cannot be created.
    """
    return begin_models(bench, actual, purpose, **base)()


def begin_models(
    bench: Bench, actual: Mapping[str, Catalog], purpose: str = "models", **base: Any
) -> Callable[[], Models]:
    """Do of `models_of` what needs the probe; what is given does the rest, for which another thread will do."""
    with ExitStack() as stack:
        copies = stack.enter_context(bench.copies(purpose, bench.databases))
        for name, scratch in copies.items():
            make_extensions(bench.server, scratch, [extension.name for extension in actual[name].extensions])
        excluded = _create_models(bench, copies, actual, base)
        made = stack.pop_all()

    def finish() -> Models:
        with made:
            return Models({name: bench.read(scratch) for name, scratch in copies.items()}, excluded)

    return finish


def _create_models(
    bench: Bench, copies: Mapping[str, str], actual: Mapping[str, Catalog], base: Mapping[str, Any]
) -> dict[str, set[str]]:
    """Create the models of every environment in the scratch databases; give the tables that all of them leave out."""
    known = {scratch: [known_table(table) for table in actual[name].tables] for name, scratch in copies.items()}
    left_out: dict[str, list[set[str]]] = {scratch: [] for scratch in copies.values()}
    for each in bench.installed:
        filled = [scratch for scratch, found in left_out.items() if found]
        do, doing = ("base", "creating the schema of the base branch's models") if base else ("metadata", _MODELS)
        answer = bench.ask(each, do, doing, copies, known=known, filled=filled, **base)
        for item in answer["passes"]:
            excluded = {catalog.qualified(where or "public", table) for where, table in item["excluded"]}
            left_out[item["database"]].append(excluded)
    return {name: set.intersection(*left_out[scratch]) for name, scratch in copies.items()}


def known_table(table: Table) -> tuple[str | None, str, dict[str, Any]]:
    """Give a table of the database as env.py is asked about it: schema, name, and its parts by Alembic's words."""
    keys = [each for each in table.constraints if each.type == "foreign key"]
    return None if table.schema == "public" else table.schema, table.name, {
        "column": [column.name for column in table.columns],
        "index": {index.name: index.columns for index in table.indexes},
        "unique_constraint": {each.name: each.columns for each in table.constraints if each.type == "unique"},
        "foreign_key_constraint": {key.name: (key.columns, key.referenced_table) for key in keys},
    }  # fmt: skip
