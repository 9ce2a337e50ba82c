"""Copies of databases that stand at head, filled with rows while the probe still compares the models with them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from migrations_tools.errors import CannotProceed
from migrations_tools.revision_runs import SeedingResult, State
from migrations_tools.trial.observer import DatabaseObserver, RowSource, observers
from migrations_tools.trial.scratch import TRIP, ScratchDatabases


@dataclass(frozen=True, slots=True)
class Prepared:
    """Copies, who looks at them, and what will have come into them (each by the name of the database it is of).

    Use it as a context manager, or close it: then the copies are dropped.
    """

    copies: Mapping[str, str]
    observers: Mapping[str, DatabaseObserver]
    filled: Mapping[str, Future[tuple[State, SeedingResult]]]
    _stack: ExitStack = field(repr=False)

    def __enter__(self) -> Prepared:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the copies, whatever is still written to them; safe to do twice."""
        self._stack.close()


def prepare(scratch: ScratchDatabases, rows: RowSource) -> Prepared | None:
    """Clone each database as it stands, and begin to put rows into the clones.

    None where a clone cannot be had: somebody is connected, such as the application, or the server clones nothing.
    """
    server = scratch.server
    if scratch.dump or not all(server.is_left(name) for name in scratch.databases):
        return None
    with ExitStack() as stack:
        try:
            copies = {
                name: stack.enter_context(server.scratch(scratch.sandbox.scratch_name(name, TRIP), name))
                for name in scratch.databases
            }
        except CannotProceed:
            pass  # the copies are made by replaying the history then, which tells what it cannot do
        else:
            seen = stack.enter_context(observers(scratch, copies, rows))
            worker = stack.enter_context(ThreadPoolExecutor(1))
            filled = {name: worker.submit(observer.with_rows) for name, observer in seen.items()}
            return Prepared(copies, seen, filled, stack.pop_all())
    return None
