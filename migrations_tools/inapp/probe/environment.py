"""The Alembic environment: its history, and env.py run with a function in the migrations' place."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory


def script_of(config: Config) -> ScriptDirectory:
    """Return the history of revision files.

    Where env.py itself says in which folders they are, it is run for it, with nothing to do.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    if not isinstance(ScriptDirectory.__dict__["_version_locations"], property) and _says_where(script):
        with EnvironmentContext(config, script, fn=lambda _heads, _context: [], as_sql=False, dont_mutate=True):
            script.run_env()
    return script


def _says_where(script: ScriptDirectory) -> bool:
    path = os.path.join(str(script.dir), "env.py")
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return b"version_locations" in file.read()


def locations(script: ScriptDirectory) -> list[str]:
    """Return the versions folders, each as an absolute path, the one for new files first."""
    found: Any = getattr(script, "_version_locations", None) or script.version_locations
    if not found:
        found = [script.versions]
    return [os.path.abspath(str(path)) for path in found]


@contextlib.contextmanager
def looking_in(script: ScriptDirectory, folders: Sequence[str]) -> Iterator[None]:
    """Have Alembic find its revision files in these folders, whatever the configuration or env.py says meanwhile."""
    from alembic.script import ScriptDirectory

    kind = type(script._version_locations[0])  # a str, since Alembic 1.16 a Path
    found: Any = [kind(folder) for folder in folders]
    own = ScriptDirectory.__dict__["_version_locations"]
    ScriptDirectory._version_locations = property(lambda _script: found)  # type: ignore[assignment]
    try:
        yield
    finally:
        ScriptDirectory._version_locations = own  # type: ignore[method-assign]


def in_environment(config: Config, function: Callable[[Any, Any], list[Any]]) -> None:
    """Run env.py with a function in the place of the migrations: function(current heads, migration context).

    The version table is not created: an application that looks for it at its start must find what it would.
    """
    from alembic.runtime.environment import EnvironmentContext

    script = script_of(config)
    with EnvironmentContext(config, script, fn=function, as_sql=False, dont_mutate=True):
        script.run_env()


def metadatas(context: MigrationContext) -> list[Any]:
    """Return the models' MetaData objects as a list."""
    found = context.opts.get("target_metadata")
    if found is None:
        raise LookupError("env.py sets no target_metadata, so Alembic cannot compare models with the database")
    return list(found) if isinstance(found, (list, tuple)) else [found]


def listed(found: Any) -> list[str]:
    """Return Alembic's "none, one or several revisions" as a list."""
    if isinstance(found, (list, tuple)):
        return list(found)
    return [found] if found else []


class EnvironmentRuns:
    """What env.py did: once for each database (or schema) that it runs the migrations on, in its order."""

    def __init__(self, verb: str) -> None:
        self.verb = verb
        self.seen: list[dict[str, Any]] = []

    def note(self, context: MigrationContext, **facts: Any) -> None:
        """Keep a pass: its database and version table, and what the caller found."""
        self.seen.append(
            {
                "database": database_of(context),
                "version_table": context.version_table,
                "version_table_schema": context.version_table_schema,
                **facts,
            }
        )

    def must(self) -> list[dict[str, Any]]:
        """Return the passes. Raises LookupError when there was none: then nothing was looked at."""
        if not self.seen:
            raise LookupError("env.py ended without %s: it never called run_migrations()" % self.verb)
        return self.seen


def standing(config: Config) -> dict[str, Any]:
    """Return where each database stands, and what its version table is called."""
    passes = EnvironmentRuns("running the migrations")

    def look(heads: Any, context: Any) -> list[Any]:
        passes.note(context, current=listed(heads))
        return []

    in_environment(config, look)
    return {"passes": passes.must()}


def database_of(context: MigrationContext) -> str:
    """Name the database that a pass works on."""
    from sqlalchemy import text

    connection: Any = context.connection
    return str(connection.execute(text("SELECT pg_catalog.current_database()")).scalar())
