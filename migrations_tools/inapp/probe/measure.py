"""Records what revisions do while Alembic runs them: operations, SQL statements, locks, rewritten relations, errors."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

from .error_values import describe_error
from .lock_watch import LockWatch
from .statements import shortened, sort_of, touches_nothing
from .tree import facts_of, kind_of, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Step = dict[str, Any]

_WATCH = "migrations_tools_watch"
_MOST = 200  # different statements of one step, from which on those of a sort are counted together


class Passes:
    """Every revision that was run, in its order; `current` is the one that is running."""

    def __init__(self) -> None:
        self.seen: list[Pass] = []
        self.current: Pass | None = None

    def measure(self, step: Any, database: str) -> Any:
        """Return one of Alembic's steps back so that it is measured when Alembic runs it."""
        function, direction = step.migration_fn, "upgrade" if step.is_upgrade else "downgrade"

        @functools.wraps(function)
        def measured(**options: Any) -> Any:
            self.current = Pass(step.revision, direction, database)
            self.seen.append(self.current)
            try:
                with self.current.timed():
                    return function(**options)
            finally:
                self.current = None

        step.migration_fn = measured
        return step

    def fail(self, error: BaseException) -> bool:
        """Note an error that ended everything; it is the last revision's. False when none had begun."""
        if self.seen and not self.seen[-1].failed:
            self.seen[-1].fail(error)
        return bool(self.seen)

    # --- what is called by Alembic and SQLAlchemy ----------------------------------------------------------------

    def invoke(self, own: Callable[..., Any], operations: Any, operation: Any) -> Any:
        """Stand in the place of `Operations.invoke`. What an operation does by further ones belongs to it."""
        now = self.current
        if now is None or now.step is not None:
            return own(operations, operation)
        with now.operating(operation, getattr(operations.impl, "batch", None)):
            return own(operations, operation)

    def flush(self, own: Callable[..., Any], batch: Any) -> None:
        """Stand in the place of a batch's `flush`, which carries out what its operations have only asked for."""
        now = self.current
        if now is None or now.step is not None:
            own(batch)
            return
        batch.batch = _Queue(batch.batch, now)
        with now.blaming():
            own(batch)

    def before(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        """SQLAlchemy is about to execute a statement."""
        if self.current is not None:
            self.current.begin(connection, cursor, statement)

    def after(self, connection: Any, cursor: Any, *_: Any) -> None:
        """SQLAlchemy has executed a statement."""
        if self.current is not None:
            self.current.end(connection, cursor)


class Pass:
    """One revision, run in one direction on one database."""

    def __init__(self, revision: Any, direction: str, database: str) -> None:
        self.module = revision.module
        self.steps: list[Step] = []
        self.step: Step | None = None
        self.failed: dict[str, Any] | None = None
        self.owners: dict[tuple[int, int], Step] = {}
        self._facts = {"revision": revision.revision, "direction": direction, "database": database}
        self._file = os.path.basename(revision.path)
        self._open: dict[int, _Open] = {}
        self._entries: dict[tuple[int, str], dict[str, Any]] = {}
        self._lines: dict[int, Step] = {}
        self._watches: list[LockWatch] = []
        self._blamed: tuple[BaseException, Step] | None = None
        self._greenlet: Any = sys.modules["greenlet"].getcurrent() if "greenlet" in sys.modules else None
        self._seconds = 0.0

    def described(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **self._facts,
            "file": self._file,
            "seconds": self._seconds - sum(each.spent for each in self._watches),
            "steps": self.steps,
            "failed": self.failed,
        }

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Take the time of the revision, and its error."""
        begun = time.perf_counter()
        try:
            yield
        except BaseException as error:
            self.fail(error)
            raise
        finally:
            self._seconds = time.perf_counter() - begun

    def fail(self, error: BaseException) -> None:
        """Note the error that ended the revision: which step, which line."""
        blamed = self._blamed[1] if self._blamed and self._blamed[0] in _chain(error) else None
        frames = list(traceback.walk_tb(error.__traceback__))
        lines = [line for frame, line in frames if frame.f_globals is self.module.__dict__]
        described = describe_error(error)
        self.failed = {
            **described,
            "file": self._file,
            "statement": shortened(described["statement"]),
            "line": blamed["line"] if blamed else lines[-1] if lines else 0,
            "step": next((number for number, each in enumerate(self.steps) if each is blamed), None),
        }

    # --- operations ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def operating(self, operation: Any, queue: list[Any] | None) -> Iterator[None]:
        """Make an operation a step for as long as it runs; what it queues in a batch is its own later."""
        self.step = step = self._new(_facts(operation))
        waiting = len(queue or ())
        with self.blaming():
            yield
            for number in range(waiting, len(queue or ())):
                self.owners[id(queue), number] = step

    @contextlib.contextmanager
    def blaming(self) -> Iterator[None]:
        """Remember, for an error that comes out of here, the step that was running."""
        try:
            yield
        except BaseException as error:
            if self.step is not None:
                self._blamed = (error, self.step)
            raise
        finally:
            self.step = None

    def _new(self, operation: dict[str, Any] | None) -> Step:
        step: Step = {"operation": operation, "file": self._file, "line": self._line(), "statements": []}
        self.steps.append(step)
        return step

    def _line(self) -> int:
        """Return the line that the revision's file is at; 0 when it is nowhere to be seen."""
        # The second is where op.run_async() has left off.
        for frame in (sys._getframe(1), getattr(self._greenlet, "gr_frame", None)):
            while frame is not None:
                if frame.f_globals is self.module.__dict__:
                    return int(frame.f_lineno)
                frame = frame.f_back
        return 0

    # --- statements ----------------------------------------------------------------------------------------------

    def begin(self, connection: Any, cursor: Any, statement: str) -> None:
        """Note a statement that is about to be executed."""
        step, sort = self.step or self._outside(), sort_of(statement)
        entry = self._entry(step, shortened(statement), sort)
        fresh = not entry["times"] or entry["sql"] != shortened(statement)
        asks = not touches_nothing(statement, sort)
        if asks:
            self._watch(connection)
        entry["failed"] = True  # until it has come to its end
        self._open[id(cursor)] = _Open(entry, asks and fresh, time.perf_counter())

    def end(self, connection: Any, cursor: Any) -> None:
        """Note how a statement ended, and what it has taken."""
        now, opened = time.perf_counter(), self._open.pop(id(cursor))
        entry = opened.entry
        entry.update(seconds=entry["seconds"] + now - opened.begun, times=entry["times"] + 1, failed=False)
        if cursor.rowcount is not None and cursor.rowcount >= 0:
            entry["rows"] = (entry["rows"] or 0) + cursor.rowcount
        if opened.asks:
            seen = self._watch(connection).look()
            entry["autocommit"] = seen["autocommit"]
            entry["locks"] += seen["locks"]
            entry["rewritten"] += seen["rewritten"]

    def _entry(self, step: Step, text: str, sort: str) -> dict[str, Any]:
        """Return the place of a statement: a repeated one of a step is counted, as is one of very many."""
        many = len(step["statements"]) >= _MOST
        found = self._entries.get((id(step), sort if many else text))
        if found is None or found["failed"]:
            found = {
                "sql": text,
                "sort": sort,
                "line": step["line"],
                "times": 0,
                "seconds": 0.0,
                "rows": None,
                "autocommit": False,
                "locks": [],
                "rewritten": [],
                "failed": False,
            }
            step["statements"].append(found)
            self._entries[id(step), sort if many else text] = found
        return found

    def _outside(self) -> Step:
        """Return the step for what no operation does: one for each line."""
        line = self._line()
        if line not in self._lines:
            self._lines[line] = self._new(None)
        return self._lines[line]

    def _watch(self, connection: Any) -> LockWatch:
        watch: LockWatch | None = connection.info.get(_WATCH)
        if watch is None or watch.owner is not self:
            watch = connection.info[_WATCH] = LockWatch(self, connection.connection)
            self._watches.append(watch)
        return watch


class _Open(NamedTuple):
    """A statement that is being executed: its entry, whether to look at what it takes, since when."""

    entry: dict[str, Any]
    asks: bool
    begun: float


class _Queue(list):  # type: ignore[type-arg]
    """A batch's queue that says, as it is gone through, whose entry is at work."""

    def __init__(self, queue: list[Any], now: Pass) -> None:
        super().__init__(queue)
        self._owners = [now.owners.get((id(queue), number)) for number in range(len(queue))]
        self._now = now

    def __iter__(self) -> Iterator[Any]:
        for entry, owner in zip(super().__iter__(), self._owners):  # noqa: B905 - Python 3.8
            self._now.step = owner
            yield entry
        self._now.step = None


def _facts(operation: Any) -> dict[str, Any]:
    """Describe an operation; one of an extension may be made otherwise than all that are known, and must run still."""
    try:
        return facts_of(operation)
    except Exception as error:
        print("describing %r: %s" % (operation, error), file=sys.stderr)  # noqa: T201 - the probe's standard error
        unknown = dict.fromkeys(("schema", "table", "constraint", "unique", "referent"))
        return {**unknown, "kind": kind_of(operation), "name": name_of(operation), "columns": []}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextlib.contextmanager
def measuring() -> Iterator[Passes]:
    """Attach to Alembic's operations and SQLAlchemy's statements of this process for the time of the block."""
    from alembic.operations import base, batch
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    passes = Passes()
    operations: Any = getattr(base, "AbstractOperations", base.Operations)  # since Alembic 1.11
    invoke, flush = operations.invoke, batch.BatchOperationsImpl.flush
    listeners: list[tuple[str, Callable[..., Any]]] = [
        ("before_cursor_execute", passes.before),
        ("after_cursor_execute", passes.after),
    ]
    operations.invoke = functools.partialmethod(_instead, passes.invoke, invoke)
    batch.BatchOperationsImpl.flush = functools.partialmethod(_instead, passes.flush, flush)  # type: ignore[assignment]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield passes
    finally:
        operations.invoke = invoke
        batch.BatchOperationsImpl.flush = flush  # type: ignore[method-assign]
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def _instead(given: Any, function: Callable[..., Any], own: Callable[..., Any], *arguments: Any) -> Any:
    return function(own, given, *arguments)
