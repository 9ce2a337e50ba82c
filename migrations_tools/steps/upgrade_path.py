"""The upgrade path beside the fresh install: a dump of the user's goes from its own revision to the heads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrations_tools.catalog import Catalog, compare
from migrations_tools.data import Contents, fingerprint
from migrations_tools.data import compare as compare_contents
from migrations_tools.engines.postgres import querying
from migrations_tools.inapp.answers import standings
from migrations_tools.inapp.client import ProbeError
from migrations_tools.proofs.proof import FAILED, Proof, judged
from migrations_tools.steps.bench import TRIP, Bench
from migrations_tools.steps.install import Migrated

CLAIM = "The data given goes up from its own revision and ends with the schema of the fresh install"
_MOST = 5  # changes that the evidence lists


def prove(bench: Bench, dump: Path) -> Proof:
    """Restore the dump into a scratch copy, upgrade it, and compare schema and rows.

    A revision that fails with its rows is a proof that failed. Raises CannotProceed for a dump that cannot be restored.
    """
    try:
        return _prove(bench, dump)
    except ProbeError as error:
        return Proof(CLAIM, FAILED, error.reasons[0], error.reasons[1:])


def _prove(bench: Bench, dump: Path) -> Proof:
    with bench.copies(TRIP, bench.databases) as copies:
        scratch = copies[bench.main]
        bench.temp.restore(bench.run, scratch, dump)
        begun = [revision for each in bench.installed for revision in _current(bench, each, copies)]
        before = _contents(bench, scratch)
        for each in bench.installed:
            bench.ask(each, "upgrade", f"upgrading the data of {dump.name}", copies)
        after, reached = _contents(bench, scratch), bench.read(scratch)
    problems = [item.sentence() for item in compare(reached, bench.read(bench.main)) if item.notable]
    changes = [change.sentence for change in compare_contents(before, after) if change.is_of_data]
    start = ", ".join(begun) or "no revision"
    more = f" and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
    told = f"what changed in the rows: {' '.join(changes[:_MOST])}{more}" if changes else "the rows are as they were"
    return judged(CLAIM, problems, f"{dump.name}, from {start}; {told}")


def _current(bench: Bench, migrated: Migrated, copies: Mapping[str, str]) -> tuple[str, ...]:
    found = standings(bench.ask(migrated, "current", "asking the data where it stands", copies))
    return tuple(revision for item in found if item.database == copies[bench.main] for revision in item.current)


def _contents(bench: Bench, database: str) -> Contents:
    with bench.server.connect(database) as connection:
        query = querying(connection)
        schema: Catalog = bench.schema(query)
        return fingerprint(query, schema)
