"""Executes revisions on scratch databases: up, down and up again, with rows in the tables, everything measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_tools import executed
from migrations_tools.catalog import compare
from migrations_tools.errors import CannotProceed
from migrations_tools.executed import Direction, Executed, Failure, Pass, Seeded, State
from migrations_tools.inapp.client import ProbeError
from migrations_tools.provenance import Revision
from migrations_tools.steps.bench import TRIP, Bench
from migrations_tools.steps.install import Migrated, run_install
from migrations_tools.steps.prepared import Prepared
from migrations_tools.steps.sight import Rows, Sight, sights

_NOT_THERE = {
    "upgrade": "Alembic ended well, and the database does not stand at {revision}.",
    "downgrade": "Alembic ended well, and the database still stands at {revision}.",
}
Trip = dict[str, Executed]


@dataclass(frozen=True, slots=True)
class Course:
    """One environment on its scratch copies, and who looks at them (each by the name of the database that it is of).

    `files` are revision files that no versions folder has yet, as the probe gave them. `filled` are copies that rows
    are on their way into already, `version_tables` the tables (by their oids) that Alembic has noted revisions in.
    """

    bench: Bench
    migrated: Migrated
    files: Sequence[Mapping[str, Any]]
    copies: Mapping[str, str]
    sights: Mapping[str, Sight]
    filled: dict[str, Future[tuple[State, Seeded]]] = field(default_factory=dict)
    version_tables: dict[str, int] = field(default_factory=dict)

    def ask(self, do: str, doing: str, **more: Any) -> Any:
        """Ask the probe, which knows the further files."""
        files = [{key: file[key] for key in ("location", "name", "text")} for file in self.files]
        return self.bench.ask(self.migrated, do, doing, self.copies, files=files, **more)

    def standing_at(self, revision: str) -> dict[str, bool]:
        """Tell of each database whether it stands at a revision, as somebody else sees it."""
        tables = self.version_tables
        return {
            name: scratch in tables and revision in self.sights[name].revisions(tables[scratch])
            for name, scratch in self.copies.items()
        }


def execute(
    bench: Bench,
    migrated: Migrated,
    revisions: Sequence[Revision],
    rows: Rows,
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
            course = Course(bench, migrated, files, prepared.copies, prepared.sights, dict(prepared.filled))
            made += _along(course, left)
    begin = _from_the_dump if bench.dump else _replay
    databases = list(dict.fromkeys(item.database for item in migrated.standings))
    while left:
        with bench.copies(TRIP, databases) as copies, sights(bench, copies, rows) as seen:
            course = Course(bench, migrated, files, copies, seen)
            try:
                begin(course, left)
            except (ProbeError, CannotProceed) as error:
                if bench.dump:
                    reasons = [f"The dump {bench.dump} cannot be used.", *error.reasons]
                    raise CannotProceed(reasons, tip=_DUMP) from error
                if begin is _replay and bench.temp.work.settings.install_command:
                    begin = _from_the_top  # on copies that are empty again
                    continue
                stopped = f"Its beginning was not reached: {error.reasons[0]}"
                return (*made, *(one for each in left for one in _start(course, each, stopped).values()))
            made += _along(course, left)
    return tuple(made)


def _replay(course: Course, revisions: Sequence[Revision]) -> None:
    """Go up to where the first revision begins. Raises ProbeError when an earlier one fails."""
    first = revisions[0].revision
    course.ask("reach", f"going up to where {first} begins", revision=first)


_DUMP = "It must be of a database at a revision of this history that comes before those that are executed."


def _from_the_dump(course: Course, revisions: Sequence[Revision]) -> None:
    """Put the user's dump into the copy of the application's database, and go up from the dump's own revision.

    Raises CannotProceed for a dump that cannot be restored, ProbeError when a revision on the way fails.
    """
    bench = course.bench
    if bench.dump:
        bench.temp.restore(bench.run, course.copies.get(bench.main) or next(iter(course.copies.values())), bench.dump)
    _replay(course, revisions)


def _from_the_top(course: Course, revisions: Sequence[Revision]) -> None:
    """Install as a fresh database is, where the history is not replayable, and come down to the first revision.

    Raises CannotProceed when the project's own install command fails, or a revision's `downgrade()`.
    """
    bench = course.bench
    run_install(bench.temp, bench.run, bench.temp.work.settings.install_command, bench.sent(course.copies))
    for revision in reversed(revisions):
        for each in _passes(course, revision.revision, "downgrade").values():
            if each.failure:
                raise CannotProceed(f"downgrade() of {revision.revision} fails: {each.failure.message}")


def _along(course: Course, left: list[Revision]) -> Iterator[Executed]:
    """Execute what is left, taking it from the list, until a database stands where the next cannot begin."""
    console = course.bench.temp.work.console
    while left:
        revision = left.pop(0)
        console.detail(f"{revision.file}; {len(left)} left after it")
        trip = _trip(course, revision)
        yield from trip.values()
        if not left or not _goes_on(course, trip, revision.revision):
            return
        try:
            _replay(course, left)
        except ProbeError:
            return  # what is left is tried on a new copy, where the same error is told


def _goes_on(course: Course, trip: Trip, revision: str) -> bool:
    """Tell whether a later revision can begin from here: each database stands at this one, whole.

    A downgrade() that refused or failed has left it so where its transaction was rolled back.
    """
    if not any(each.stopped for each in trip.values()):
        return True
    return all(course.standing_at(revision).values()) and all(
        each.after_up is not None and not compare(course.sights[name].state().catalog, each.after_up.catalog)
        for name, each in trip.items()
    )


# --- one revision's trip -----------------------------------------------------------------------------------------

_LEGS: Sequence[tuple[Direction, str, str]] = (
    ("upgrade", "up", "after_up"), ("downgrade", "down", "after_down"), ("upgrade", "again", "after_again"),
)  # fmt: skip


def _trip(course: Course, revision: Revision) -> Trip:
    begun = time.monotonic()
    trip = _with_rows(course, _start(course, revision))
    for direction, passed, state in _LEGS:
        try:
            done = _pass(course, revision.revision, direction)
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


def _start(course: Course, revision: Revision, stopped: str = "") -> Trip:
    return {name: Executed(revision.revision, revision.file, name, stopped=stopped) for name in course.copies}


def _with_rows(course: Course, trip: Trip) -> Trip:
    """Put rows into every table, as far as that can be done, and look at what stands there then."""
    found = {}
    for name, each in trip.items():
        filled = course.filled.pop(name, None)
        state, seeded = filled.result() if filled else course.sights[name].with_rows()
        found[name] = replace(each, before=state, seeded=seeded)
    return found


def _stopped(trip: Trip, passes: Sequence[Pass]) -> str:
    """Say why the trip does not go on: a pass that failed, on whichever database, or a downgrade that was left out."""
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
        if compare(each.after_down.catalog, each.before.catalog)
    ]
    return " ".join(said)


_REFUSES = "NotImplementedError"
_FAILS = {True: "says of itself that it cannot be done", False: "fails"}


def _pass(course: Course, revision: str, direction: Direction) -> Mapping[str, tuple[Pass, State | None]]:
    """Run the revision in one direction; give what it did and what stands then, where it did not fail."""
    passes = _passes(course, revision, direction)
    stands = course.standing_at(revision)
    found: dict[str, tuple[Pass, State | None]] = {}
    for name in course.copies:
        done = passes.get(name) or Pass(revision, direction, name, (), 0.0)
        if not done.failure and stands[name] != (direction == "upgrade"):
            done = replace(done, failure=Failure("NotCommitted", _NOT_THERE[direction].format(revision=revision)))
        found[name] = (done, None if done.failure else course.sights[name].state())
    return found


def _passes(course: Course, revision: str, direction: Direction) -> dict[str, Pass]:
    """Give what the revision did on each database; what env.py does in several goes is one."""
    course.bench.temp.work.console.count(0, 0, f"running {direction} of {revision}")
    answer = course.ask("execute", f"running {direction} of {revision}", revision=revision, direction=direction)
    course.version_tables.update(answer["version_tables"])
    originals = {scratch: name for name, scratch in course.copies.items()}
    found: dict[str, Pass] = {}
    for each in executed.parse(answer):
        name = originals[each.database]
        named = replace(each, database=name)
        found[name] = found[name].followed_by(named) if name in found else named
    return found
