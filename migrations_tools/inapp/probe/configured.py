"""What env.py tells Alembic, completed: with modules that it does not import, and the default schema by its name."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TYPE_CHECKING, Any

from .environment import default_schema
from .model_modules import tables_of_modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.runtime.migration import MigrationContext

# The tables that came into a metadata of env.py's that way, by module.
TAKEN_IN: dict[str, set[tuple[int, str]]] = {}


class NotTakenIn(ImportError):
    """A module that the user names cannot be imported."""


def keyed(metadata: Any) -> dict[tuple[int, str], Any]:
    """Return the tables of a metadata by a key that is theirs among all metadata."""
    return {(id(metadata), str(key)): table for key, table in metadata.tables.items()}


@contextlib.contextmanager
def configured(names: Sequence[str], forgiving: bool) -> Iterator[None]:
    """Complete what env.py tells Alembic, for the time of the block.

    Modules are imported when env.py has told its metadata, which gets theirs too; with `forgiving`, one that cannot be
    imported is passed over. Its include_name is asked for the default schema by that one's name as well; Alembic's own
    table is none that it compares.
    """
    from alembic.runtime.environment import EnvironmentContext

    own = EnvironmentContext.configure

    def configure(self: Any, *arguments: Any, **options: Any) -> None:
        own(self, *arguments, **options)
        context = self.get_context()
        if context.opts.get("include_name"):
            context.opts["include_name"] = _by_either_name(context.opts["include_name"], default_schema(context))
        context.opts["include_object"] = _without_version_table(context.opts.get("include_object"), context)
        if context.opts.get("target_metadata") is not None:
            for name in names:
                context.opts["target_metadata"] = _with_module(name, context.opts["target_metadata"], forgiving)

    EnvironmentContext.configure = configure  # type: ignore[method-assign]
    try:
        yield
    finally:
        EnvironmentContext.configure = own  # type: ignore[method-assign]


def _by_either_name(include_name: Any, default: str) -> Any:
    """Return an include_name for which the default schema, for which Alembic says None, is included by its name too."""

    def include(name: Any, kind: str, parents: Any) -> bool:
        if kind == "schema" and name is None:
            return bool(include_name(None, kind, parents) or include_name(default, kind, parents))
        return bool(include_name(name, kind, parents))

    return include


def _without_version_table(include_object: Any, context: MigrationContext) -> Any:
    """Return an include_object that leaves out Alembic's own table, also where search_path leads to it."""

    def include(thing: Any, name: Any, kind: str, reflected: bool, other: Any) -> bool:
        alone = kind == "table" and reflected and other is None and name == context.version_table
        if alone and thing.schema in (None, context.version_table_schema):
            return False
        return bool(include_object is None or include_object(thing, name, kind, reflected, other))

    return include


def _with_module(name: str, given: Any, forgiving: bool) -> Any:
    """Return what env.py gives with a module's tables among it."""
    known = list(given) if isinstance(given, (list, tuple)) else [given]
    before = {key for each in known for key in keyed(each)}
    is_new = name not in sys.modules
    try:
        importlib.import_module(name)
    except Exception as error:
        if forgiving:
            return given
        why = "%s: %s" % (type(error).__name__, error)
        raise NotTakenIn("%s (`--import` or the setting `imports`) cannot be imported: %s" % (name, why)) from error
    for home, _holder, table in tables_of_modules():
        if home == name and not any(table.metadata is each for each in known):
            _take_in(table, known)
    if is_new:
        TAKEN_IN[name] = {key for each in known for key in keyed(each)} - before
    return known if len(known) > 1 else given


def _take_in(table: Any, known: list[Any]) -> None:
    """Add a table's metadata, or, where env.py gives copies of that one's tables, a copy of the table."""
    names = {str(each.name) for metadata in known for each in metadata.tables.values()}
    if names.isdisjoint(str(each.name) for each in table.metadata.tables.values()):
        known.append(table.metadata)
    elif str(table.name) not in names:
        table.to_metadata(known[0])
