"""Walk the stairway on scratch databases: which revisions, from where, and what is left after each step."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from migrations_tools.catalog import SchemaChange, SchemaWatch, not_read
from migrations_tools.catalog.read import Row
from migrations_tools.catalog.watch import Point
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import ProbeError
from migrations_tools.proofs import schema, stairway_proofs
from migrations_tools.proofs.proof import FAILED, PASSED, Proof, not_checked
from migrations_tools.proofs.stairway_proofs import Flight
from migrations_tools.provenance import Revision
from migrations_tools.sandbox.revision_history import read_history
from migrations_tools.trial.install import Migrated
from migrations_tools.trial.scratch import TRIP, ScratchDatabases

NEW, ALL = "new", "all"
# What DDL writes to; not cut, for that takes a lock that DDL waits for (PostgreSQL 12 and newer can be told so).
_CATALOGS = (
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_enum",
    "pg_index",
    "pg_sequence",
    "pg_type",
)
_NOT_CUT_SINCE = 120000


def prove(scratch: ScratchDatabases, migrated: Migrated, wanted: str) -> list[Proof]:
    """Make the stairway's proofs for one environment: one for each new revision, or one for a whole range."""
    history = tuple(reversed(read_history(scratch.probe, migrated.target)))
    chosen = choose(history, wanted, [str(item["revision"]) for item in scratch.sandbox.session.journal.run.generated])
    if wanted == NEW:
        claim = schema.about(schema.ROUND_TRIP, scratch.label(migrated))
        if not chosen:
            return [not_checked(claim, "the history has no revision yet")]
        walk = _Walk(scratch, migrated, history, chosen)
        flights = walk.flights()
        return [_newest(claim, flight, walk.unread) for flight in flights]
    begun = time.monotonic()
    walk = _Walk(scratch, migrated, history, chosen)
    flights = walk.flights()
    claim = schema.about(stairway_proofs.STAIRWAY, scratch.label(migrated))
    return [stairway_proofs.prove(claim, flights, time.monotonic() - begun, walk.unread)]


def _newest(claim: str, flight: Flight, unread: str) -> Proof:
    if flight.outcome == "irreversible":
        return not_checked(claim, f"{flight.revision} says of itself that it cannot be taken back: {flight.details[0]}")
    if flight.outcome == "not reached":
        return not_checked(claim, f"{flight.revision} was not reached")
    if flight.outcome == "clean":
        evidence = f"{flight.revision}: up, down, up, on a scratch database"
        return Proof(claim, PASSED, "; ".join(filter(None, (evidence, *flight.stays, unread))))
    return Proof(claim, FAILED, flight.details[0], flight.details[1:])


def choose(history: Sequence[Revision], wanted: str, new: Collection[str]) -> list[str]:
    """Return the revisions that are wanted, oldest first: `new`, `all`, or `REV..REV` (both included).

    `history` comes oldest first; without new ones, the heads count as new. Raises CannotProceed for a range that the
    history does not have.
    """
    names = [item.revision for item in history]
    if wanted == ALL:
        return names
    if wanted == NEW:
        below = {down for item in history for down in item.down}
        return [name for name in names if name in new] or [name for name in names if name not in below]
    first, dots, last = wanted.partition("..")
    found = [_one(names, each) for each in (first, last or first)]
    if not dots or not all(found) or names.index(found[0]) > names.index(found[1]):
        raise CannotProceed(
            f"`--stairway {wanted}` names no range of this history.",
            tip="Write `new`, `all`, or two revisions, the older one first: 91d2f8b3047e..f27083b6c4ae.",
        )
    return names[names.index(found[0]) : names.index(found[1]) + 1]


def _one(names: Sequence[str], given: str) -> str:
    found = [name for name in names if name.startswith(given)] if given else []
    return found[0] if len(found) == 1 or given in found else ""


@dataclass(slots=True)
class _Look:
    """What is known of one database on the way: how it was before the revision, and after its first upgrade."""

    watch: SchemaWatch
    before: Point | None = None
    up: Point | None = None


class _Walk:
    """A walk over chosen revisions; what fails is noted, and the walk goes on behind it where that is possible."""

    def __init__(
        self, scratch: ScratchDatabases, migrated: Migrated, history: Sequence[Revision], chosen: Sequence[str]
    ) -> None:
        self.scratch = scratch
        self.migrated = migrated
        self.history = history
        self.files = {item.revision: item.file for item in history}
        self.chosen = list(chosen)
        self.looks: dict[str, _Look] = {}
        self.found: dict[str, list[Future[tuple[str, ...]]]] = {}
        self.stays: dict[str, list[Future[tuple[str, ...]]]] = {}
        self.aside = ThreadPoolExecutor(1)
        self.tidied: list[Future[None]] = []
        self.said: dict[str, str] = {}
        self.at = ("", "")
        self.walked = 0

    def flights(self) -> list[Flight]:
        """Walk all of it and return what came of each revision."""
        outcomes: dict[str, Flight] = {}
        rest = list(self.chosen)
        with self.aside:
            while rest:
                failed, error = self._walk(rest)
                walked = rest[: rest.index(failed)] if failed else rest
                outcomes |= {name: self._flight(name) for name in walked}
                if not failed:
                    break
                outcomes[failed] = self._failed(failed, error)
                self._count()
                # Where not even the way up is possible, nothing behind it can be reached.
                rest = rest[rest.index(failed) + 1 :] if self.at[1] else []
        return [outcomes.get(name) or Flight(name, self.files[name], "not reached") for name in self.chosen]

    @property
    def unread(self) -> str:
        """What the databases hold at the end and nobody reads."""
        told = (not_read(look.watch.catalog) for look in self.looks.values())
        return "; ".join(dict.fromkeys(filter(None, told)))

    def _flight(self, name: str) -> Flight:
        if name in self.said:
            return Flight(name, self.files[name], "irreversible", (self.said[name],))
        details = self._traces(name)
        stays = tuple(dict.fromkeys(words for each in self.stays.get(name, ()) for words in each.result()))
        return Flight(name, self.files[name], "trace" if details else "clean", details, stays)

    def _failed(self, name: str, error: ProbeError | None) -> Flight:
        verb = {"": "the upgrade fails", "up": "the downgrade fails", "down": "the second upgrade fails"}[self.at[1]]
        reasons = error.reasons if error else ()
        return Flight(name, self.files[name], "failed", (*self._traces(name), f"{verb}: {reasons[0]}", *reasons[1:]))

    def _traces(self, name: str) -> tuple[str, ...]:
        return tuple(words for each in self.found.get(name, ()) for words in each.result())

    def _walk(self, names: Sequence[str]) -> tuple[str, ProbeError | None]:
        """Walk on new scratch databases and return the revision that failed, with the error, or "" at the end."""
        scratch, settings = self.scratch, self.scratch.sandbox.session.settings
        self.looks = {}
        databases = [item.database for item in self.migrated.standings]
        with scratch.copies(TRIP, databases) as copies:
            for head in self._heads_below(names[0]):
                doing = f"upgrading a scratch database to {head}"
                scratch.ask(self.migrated, "upgrade", doing, copies, revision=head)
            self.at = (names[0], "")
            try:
                self._ask(copies, list(names), settings.irreversible)
            except ProbeError as error:
                return self.at[0], error
            finally:
                while self.tidied:
                    self.tidied.pop().result()
        return "", None

    def _heads_below(self, name: str) -> list[str]:
        """Return the heads of everything that stands before a revision in the history's order."""
        names = [item.revision for item in self.history]
        below = self.history[: names.index(name)]
        under = {down for item in below for down in item.down}
        return [item.revision for item in below if item.revision not in under]

    def _ask(self, copies: Mapping[str, str], piece: Sequence[str], irreversible: Sequence[str]) -> None:
        order = dict(pairwise(piece))

        def answer(_question: str, value: Any) -> Mapping[str, Any]:
            name, step = value["revision"], value["step"]
            self._look(value, name in irreversible)
            if step == "begin":
                self.at = (name, "")
                if self.walked:
                    self.tidied.append(self.aside.submit(self._tidy, value["database"]))
                return {}
            done = step in ("again", "irreversible") or name in irreversible
            if done:
                self._count()
            if step == "up" and name in irreversible:
                self.said[name] = "the setting `irreversible` names it"
            self.at = (order.get(name, name), "") if done else (name, step)
            return {}

        self.scratch.ask(
            self.migrated,
            "stairway",
            "walking the stairway",
            copies,
            answer,
            revisions=list(piece),
            irreversible=list(irreversible),
        )

    def _tidy(self, copy: str) -> None:
        """Take dead rows out of the catalogs: each revision leaves some, and every look and every migration reads them.

        The server would do so by itself a minute later.
        """
        with self.scratch.server.connect(copy) as connection:
            if connection.info.server_version >= _NOT_CUT_SINCE:
                connection.execute(f"VACUUM (TRUNCATE FALSE) {', '.join(_CATALOGS)}".encode())

    def _count(self) -> None:
        self.walked += 1
        self.scratch.sandbox.session.console.count(self.walked, len(self.chosen), "revisions of the stairway")

    def _look(self, value: Mapping[str, Any], one_way: bool) -> None:
        look = self.looks.setdefault(value["database"], _Look(SchemaWatch()))
        step, name = value["step"], value["revision"]
        look.watch.look(self._inquire, look.before if step == "down" else None)
        if step == "up" and look.before:
            look.up = look.watch.point()
        elif step == "down" and look.before:
            self._compare(name, schema.DOWNGRADE, look.watch.since(look.before))
        elif step == "again" and look.up:
            self._compare(name, "second upgrade", look.watch.since(look.up))
        elif step == "irreversible":
            self.said[name] = value["said"]
        if one_way or step not in ("up", "down"):
            look.watch.forget()
            look.before, look.up = look.watch.point(), None

    def _inquire(self, statements: Sequence[str]) -> list[list[Row]]:
        return self.scratch.probe.inquire(statements, "reading a scratch database's catalog")

    def _compare(self, name: str, moment: str, step: SchemaChange) -> None:
        """Compare while the migrations go on: what a step holds does not change any more."""
        if not step.same:
            self.found.setdefault(name, []).append(self.aside.submit(stairway_proofs.traces, moment, step))
            if moment == schema.DOWNGRADE:
                self.stays.setdefault(name, []).append(self.aside.submit(stairway_proofs.staying, step))
