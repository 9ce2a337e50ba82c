"""One revision at a time: to where it begins, and through its upgrade() or downgrade(), measured."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING, Any

from .configuration import make_config
from .environment import database_of, locations, looking_in, script_of, standing
from .gate import GATE
from .measure import measuring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.config import Config

    from .channel import Talk


def do_reach(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Take each database up to all that a revision stands on, without itself; say where it stands then."""
    from alembic import command

    with _with_files(request) as script:
        below = sorted(script.get_revision(request["revision"])._all_down_revisions)
    for revision in below:
        with _with_files(request, "upgrade", revision) as script:
            command.upgrade(script.config, revision)
        GATE.release()
    return standing(make_config(request, "current"))


def do_execute(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Run one revision in one direction, measured; what it did comes back even when it fails, with the error.

    With it comes the oid of each database's version table: which one it is depends on the connection's search_path.
    Only an error that comes before a revision has begun is an error of the request.
    """
    revision, direction = request["revision"], request["direction"]
    # Attached first: a connection of SQLAlchemy's knows from its beginning whether anybody listens.
    with measuring() as passes, _with_files(request, direction, revision) as script:
        reached: dict[str, int] = {}

        def steps(heads: Any, context: Any) -> list[Any]:
            database = database_of(context)
            reached[database] = _version_table(context)
            return [passes.measure(step, database) for step in _steps(script, revision, direction, heads)]

        try:
            _run(script, steps, revision)
        except BaseException as error:
            if not passes.fail(error):
                raise
    if not reached:
        raise LookupError("env.py ended without running the migrations: it never called run_migrations()")
    return {"passes": [each.described() for each in passes.seen], "version_tables": reached}


def _version_table(context: Any) -> int:
    """Return the oid of the version table, which Alembic has made by now."""
    name = context.dialect.identifier_preparer.format_table(context._version)
    found = "SELECT CAST(CAST(CAST('%s' AS regclass) AS oid) AS bigint)" % name.replace("'", "''")
    return int(context.connection.exec_driver_sql(found).scalar())


def _run(script: Any, steps: Any, revision: str) -> None:
    """Run env.py as Alembic's own commands do, with these steps as the work."""
    from alembic.runtime.environment import EnvironmentContext

    with EnvironmentContext(script.config, script.script, fn=steps, as_sql=False, destination_rev=revision):
        script.script.run_env()


def _steps(script: Any, revision: str, direction: str, heads: Sequence[str]) -> list[Any]:
    """Return what is to be done on a database that stands at `heads`: nothing where it has been done."""
    from alembic.runtime.migration import MigrationStep

    item = script.get_revision(revision)
    if not hasattr(item.module, direction):
        setattr(item.module, direction, _missing(direction))
    if direction == "upgrade":
        return list(script.script._upgrade_revs(revision, heads))
    return [MigrationStep.downgrade_from_script(script.script.revision_map, item)] if revision in heads else []


def _missing(direction: str) -> Any:
    def missing() -> None:
        raise NotImplementedError("the revision has no %s()" % direction)

    return missing


class _Script:
    """The history and the Config that it was read with."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.script = script_of(config)

    def get_revision(self, name: str) -> Any:
        """Return a revision by its id. Raises LookupError when there is none."""
        found = self.script.get_revision(name)
        if found is None:
            raise LookupError("the history has no revision %s" % name)
        return found


@contextlib.contextmanager
def _with_files(request: dict[str, Any], *words: str) -> Iterator[_Script]:
    """Read the history with the request's own revision files in it, which no versions folder has yet.

    They stand in folders of their own for the time of the block, as further versions folders: those that the project
    has stay as and where they are, with what their revisions read beside them.
    """
    config = make_config(request, *(words or ("history",)))
    files = request.get("files") or []
    if not files:
        yield _Script(config)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = sorted({_write(os.path.realpath(folder), file) for file in files})
        script = script_of(config)
        with looking_in(script, [*locations(script), *made]):
            yield _Script(config)


def _write(folder: str, file: dict[str, Any]) -> str:
    """Write a file into the stand-in of its versions folder, which is given."""
    location = os.path.join(folder, str(file["location"]))
    path = os.path.join(location, file["name"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as written:
        written.write(file["text"])
    return location
