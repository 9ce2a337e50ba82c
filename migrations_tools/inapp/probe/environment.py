"""The Alembic environment: its history, and env.py run with a function in the migrations' place."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory


def script_of(config: Config) -> ScriptDirectory:
    """Return the history of revision files.

    Where env.py itself says in which folders they are, it is run for it, with nothing to do. So it is once before the
    first of them is read where they import more than Alembic and SQLAlchemy: with `alembic upgrade` too env.py comes
    first, and it may say where their modules are, or import these in the only order in which that works.
    """
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    moved = isinstance(ScriptDirectory.__dict__["_version_locations"], property)
    again = str(script.dir) in _HAVE_RUN
    if (_says_where(script) and not moved) or (not again and _import_more(locations(script))):
        _HAVE_RUN.add(str(script.dir))
        with _nothing_to_do(config, script):
            script.run_env()
    return script


_HAVE_RUN: set[str] = set()
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)
_USUAL = frozenset({b"alembic", b"sqlalchemy", *(name.encode() for name in getattr(sys, "stdlib_module_names", ()))})


def _nothing_to_do(config: Config, script: ScriptDirectory) -> EnvironmentContext:
    from alembic.runtime.environment import EnvironmentContext

    return EnvironmentContext(config, script, fn=lambda _heads, _context: [], as_sql=False, dont_mutate=True)


def _says_where(script: ScriptDirectory) -> bool:
    path = os.path.join(str(script.dir), "env.py")
    return os.path.isfile(path) and b"version_locations" in _bytes(path)


def _import_more(folders: Sequence[str]) -> bool:
    """Return whether a revision file imports what neither Alembic nor SQLAlchemy nor Python brings."""
    files = (os.path.join(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names)
    return any(not _USUAL.issuperset(_IMPORT.findall(_bytes(path))) for path in files if path.endswith(".py"))


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


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
    own, plain = ScriptDirectory.__dict__["_version_locations"], vars(ScriptDirectory).get("version_locations")
    ScriptDirectory._version_locations = property(lambda _script: found)  # type: ignore[assignment]
    # Before 1.16 Alembic takes one folder, however many those are, where the configuration has named none.
    ScriptDirectory.version_locations = property(lambda _script: found, _keep)  # type: ignore[assignment]
    try:
        yield
    finally:
        ScriptDirectory._version_locations = own  # type: ignore[method-assign]
        if plain is None:
            del ScriptDirectory.version_locations  # type: ignore[misc]
        else:
            ScriptDirectory.version_locations = plain


def _keep(script: ScriptDirectory, given: Any) -> None:
    """Keep what a history made meanwhile is told, for afterwards."""
    script.__dict__["version_locations"] = given


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


def default_schema(context: MigrationContext) -> str:
    """Name the schema that search_path leads to: what names none goes there, and reflection names none for it."""
    return str(context.dialect.default_schema_name or "public")


def database_of(context: MigrationContext) -> str:
    """Name the database that a pass works on."""
    from sqlalchemy import text

    connection: Any = context.connection
    return str(connection.execute(text("SELECT pg_catalog.current_database()")).scalar())
