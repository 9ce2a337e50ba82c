"""What a revision did when it was executed on a scratch database, as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol

from migrations_tools import operations
from migrations_tools.catalog import Catalog, qualified
from migrations_tools.operations import Operation
from migrations_tools.secrets import masked

Direction = Literal["upgrade", "downgrade"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that was there before the revision, named as it was called then.

    `kind` is "table", "index", "sequence", "view", "materialized view" or "foreign table".
    """

    schema: str
    name: str
    kind: str

    @property
    def qualified_name(self) -> str:
        """`users`, or `audit.users` outside `public`."""
        return qualified(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that a statement took and its transaction kept; `mode` as PostgreSQL's manual writes it: "SHARE"."""

    relation: Relation
    mode: str


@dataclass(frozen=True, slots=True)
class SentStatement:
    """A SQL statement as it was sent, without the values of its parameters; a long text is cut.

    `sort` is its verb with its noun ("CREATE INDEX"). A statement that a line repeats is here once: `times` says how
    often it came to its end, `seconds` and `rows` are of all of them (rows: None where it has no such number). What it
    locked and rewrote is known inside a transaction only: with `autocommit` both are empty and say nothing.
    """

    sql: str
    sort: str
    line: int
    seconds: float
    rows: int | None = None
    times: int = 1
    locks: tuple[Lock, ...] = ()
    rewritten: tuple[Relation, ...] = ()
    autocommit: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class OperationRun:
    """An operation with the statements that it sent; without an operation, what one line sent past Alembic's.

    `line` is where the revision's file calls it, 0 where that cannot be seen.
    """

    operation: Operation | None
    file: str
    line: int
    statements: tuple[SentStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The error that ended a pass. `step` is the number of the step that raised it, None where it came from no step."""

    type: str
    message: str
    file: str = ""
    line: int = 0
    step: int | None = None
    statement: str = ""
    sqlstate: str = ""
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RevisionPass:
    """One run of `upgrade()` or `downgrade()` on one database; the seconds are the revision's, not the measuring's."""

    revision: str
    direction: Direction
    database: str
    steps: tuple[OperationRun, ...]
    seconds: float
    failure: Failure | None = None

    @property
    def statements(self) -> Iterator[tuple[OperationRun, SentStatement]]:
        """Every statement with its step."""
        return ((step, statement) for step in self.steps for statement in step.statements)

    def followed_by(self, later: RevisionPass) -> RevisionPass:
        """Join it with another one on the same database, which env.py came to twice (a schema after the other)."""
        failure = later.failure
        if failure and failure.step is not None:
            failure = replace(failure, step=failure.step + len(self.steps))
        return replace(
            self, steps=self.steps + later.steps, seconds=self.seconds + later.seconds, failure=self.failure or failure
        )


@dataclass(frozen=True, slots=True)
class State:
    """A database between two passes: its schema, and the fingerprint of its rows (of `migrations_tools.data`)."""

    catalog: Catalog
    contents: Any


class UnseededTable(Protocol):
    """A table that the seeding could give no row, and why."""

    @property
    def table(self) -> str:
        """The table's qualified name."""

    @property
    def reason(self) -> str:
        """The reason, in a sentence."""


class SeedingResult(Protocol):
    """What the seeding says of itself (`migrations_tools.data`): the rows that tables got, and the tables without."""

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows each table has got."""

    @property
    def unseeded(self) -> Sequence[UnseededTable]:
        """The tables that got none."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A revision's whole trip on a scratch copy of one database: up, down, up again, and the state at each end.

    What it did not come to is None; `stopped` says why in a sentence (of the way to the revision's beginning, when
    there is no `before` either).
    """

    revision: str
    file: str
    database: str
    before: State | None = None
    up: RevisionPass | None = None
    after_up: State | None = None
    down: RevisionPass | None = None
    after_down: State | None = None
    again: RevisionPass | None = None
    after_again: State | None = None
    seeded: SeedingResult | None = None
    stopped: str = ""
    seconds: float = 0.0

    @property
    def passes(self) -> tuple[RevisionPass, ...]:
        """The passes that were made, in their order."""
        return tuple(each for each in (self.up, self.down, self.again) if each is not None)

    @property
    def unseeded(self) -> tuple[UnseededTable, ...]:
        """The tables that stood empty, with the reasons."""
        return tuple(self.seeded.unseeded) if self.seeded else ()

    @property
    def failure(self) -> Failure | None:
        """The error that ended the trip; None when there was none."""
        return next((each.failure for each in self.passes if each.failure), None)

    @property
    def refuses_downgrade(self) -> bool:
        """Whether the revision says of itself that it cannot be taken back: it raises NotImplementedError."""
        return bool(self.down and self.down.failure and self.down.failure.type == "NotImplementedError")

    @property
    def omits_downgrade(self) -> bool:
        """Whether `downgrade()` does nothing although `upgrade()` does something."""
        return bool(self.down and self.up and not self.down.steps and not self.down.failure and self.up.steps)


def parse(answer: Mapping[str, Any]) -> tuple[RevisionPass, ...]:
    """Return the probe's answer to `execute` as values, passwords masked."""
    return tuple(_pass(item) for item in answer["passes"])


def _pass(item: Mapping[str, Any]) -> RevisionPass:
    return RevisionPass(
        item["revision"],
        item["direction"],
        item["database"],
        tuple(_step(number, step) for number, step in enumerate(item["steps"])),
        item["seconds"],
        _failure(item["failed"]) if item["failed"] else None,
    )


def _step(number: int, item: Mapping[str, Any]) -> OperationRun:
    described = item["operation"]
    (operation,) = operations.parse([{"id": number, "code": "", **described}]) if described else (None,)
    return OperationRun(operation, item["file"], item["line"], tuple(map(_statement, item["statements"])))


def _statement(item: Mapping[str, Any]) -> SentStatement:
    return SentStatement(
        sql=masked(item["sql"]),
        sort=item["sort"],
        line=item["line"],
        seconds=item["seconds"],
        rows=item["rows"],
        times=item["times"],
        locks=tuple(Lock(_relation(lock), _mode(lock["mode"])) for lock in item["locks"]),
        rewritten=tuple(map(_relation, item["rewritten"])),
        autocommit=item["autocommit"],
        failed=item["failed"],
    )


def _relation(item: Mapping[str, Any]) -> Relation:
    return Relation(item["schema"], item["name"], item["kind"])


def _mode(name: str) -> str:
    """Write a mode of `pg_locks` as the manual does: AccessExclusiveLock is ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Lock")).upper()


def _failure(item: Mapping[str, Any]) -> Failure:
    words = {key: masked(item[key]) for key in ("message", "statement", "detail", "hint")}
    return Failure(
        type=item["type"], file=item["file"], line=item["line"], step=item["step"], sqlstate=item["sqlstate"], **words
    )


def as_json(executed: Executed) -> dict[str, Any]:
    """Return it for the run's record: all that was done, without the states, which are as large as the database."""
    return {
        "revision": executed.revision,
        "file": executed.file,
        "database": executed.database,
        "passes": [asdict(each) for each in executed.passes],
        "unseeded": {each.table: each.reason for each in executed.unseeded},
        "refuses_downgrade": executed.refuses_downgrade,
        "omits_downgrade": executed.omits_downgrade,
        "stopped": executed.stopped,
        "seconds": executed.seconds,
    }
