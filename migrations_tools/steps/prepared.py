"""Copies of databases that stand at head, filled with rows while the probe still compares the models with them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from migrations_tools.errors import CannotProceed
from migrations_tools.executed import Seeded, State
from migrations_tools.steps.bench import TRIP, Bench
from migrations_tools.steps.sight import Rows, Sight, sights


@dataclass(frozen=True, slots=True)
class Prepared:
    """Copies, who looks at them, and what will have come into them (each by the name of the database it is of).

    Use it as a context manager, or close it: then the copies are dropped.
    """

    copies: Mapping[str, str]
    sights: Mapping[str, Sight]
    filled: Mapping[str, Future[tuple[State, Seeded]]]
    _stack: ExitStack = field(repr=False)

    def __enter__(self) -> Prepared:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the copies, whatever is still written to them; safe to do twice."""
        self._stack.close()


def prepare(bench: Bench, rows: Rows) -> Prepared | None:
    """Clone each database as it stands, and begin to put rows into the clones.

    None where a clone cannot be had: somebody is connected, such as the application, or the server clones nothing.
    """
    server = bench.server
    if bench.dump or not all(server.is_left(name) for name in bench.databases):
        return None
    with ExitStack() as stack:
        try:
            copies = {
                name: stack.enter_context(server.scratch(bench.temp.scratch_name(name, TRIP), name))
                for name in bench.databases
            }
        except CannotProceed:
            pass  # the copies are made by replaying the history then, which tells what it cannot do
        else:
            seen = stack.enter_context(sights(bench, copies, rows))
            worker = stack.enter_context(ThreadPoolExecutor(1))
            filled = {name: worker.submit(sight.with_rows) for name, sight in seen.items()}
            return Prepared(copies, seen, filled, stack.pop_all())
    return None
