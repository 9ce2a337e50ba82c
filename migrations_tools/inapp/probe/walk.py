"""The stairway: revisions taken up, down and up again in one run of env.py, the other side looking after each step."""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING, Any

from .configuration import START, make_config
from .environment import EnvironmentRuns, script_of
from .gate import GATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    from .channel import Talk


def do_stairway(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Take `revisions`, in their order, each up, down and up again; `irreversible` ones only up.

    The database stands below the first of them. After each step the other side is asked, and may ask questions of its
    own on the same connection. A downgrade() that raises NotImplementedError is said to be irreversible.
    """
    config = make_config(request, "upgrade", "heads")
    script = script_of(config)  # one for all: to read a long history takes longer than to walk a part of it
    stairs = Stairs(script, talk, set(request.get("irreversible") or ()))
    revisions = request["revisions"]
    for start in range(0, len(revisions), _FLIGHTS_A_RUN):
        stairs.walk(config, revisions[start : start + _FLIGHTS_A_RUN])
    return {"passes": stairs.passes.must()}


# Revisions in one run of env.py: it may be one transaction, which holds a lock on everything that it touches.
_FLIGHTS_A_RUN = 40
# As in `catalog.look_queries`, which does not come along.
_OR_ELSE = "/* or nothing more */ "


class Stairs:
    """Gives Alembic one step after the other; it asks for the next one when the last one is done."""

    def __init__(self, script: Any, talk: Talk, irreversible: set[str]) -> None:
        self.script = script
        self.talk = talk
        self.revisions: list[str] = []
        self.irreversible = irreversible
        self.passes = EnvironmentRuns("walking the stairs")
        self.refused = ""
        self.database = ""
        self.found: dict[str, list[list[Any]]] = {}

    def walk(self, config: Config, revisions: list[str]) -> None:
        """Run env.py for some of the revisions, from where the application starts."""
        from alembic.runtime.environment import EnvironmentContext

        os.chdir(START)
        self.revisions = revisions
        with EnvironmentContext(config, self.script, fn=self.steps, as_sql=False, destination_rev="heads"):
            self.script.run_env()
        GATE.release()

    def steps(self, _heads: Any, context: Any) -> Iterator[Any]:
        """Yield the steps on one database."""
        self.found.clear()  # it is another connection
        self.passes.note(context)
        self.database = self.passes.seen[-1]["database"]
        self._ask(context, self.revisions[0], "begin")
        for name in self.revisions:
            yield self._step(name, True)
            self._ask(context, name, "up")
            if name not in self.irreversible:
                yield from self._down_and_up(context, name)

    def _down_and_up(self, context: Any, name: str) -> Iterator[Any]:
        self.refused = ""
        down = self._step(name, False)
        down.migration_fn = self._noting_refusal(down.migration_fn)
        yield down
        up = self._step(name, True)
        if self.refused:
            up.migration_fn = _nothing  # the database is as it was; only the version goes back
            self._ask(context, name, "irreversible", said=self.refused)
            yield up
            return
        self._ask(context, name, "down")
        yield up
        self._ask(context, name, "again")

    def _step(self, name: str, upwards: bool) -> Any:
        from alembic.runtime.migration import MigrationStep

        make = MigrationStep.upgrade_from_script if upwards else MigrationStep.downgrade_from_script
        return make(self.script.revision_map, self.script.get_revision(name))

    def _noting_refusal(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def downgrade(*arguments: Any, **options: Any) -> None:
            try:
                function(*arguments, **options)
            except NotImplementedError as error:
                self.refused = str(error) or "its downgrade() raises NotImplementedError"

        return downgrade

    def _ask(self, context: MigrationContext, revision: str, step: str, **more: Any) -> None:
        # Alembic remembers for a whole run which enum types it has made; a downgrade has dropped some of them.
        getattr(context.impl, "memo", {}).clear()
        with _committed(context) as alone:
            answer = self.talk.ask("step", {"database": self.database, "revision": revision, "step": step, **more})
            while "query" in answer:
                answer = self.talk.ask("rows", self._answers(context.connection, answer["query"], alone))

    def _answers(self, connection: Any, statements: list[str], alone: bool) -> list[list[list[Any]]]:
        """Return the rows of each; behind one that asks for it and has none, nothing more is run.

        What such a one has found once on this connection is not looked for again where an error harms nobody.
        """
        from sqlalchemy.exc import DBAPIError

        if not alone:
            return list(_run(connection, statements))
        first, *rest = statements
        if first not in self.found:
            with connection.begin():
                answers = list(_run(connection, statements))
            if first.startswith(_OR_ELSE) and answers[0]:
                self.found[first] = answers[0]
            return answers
        try:
            with connection.begin():
                return [self.found[first], *_run(connection, rest)]
        except DBAPIError:  # it is gone; what else it may be is told when it is made again
            del self.found[first]
            return [[]]


@contextlib.contextmanager
def _committed(context: MigrationContext) -> Iterator[bool]:
    """Commit what a step has done, as a command of its own would: a new label of an enum cannot be used before.

    Give whether there is no transaction in the block, so that what is asked there has its own.
    """
    connection: Any = context.connection
    if context._transaction is None:
        yield False
        return
    context._transaction.commit()
    context._transaction = None
    yield True
    context._transaction = connection.begin()


def _nothing(*_arguments: Any, **_options: Any) -> None:
    """Stand in for an upgrade() whose work was never undone."""


def _run(connection: Any, statements: list[str]) -> Iterator[list[list[Any]]]:
    for statement in statements:
        done = connection.exec_driver_sql(statement)
        rows = [list(row) for row in done] if done.returns_rows else []
        yield rows
        if not rows and statement.startswith(_OR_ELSE):
            return
