"""The upgrade path beside the fresh install: a dump of the user's goes from its own revision to the heads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrations_tools.catalog import Catalog, compare_all
from migrations_tools.data import Contents, fingerprint
from migrations_tools.data import compare as compare_contents
from migrations_tools.engines.postgres import querying
from migrations_tools.inapp.answers import standings
from migrations_tools.inapp.probe_client import ProbeError
from migrations_tools.proofs.proof import FAILED, Proof, judged
from migrations_tools.trial.install import Migrated
from migrations_tools.trial.scratch import TRIP, ScratchDatabases

CLAIM = "The data given goes up from its own revision and ends with the schema of the fresh install"
_MOST = 5  # changes that the evidence lists


def prove(scratch: ScratchDatabases, dump: Path) -> Proof:
    """Restore the dump into a scratch copy, upgrade it, and compare schema and rows.

    A revision that fails with its rows is a proof that failed. Raises CannotProceed for a dump that cannot be restored.
    """
    try:
        return _prove(scratch, dump)
    except ProbeError as error:
        return Proof(CLAIM, FAILED, error.reasons[0], error.reasons[1:])


def _prove(scratch: ScratchDatabases, dump: Path) -> Proof:
    with scratch.copies(TRIP, scratch.databases) as copies:
        copy = copies[scratch.main]
        scratch.sandbox.restore(copy, dump)
        begun = [revision for each in scratch.installed for revision in _current(scratch, each, copies)]
        before = _contents(scratch, copy)
        for each in scratch.installed:
            scratch.ask(each, "upgrade", f"upgrading the data of {dump.name}", copies)
        after, reached = _contents(scratch, copy), scratch.read(copy)
    problems = [item.sentence() for item in compare_all(reached, scratch.read(scratch.main)) if item.notable]
    changes = [change.sentence for change in compare_contents(before, after) if change.is_of_data]
    start = ", ".join(begun) or "no revision"
    more = f" and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
    told = f"what changed in the rows: {' '.join(changes[:_MOST])}{more}" if changes else "the rows are as they were"
    return judged(CLAIM, problems, f"{dump.name}, from {start}; {told}")


def _current(scratch: ScratchDatabases, migrated: Migrated, copies: Mapping[str, str]) -> tuple[str, ...]:
    found = standings(scratch.ask(migrated, "current", "asking the data where it stands", copies))
    return tuple(revision for item in found if item.database == copies[scratch.main] for revision in item.current)


def _contents(scratch: ScratchDatabases, database: str) -> Contents:
    with scratch.server.connect(database) as connection:
        query = querying(connection)
        schema: Catalog = scratch.schema(query)
        return fingerprint(query, schema)
