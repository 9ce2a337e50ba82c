"""Makes the probe's modules importable out of the document that they came in, and starts what it asks for."""

from __future__ import annotations

import gc
import importlib.abc
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PACKAGE = "migrations_tools_probe"
# What Alembic, SQLAlchemy and the models import stays to the end; with Python's own first threshold of some hundred
# objects, looking through it again and again is a seventh of the start.
_OBJECTS = 50_000


class FromDocument(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the probe's modules, whose sources are in memory."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of the package, None for everybody else's."""
        package, _, module = name.partition(".")
        if package != PACKAGE or (module or "__init__") not in self.sources:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=not module)

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's source in its namespace."""
        name = module.__name__.partition(".")[2] or "__init__"
        exec(compile(self.sources[name], "<migrations_tools probe: %s>" % name, "exec"), module.__dict__)  # noqa: S102


def start(document: dict[str, Any]) -> None:
    """Answer requests here, or start the program in which they are to be answered."""
    gc.set_threshold(_OBJECTS)
    sys.meta_path.insert(0, FromDocument(document["modules"]))
    if document.get("command"):
        from migrations_tools_probe import bridge  # type: ignore[import-not-found]

        bridge.main(document)
    else:
        from migrations_tools_probe import serve

        sys.dont_write_bytecode = True  # nothing of ours stays in the project
        serve.main()
