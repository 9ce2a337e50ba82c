"""Inside a program of the project's own: watches its connections, and takes over where it enters `alembic.command`.

Python imports this at its start, by way of a `sitecustomize` on PYTHONPATH that `bridge` has written. Nothing heavy
is imported before the program itself imports it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from . import variable_reads
from .building import is_building, when_it_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import NoReturn

WISHES, SEEN, REQUESTS, ANSWERS = "wishes.json", "seen.jsonl", "requests", "answers"
# These make a new environment, and have no configuration to take over.
_NOT_OURS = frozenset({"init", "list_templates"})


def install(folder: str) -> None:
    """Watch the imports of this process, for what the file of wishes says."""
    with open(os.path.join(folder, WISHES), encoding="utf-8") as file:
        wishes = json.load(file)
    if wishes["take_over"]:
        variable_reads.install()
    after: dict[str, Callable[[ModuleType], None]] = {"sqlalchemy": lambda _: _watch(folder, wishes)}
    if wishes["take_over"]:
        after["alembic.command"] = lambda module: _wrap_all(module, folder, frozenset(wishes.get("files") or ()))
    sys.meta_path.insert(0, AfterImport(after))


def import_the_next(folder: str) -> None:
    """Import the `sitecustomize` that ours stands before, where the machine has one."""
    ours, path = sys.modules.pop("sitecustomize", None), list(sys.path)
    sys.path[:] = [each for each in path if os.path.abspath(each) != folder]
    try:
        importlib.import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        if ours is not None:
            sys.modules["sitecustomize"] = ours
    finally:
        sys.path[:] = path


class AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function with a module once it has been imported, by the module's name."""

    def __init__(self, after: dict[str, Callable[[ModuleType], None]]) -> None:
        self.after = after

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's own spec, with a loader that calls the function at the end."""
        function = self.after.pop(name, None)  # asked again by the line below, it is nobody's
        spec = importlib.util.find_spec(name) if function else None
        if spec is not None and spec.loader is not None and function is not None:
            spec.loader = _Loader(spec.loader, function)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, own: Any, function: Callable[[ModuleType], None]) -> None:
        self._own = own
        self._function = function

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        found: ModuleType | None = self._own.create_module(spec)
        return found

    def exec_module(self, module: ModuleType) -> None:
        self._own.exec_module(module)
        self._function(module)


# --- the gate ----------------------------------------------------------------------------------------------------


def _watch(folder: str, wishes: dict[str, Any]) -> None:
    """Put the gate up as soon as SQLAlchemy is there, and write down what it sees."""
    from .gate import GATE

    path = os.path.join(folder, SEEN)

    def write(sort: str, words: str) -> None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({sort: words}) + "\n")

    GATE.tell = write
    GATE.begin(wishes["token"], wishes.get("databases"))
    GATE.install()
    _note_create_all(write)


def _note_create_all(write: Callable[[str, str], None]) -> None:
    """Write down when SQLAlchemy is asked to make all tables of the models."""
    from sqlalchemy import MetaData

    own = MetaData.create_all

    @functools.wraps(own)
    def create_all(self: Any, bind: Any, *arguments: Any, **options: Any) -> None:
        if self.tables:
            write("created", str(len(self.tables)))
        own(self, bind, *arguments, **options)

    MetaData.create_all = create_all  # type: ignore[method-assign]


# --- taking over -------------------------------------------------------------------------------------------------


def _wrap_all(module: ModuleType, folder: str, files: frozenset[str]) -> None:
    """Put ourselves before every command of Alembic that is given a Config."""
    for name, function in list(vars(module).items()):
        own = inspect.isfunction(function) and function.__module__ == module.__name__
        if own and not name.startswith("_") and name not in _NOT_OURS:
            setattr(module, name, _wrapped(function, folder, files))


def _wrapped(function: Callable[..., Any], folder: str, files: frozenset[str]) -> Callable[..., Any]:
    def instead(config: Any, *arguments: Any, **options: Any) -> Any:
        from .configuration import ProgramConfig

        # Where we are the one who calls, and where it is another history.
        if ProgramConfig.config is not None or not _is_meant(config, files):
            return function(config, *arguments, **options)
        if not is_building():
            return _take_over(config, folder)
        when_it_ends(lambda: _take_over(config, folder))
        try:
            return function(config, *arguments, **options)
        except Exception as error:  # asked for it once more, it says so where it can be told with its revision
            print("%s: %s" % (type(error).__name__, error), file=sys.stderr)  # noqa: T201 - the program's own
            return _take_over(config, folder)

    return _with_the_parameters_of(function, instead)


def _is_meant(config: Any, files: frozenset[str]) -> bool:
    """Return whether a Config leads to revision files of the project's own history; every one does before the first."""
    from alembic.util.exc import CommandError

    from .environment import locations, script_of

    try:
        folders = locations(script_of(config))
    except CommandError:  # it tells the program, or whoever takes over
        return True
    found = {name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)}
    return not files or not files.isdisjoint(found)


def _with_the_parameters_of(function: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that takes what the first one takes and calls the second.

    Alembic makes its command line out of the parameters that it finds in a function's code; a signature that is only
    claimed does not count there.
    """
    spec = inspect.getfullargspec(function)
    taken = ", ".join([*spec.args, *(["*"] if spec.kwonlyargs else []), *spec.kwonlyargs])
    passed = ", ".join([*spec.args, *("%s=%s" % (name, name) for name in spec.kwonlyargs)])
    made: dict[str, Any] = {"instead": instead}
    exec("def standing_in(%s): return instead(%s)" % (taken, passed), made)  # noqa: S102 - names of parameters
    found: Any = functools.update_wrapper(made["standing_in"], function)
    found.__defaults__, found.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return found  # type: ignore[no-any-return]


def _take_over(config: Any, folder: str) -> NoReturn:
    """Answer requests from here on, with the program's Config; the program itself goes no further."""
    from .channel import over_pipes
    from .configuration import ProgramConfig
    from .gate import GATE
    from .serve import answer_all

    ProgramConfig.config = config
    GATE.release()  # what the program has opened leads to one database, whatever a request says
    answer_all(over_pipes(os.path.join(folder, REQUESTS), os.path.join(folder, ANSWERS)))
    os._exit(0)
