"""Executes revisions on scratch databases: up, down and up again, with rows in the tables, everything measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_tools import revision_runs
from migrations_tools.catalog import Catalog, compare_all, labels_that_stay
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import ProbeError
from migrations_tools.provenance import Revision
from migrations_tools.revision_runs import Direction, Executed, Failure, RevisionPass, SeedingResult, State
from migrations_tools.trial.install import Migrated, run_install
from migrations_tools.trial.observer import DatabaseObserver, RowSource, observers
from migrations_tools.trial.prefilled import Prepared
from migrations_tools.trial.scratch import TRIP, ScratchDatabases

_NOT_THERE = {
    "upgrade": "Alembic ended well, and the database does not stand at {revision}.",
    "downgrade": "Alembic ended well, and the database still stands at {revision}.",
}
Trip = dict[str, Executed]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One environment on its scratch copies, and who looks at them (each by the name of the database that it is of).

    `files` are revision files that no versions folder has yet, as the probe gave them. `filled` are copies that rows
    are on their way into already, `version_tables` the tables (by their oids) that Alembic has noted revisions in.
    """

    scratch: ScratchDatabases
    migrated: Migrated
    files: Sequence[Mapping[str, Any]]
    copies: Mapping[str, str]
    observers: Mapping[str, DatabaseObserver]
    filled: dict[str, Future[tuple[State, SeedingResult]]] = field(default_factory=dict)
    version_tables: dict[str, int] = field(default_factory=dict)

    def ask(self, do: str, doing: str, **more: Any) -> Any:
        """Ask the probe, which knows the further files."""
        files = [{key: file[key] for key in ("location", "name", "text")} for file in self.files]
        return self.scratch.ask(self.migrated, do, doing, self.copies, files=files, **more)

    def standing_at(self, revision: str) -> dict[str, bool]:
        """Return of each database whether it stands at a revision, as somebody else sees it."""
        tables = self.version_tables
        return {
            name: copy in tables and revision in self.observers[name].revisions(tables[copy])
            for name, copy in self.copies.items()
        }


def execute(
    scratch: ScratchDatabases,
    migrated: Migrated,
    revisions: Sequence[Revision],
    rows: RowSource,
    files: Sequence[Mapping[str, Any]] = (),
    prepared: Prepared | None = None,
) -> tuple[Executed, ...]:
    """Execute revisions of one environment, in the order in which Alembic would apply them.

    One database goes up step by step, each revision making its trip on the way; after one that leaves it where the
    next cannot begin, it is made again. `prepared` are copies that stand where the first one begins; they are used up.
    Gives one value for each revision and each database that env.py comes to.
    """
    left, made = list(revisions), list[Executed]()
    if prepared and left:
        with prepared:
            roundtrip = RoundTrip(scratch, migrated, files, prepared.copies, prepared.observers, dict(prepared.filled))
            made += _along(roundtrip, left)
    begin = _from_the_dump if scratch.dump else _replay
    databases = list(dict.fromkeys(item.database for item in migrated.standings))
    while left:
        with scratch.copies(TRIP, databases) as copies, observers(scratch, copies, rows) as seen:
            roundtrip = RoundTrip(scratch, migrated, files, copies, seen)
            try:
                begin(roundtrip, left)
            except (ProbeError, CannotProceed) as error:
                if scratch.dump:
                    reasons = [f"The dump {scratch.dump} cannot be used.", *error.reasons]
                    raise CannotProceed(reasons, tip=_DUMP) from error
                if begin is _replay and scratch.sandbox.session.settings.install_command:
                    begin = _from_the_top  # on copies that are empty again
                    continue
                stopped = f"Its beginning was not reached: {error.reasons[0]}"
                return (*made, *(one for each in left for one in _start(roundtrip, each, stopped).values()))
            made += _along(roundtrip, left)
    return tuple(made)


def _replay(roundtrip: RoundTrip, revisions: Sequence[Revision]) -> None:
    """Go up to where the first revision begins. Raises ProbeError when an earlier one fails."""
    first = revisions[0].revision
    roundtrip.ask("reach", f"going up to where {first} begins", revision=first)


_DUMP = "It must be of a database at a revision of this history that comes before those that are executed."


def _from_the_dump(roundtrip: RoundTrip, revisions: Sequence[Revision]) -> None:
    """Put the user's dump into the copy of the application's database, and go up from the dump's own revision.

    Raises CannotProceed for a dump that cannot be restored, ProbeError when a revision on the way fails.
    """
    scratch = roundtrip.scratch
    if scratch.dump:
        scratch.sandbox.restore(
            roundtrip.copies.get(scratch.main) or next(iter(roundtrip.copies.values())), scratch.dump
        )
    _replay(roundtrip, revisions)


def _from_the_top(roundtrip: RoundTrip, revisions: Sequence[Revision]) -> None:
    """Install as a fresh database is, where the history is not replayable, and come down to the first revision.

    Raises CannotProceed when the project's own install command fails, or a revision's `downgrade()`.
    """
    scratch = roundtrip.scratch
    run_install(scratch.sandbox, scratch.sandbox.session.settings.install_command, scratch.sent(roundtrip.copies))
    for revision in reversed(revisions):
        for each in _passes(roundtrip, revision.revision, "downgrade").values():
            if each.failure:
                raise CannotProceed(f"downgrade() of {revision.revision} fails: {each.failure.message}")


def _along(roundtrip: RoundTrip, left: list[Revision]) -> Iterator[Executed]:
    """Execute what is left, taking it from the list, until a database stands where the next cannot begin."""
    console = roundtrip.scratch.sandbox.session.console
    while left:
        revision = left.pop(0)
        console.detail(f"{revision.file}; {len(left)} left after it")
        trip = _trip(roundtrip, revision)
        yield from trip.values()
        if not left or not _goes_on(roundtrip, trip, revision.revision):
            return
        try:
            _replay(roundtrip, left)
        except ProbeError:
            return  # what is left is tried on a new copy, where the same error is told


def _goes_on(roundtrip: RoundTrip, trip: Trip, revision: str) -> bool:
    """Return whether a later revision can begin from here: each database stands at this one, whole.

    A downgrade() that refused or failed has left it so where its transaction was rolled back.
    """
    if not any(each.stopped for each in trip.values()):
        return True
    return all(roundtrip.standing_at(revision).values()) and all(
        each.after_up is not None and not compare_all(roundtrip.observers[name].state().catalog, each.after_up.catalog)
        for name, each in trip.items()
    )


# --- one revision's trip -----------------------------------------------------------------------------------------

_LEGS: Sequence[tuple[Direction, str, str]] = (
    ("upgrade", "up", "after_up"),
    ("downgrade", "down", "after_down"),
    ("upgrade", "again", "after_again"),
)


def _trip(roundtrip: RoundTrip, revision: Revision) -> Trip:
    begun = time.monotonic()
    trip = _with_rows(roundtrip, _start(roundtrip, revision))
    for direction, passed, state in _LEGS:
        try:
            done = _pass(roundtrip, revision.revision, direction)
        except ProbeError as error:
            trip = {name: replace(each, stopped=error.reasons[0]) for name, each in trip.items()}
            break
        reached: Mapping[str, Any] = {name: {passed: found, state: stood} for name, (found, stood) in done.items()}
        trip = {name: replace(each, **reached[name]) for name, each in trip.items()}
        if stopped := _stopped(trip, [found for found, _ in done.values()]):
            trip = {name: replace(each, stopped=stopped) for name, each in trip.items()}
            break
    seconds = time.monotonic() - begun
    return {name: replace(each, seconds=seconds) for name, each in trip.items()}


def _start(roundtrip: RoundTrip, revision: Revision, stopped: str = "") -> Trip:
    return {name: Executed(revision.revision, revision.file, name, stopped=stopped) for name in roundtrip.copies}


def _with_rows(roundtrip: RoundTrip, trip: Trip) -> Trip:
    """Put rows into every table, as far as that can be done, and look at what stands there then."""
    found = {}
    for name, each in trip.items():
        filled = roundtrip.filled.pop(name, None)
        state, seeded = filled.result() if filled else roundtrip.observers[name].with_rows()
        found[name] = replace(each, before=state, seeded=seeded)
    return found


def _stopped(trip: Trip, passes: Sequence[RevisionPass]) -> str:
    """Return why the trip stops: a pass that failed, on whichever database, or a downgrade that was left out."""
    where = {each.database: f" on {each.database}" if len(passes) > 1 else "" for each in passes}
    said = [
        f"{each.direction}() of {each.revision} {_FAILS[each.failure.type == _REFUSES]}{where[each.database]}:"
        f" {each.failure.message}"
        for each in passes
        if each.failure
    ]
    # A revision that only changes rows may leave downgrade() out and be run again.
    said += [
        f"downgrade() of {each.revision} does nothing and leaves what upgrade() has made{where[name]}."
        for name, each in trip.items()
        if each.omits_downgrade and each.before and each.after_down and not each.again
        if _leaves_more_than_labels(each.before.catalog, each.after_down.catalog)
    ]
    return " ".join(said)


def _leaves_more_than_labels(was: Catalog, now: Catalog) -> bool:
    """Return whether something is left that a downgrade could take back: the next upgrade would meet it."""
    labels = labels_that_stay(was, now)
    return any(item.object not in labels for item in compare_all(now, was))


_REFUSES = "NotImplementedError"
_FAILS = {True: "says of itself that it cannot be done", False: "fails"}


def _pass(roundtrip: RoundTrip, revision: str, direction: Direction) -> Mapping[str, tuple[RevisionPass, State | None]]:
    """Run the revision in one direction and return what it did and what stands then, where it did not fail."""
    passes = _passes(roundtrip, revision, direction)
    stands = roundtrip.standing_at(revision)
    found: dict[str, tuple[RevisionPass, State | None]] = {}
    for name in roundtrip.copies:
        done = passes.get(name) or RevisionPass(revision, direction, name, (), 0.0)
        if not done.failure and stands[name] != (direction == "upgrade"):
            done = replace(done, failure=Failure("NotCommitted", _NOT_THERE[direction].format(revision=revision)))
        found[name] = (done, None if done.failure else roundtrip.observers[name].state())
    return found


def _passes(roundtrip: RoundTrip, revision: str, direction: Direction) -> dict[str, RevisionPass]:
    """Return what the revision did on each database; what env.py does in several goes is one."""
    roundtrip.scratch.sandbox.session.console.count(0, 0, f"running {direction} of {revision}")
    answer = roundtrip.ask("execute", f"running {direction} of {revision}", revision=revision, direction=direction)
    roundtrip.version_tables.update(answer["version_tables"])
    originals = {copy: name for name, copy in roundtrip.copies.items()}
    found: dict[str, RevisionPass] = {}
    for each in revision_runs.parse(answer):
        name = originals[each.database]
        named = replace(each, database=name)
        found[name] = found[name].followed_by(named) if name in found else named
    return found
