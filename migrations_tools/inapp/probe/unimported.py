"""The project's tables that env.py does not know of: looked for in its sources and in the modules it leaves out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from .configuration import make_config
from .configured import TAKEN_IN, keyed
from .environment import in_environment, metadatas
from .model_modules import is_projects, metadata_of, module_file, tables_of_modules
from .model_sources import INSTALLED, UNNAMED, is_environment, sources_below
from .own_process import import_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .channel import Talk
    from .model_sources import ModelSource


def do_unimported(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Look for the project's tables that are in no metadata which env.py gives to Alembic.

    `sections` are those of the configuration: what env.py gives with one of them is known. Comes back as `tables`
    (schema, name, module, how the module names its metadata) and `failed` (module, error): modules that show another
    table, and cannot be imported.
    """
    wanted = request.get("imports") or ()
    known = _Known([key for name, keys in TAKEN_IN.items() if name not in wanted for key in keys])
    for section in request.get("sections") or [request.get("section")]:
        config = make_config({**request, "section": section}, "current")
        in_environment(config, known.note)
    homes = known.homes()
    path = str(config.config_file_name or "")
    sources = [each for root in _roots(homes) for each in _beside(root, homes, path, known)]
    names = [each.module for each in sources if each.is_application]
    names += [each.module for each in sources if not each.is_application]
    if not any(each.tables for each in sources):
        # What env.py imports may lie in a metadata that it does not give.
        return {"tables": known.strangers(sources, {}), "failed": []}
    if not hasattr(os, "fork"):
        failed = dict.fromkeys(names, "modules are imported in a fork, which this system does not have")
        return {"tables": known.strangers(sources, {}), "failed": known.unasked(sources, failed, [])}
    found, failed = import_aside(names, lambda importing: _looked(known, sources, importing), talk)
    return {"tables": found, "failed": known.unasked(sources, failed, found)}


def _looked(known: _Known, sources: Sequence[ModelSource], importing: Callable[[], Iterator[str]]) -> list[list[Any]]:
    """Import one module after the other; return the tables that nobody knows, with where they come from."""
    came: dict[Any, str] = {}
    for name in importing():
        for table in known.new_tables(known.metadatas):
            came.setdefault(table, name)
    return known.strangers(sources, came)


class _Known:
    """What env.py gives to Alembic: its metadata, their tables, and what it has Alembic leave out."""

    def __init__(self, taken_in: Sequence[tuple[int, str]]) -> None:
        """Begin with no run of env.py; tables that another request has taken in beside it are none of its own."""
        self.taken_in = set(taken_in)
        self.metadatas: list[Any] = []
        self.filters: list[Any] = []
        self.keys: set[tuple[int, str]] = set()
        self.names: set[str] = set()

    def note(self, _heads: Any, context: Any) -> list[Any]:
        """Take what one of env.py's runs gives."""
        from alembic.autogenerate.api import AutogenContext
        from sqlalchemy import MetaData

        self.filters.append(AutogenContext(context, metadata=MetaData(), autogenerate=False))
        for metadata in metadatas(context):
            if not self.is_given(metadata):
                self.metadatas.append(metadata)
            own = {key: table for key, table in keyed(metadata).items() if key not in self.taken_in}
            self.keys |= set(own)
            self.names |= {str(table.name) for table in own.values()}
        return []

    def is_given(self, metadata: Any) -> bool:
        """Return whether env.py gives this very metadata."""
        return any(metadata is each for each in self.metadatas)

    def new_tables(self, of: Iterable[Any]) -> Iterator[Any]:
        """Yield the tables that some metadata have now and no run of env.py knew.

        Of one that env.py does not give it may give copies, in other schemas: a table of the same name is known.
        """
        for metadata in of:
            for key, table in keyed(metadata).items():
                if key not in self.keys and (self.is_given(metadata) or str(table.name) not in self.names):
                    yield table

    def strangers(self, sources: Sequence[ModelSource], came: dict[Any, str]) -> list[list[Any]]:
        """Return the tables that nobody knows, each once: schema, name, module, and how the module names its metadata.

        The last is empty where it is one that env.py gives: then importing the module is enough.
        """
        homes = _homes(sources)
        own = {id(table.metadata): table.metadata for table in homes if not self.is_given(table.metadata)}
        found: dict[tuple[Any, str], list[Any]] = {}
        for table in self.new_tables([*self.metadatas, *own.values()]):
            home, holder = homes.get(table) or (came.get(table, ""), "")
            if home and not _is_aside(home) and self._is_asked_for(table):
                holder = "" if self.is_given(table.metadata) else holder
                found.setdefault((table.schema, str(table.name)), [table.schema, str(table.name), home, holder])
        return sorted(found.values(), key=lambda item: (item[2], item[1], item[0] or ""))

    def _is_asked_for(self, table: Any) -> bool:
        """Return whether env.py would have Alembic look at a table."""
        return any(each.run_object_filters(table, str(table.name), "table", False, None) for each in self.filters)

    def unasked(
        self, sources: Sequence[ModelSource], failed: dict[str, str], found: Sequence[Sequence[Any]]
    ) -> list[list[str]]:
        """Return the modules that failed and show a table which nobody knows."""
        known = self.names | {str(each[1]) for each in found}
        return [
            [each.module, failed[each.module]]
            for each in sources
            if each.module in failed and any(name == UNNAMED or name not in known for name in each.tables)
        ]

    def homes(self) -> dict[str, str]:
        """Return the project's modules that hold the metadata, a base class of it, or its tables; with their files."""
        found = {name for name, _, table in tables_of_modules() if self.is_given(table.metadata)}
        for name, value in _values():
            if self.is_given(value) or self.is_given(_metadata(value)):
                found.add(name)
        return {name: os.path.realpath(module_file(name)) for name in found if is_projects(name)}

    def naming_bases(self) -> set[str]:
        """Return the names of the base classes that name the tables of their children."""
        bases = {value for _name, value in _values() if isinstance(value, type)}
        bases |= {value.Model for _name, value in _values() if _is_flask_sqlalchemy(value)}
        return {
            kind.__name__
            for kind in bases
            if self.is_given(metadata_of(kind))
            and "__table__" not in vars(kind)
            and (any("__tablename__" in vars(each) for each in kind.__mro__) or hasattr(kind, "query_class"))
        }


def _homes(sources: Sequence[ModelSource]) -> dict[Any, tuple[str, str]]:
    """Return the project's module that each table is defined in, and the name that the table or its class has there."""
    shown = {(each.module, name) for each in sources for name in each.tables}
    homes: dict[Any, tuple[str, str]] = {}
    for module, holder, table in tables_of_modules():
        if is_projects(module) and (table not in homes or (module, table.name) in shown):
            homes[table] = (module, holder)
    return homes


def _values() -> Iterator[tuple[str, Any]]:
    """Yield what the modules of this process hold, with the module's name."""
    for name, module in sorted(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            yield name, value


def _metadata(value: Any) -> Any:
    if isinstance(value, type):
        return metadata_of(value)
    return value.metadata if _is_flask_sqlalchemy(value) else None


def _is_flask_sqlalchemy(value: Any) -> bool:
    return type(value).__name__ == "SQLAlchemy" and type(value).__module__.partition(".")[0] == "flask_sqlalchemy"


def _is_aside(module: str) -> bool:
    """Return whether a module is a test's or Alembic's own."""
    parts = module.split(".")
    return any(each in ("tests", "test", "conftest") or each.startswith("test_") for each in parts) or is_environment(
        os.path.dirname(module_file(module)) or os.curdir
    )


def _roots(homes: dict[str, str]) -> list[str]:
    """Return the folders that the homes' names count from."""
    found = set()
    for name, path in homes.items():
        parts = os.path.splitext(path)[0].split(os.sep)
        if parts[-1] == "__init__":
            parts.pop()
        depth = len(name.split("."))
        if parts[-depth:] == name.split("."):
            found.add(os.sep.join(parts[:-depth]) or os.sep)
    return sorted(found, key=len, reverse=True)


def _beside(root: str, homes: dict[str, str], config: str, known: _Known) -> Iterator[ModelSource]:
    """Yield the files below a folder that are not imported; what belongs to a deeper root has its name from there."""
    here = {os.path.realpath(module_file(name)) for name in list(sys.modules) if module_file(name)}
    deeper = [each for each in _roots(homes) if each != root and each.startswith(root.rstrip(os.sep) + os.sep)]
    for each in sources_below(root, list(homes.values()), config, known.naming_bases()):
        path = os.path.realpath(each.path)
        inside = any(path.startswith(other + os.sep) for other in deeper)
        installed = any(part in path.split(os.sep) for part in INSTALLED)
        if not (inside or installed or path in here or each.module in sys.modules):
            yield each
