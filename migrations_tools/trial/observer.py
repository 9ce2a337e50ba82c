"""Scratch databases looked at again and again while revisions are executed on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from migrations_tools.catalog import Catalog, Query, SchemaWatch
from migrations_tools.catalog.snapshots import answered
from migrations_tools.engines.postgres import querying
from migrations_tools.progress import Counted
from migrations_tools.revision_runs import SeedingResult, State
from migrations_tools.trial.scratch import ScratchDatabases

T = TypeVar("T")
# As it must be written on this connection.
_NAME = "SELECT CAST(CAST(oid AS regclass) AS text) FROM pg_catalog.pg_class WHERE oid = %s"


@dataclass(frozen=True, slots=True)
class RowSource:
    """How rows come into the tables before a revision, and how the rows of a database are told from others.

    `watch` begins to look at the rows of one database: it gives what reads them, the same for each look.
    """

    seed: Callable[[Query, Catalog, Counted], SeedingResult]
    watch: Callable[[], Callable[[Query, Catalog], Any]]


class DatabaseObserver:
    """One scratch database, on one connection: of its schema and rows only what has changed is read again."""

    def __init__(self, scratch: ScratchDatabases, database: str, rows: RowSource) -> None:
        self._scratch = scratch
        self._database = database
        self._seed = rows.seed
        self._contents = rows.watch()
        self._watch = SchemaWatch()
        self._connected = ExitStack()
        self._connect()

    def close(self) -> None:
        """Close the connection."""
        self._connected.close()

    def state(self) -> State:
        """Return the schema and what tells its rows, as they are now."""
        return self._seen(self._look)

    def revisions(self, version_table: int) -> set[str]:
        """Return the revisions that are noted in a version table (its oid); none where it is gone."""

        def read() -> set[str]:
            found = self._query(_NAME, [version_table])
            noted = [self._query(f"SELECT version_num FROM {name}") for (name,) in found]  # noqa: S608 - quoted
            return {str(revision) for rows in noted for (revision,) in rows}

        return self._seen(read)

    def _seen(self, look: Callable[[], T]) -> T:
        import psycopg

        try:
            return look()
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
        # A revision may have ended all other sessions of its database.
        self._connected.close()
        self._watch.begin_anew()
        self._connect()
        return look()

    def with_rows(self) -> tuple[State, SeedingResult]:
        """Put rows into every table, as far as that can be done; return what stands there then."""
        seeded = self._seed(self._query, self._schema(), self._scratch.sandbox.session.console.count)
        return self._look(), seeded

    def _connect(self) -> None:
        self._connection = self._connected.enter_context(self._scratch.server.connect(self._database))
        self._query = querying(self._connection)

    def _look(self) -> State:
        found = self._schema()
        return State(found, self._contents(self._query, found))

    def _schema(self) -> Catalog:
        self._watch.look(self._ask)
        return self._watch.catalog.without_tables(self._scratch.version_tables)

    def _ask(self, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        return answered(self._query, statements)


@contextmanager
def observers(
    scratch: ScratchDatabases, copies: Mapping[str, str], rows: RowSource
) -> Iterator[dict[str, DatabaseObserver]]:
    """Look at scratch copies (by the name of the database that each is of) for the time of the block."""
    found: dict[str, DatabaseObserver] = {}
    try:
        for name, copy in copies.items():
            found[name] = DatabaseObserver(scratch, copy, rows)
        yield found
    finally:
        for observer in found.values():
            observer.close()
