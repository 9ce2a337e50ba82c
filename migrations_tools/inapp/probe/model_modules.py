"""The modules that define the models: those that env.py imports, those of another tree, those that it leaves out."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import re
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from . import configuration
from .configuration import find_config, make_config
from .environment import in_environment, metadatas
from .requests import do_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .channel import Talk

_INSTALLED = ("site-packages", "dist-packages")
_DEFINES_A_TABLE = re.compile(r"__tablename__|\bTable\(|\btable\s*=\s*True|__table__")
_NOT_MODELS = re.compile(r"(^|\.)(tests?|conftest|__main__|migrations|alembic|versions)(\.|$)|(^|\.)test_")


class AnotherTree(Exception):
    """The models did not come from the tree that was handed over."""


# --- the models of another tree ------------------------------------------------------------------------------------


def do_base(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Create the schema of other models than the project's own: those of the files in `tree`, by their path.

    `config` is the configuration's path inside the tree. The process must not have imported the application before.
    Raises AnotherTree when the models come from elsewhere all the same.
    """
    if configuration.ProgramConfig.config is not None:
        raise AnotherTree("a command of the project's own starts Alembic, and has imported the models already")
    found = os.path.realpath(find_config(request["config"]))
    own, inside = _own_root(found, request["inside"])
    with tempfile.TemporaryDirectory() as folder:
        tree = os.path.realpath(folder)
        _lay(request["tree"], inside, tree)
        with _moved(own, tree):
            moved = os.path.join(tree, os.path.relpath(found, own))
            answer = do_metadata({**request, "config": [moved]}, talk)
            _check_origin(tree, own)
    return answer


def _own_root(config: str, path: str) -> tuple[str, str]:
    """Return the application's folder here, and the folder of the tree that is its counterpart.

    Both hold the configuration; as much of its path as is the same on both sides is inside of both.
    """
    here, there = config.split(os.sep), path.split("/")
    while here and there and here[-1] == there[-1]:
        here.pop()
        there.pop()
    return os.sep.join(here) or os.sep, "/".join(there)


def _lay(files: dict[str, str], inside: str, tree: str) -> None:
    prefix = inside + "/" if inside else ""
    for name, text in files.items():
        path = os.path.realpath(os.path.join(tree, *name[len(prefix) :].split("/")))
        if name.startswith(prefix) and path.startswith(tree + os.sep):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


@contextlib.contextmanager
def _moved(own: str, tree: str) -> Iterator[None]:
    """Work in the tree: what pointed into the application's folder points there."""
    start, path = configuration.START, list(sys.path)
    configuration.START = _there(start, own, tree)
    sys.path[:] = [_there(each, own, tree) if each else each for each in path]
    os.chdir(configuration.START if os.path.isdir(configuration.START) else tree)
    try:
        yield
    finally:
        os.chdir(start)
        configuration.START = start
        sys.path[:] = path


def _there(path: str, own: str, tree: str) -> str:
    real = os.path.realpath(path)
    if any(part in real.split(os.sep) for part in _INSTALLED) or real == os.sep:
        return path
    inside = real == own or real.startswith(own.rstrip(os.sep) + os.sep)
    return os.path.normpath(os.path.join(tree, os.path.relpath(real, own))) if inside else path


def _check_origin(tree: str, own: str) -> None:
    files = {name: os.path.realpath(_file(name)) for name in defining() if _file(name)}
    here = [name for name, path in files.items() if path.startswith(tree + os.sep)]
    away = [
        name
        for name, path in files.items()
        if name not in here and not any(part in path.split(os.sep) for part in _INSTALLED)
    ]
    if away:
        raise AnotherTree("the module %s comes from %s" % (away[0], files[away[0]]))
    if not here:
        raise AnotherTree("no model was imported from the files of the base branch (they are not in %s)" % own)


def _file(module: str) -> str:
    return getattr(sys.modules.get(module), "__file__", None) or ""


# --- the modules that define tables ---------------------------------------------------------------------------------


def defining() -> dict[str, list[str]]:
    """Return the imported modules that define tables, with the tables' keys."""
    from sqlalchemy import Table

    found: dict[str, list[str]] = {}
    for name, module in list(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            table = value if isinstance(value, Table) else None
            if isinstance(value, type) and value.__module__ == name:
                table = value.__dict__.get("__table__")
            if isinstance(table, Table) and str(table.key) not in found.setdefault(name, []):
                found[name].append(str(table.key))
    return {name: keys for name, keys in found.items() if keys and not name.startswith("sqlalchemy.")}


def do_unimported(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Import the modules beside the models that define tables too; say which tables come with which.

    Comes back as `tables` (schema, name, module) and `failed` (module, error). The process serves nothing else after.
    """
    seen: list[Any] = []

    def look(_heads: Any, context: Any) -> list[Any]:
        seen.extend(metadatas(context))
        return []

    in_environment(make_config(request, "current"), look)
    before = {id(metadata): set(metadata.tables) for metadata in seen}
    failed = [[name, error] for name in _candidates(seen) for error in _import(name)]
    homes = {key: name for name, keys in sorted(defining().items(), reverse=True) for key in keys}
    found = [
        [table.schema, table.name, homes.get(str(key), "")]
        for metadata in seen
        for key, table in metadata.tables.items()
        if key not in before[id(metadata)]
    ]
    return {"tables": [item for item in found if item[2]], "failed": failed}


def _import(name: str) -> Iterator[str]:
    try:
        importlib.import_module(name)
    except (Exception, SystemExit) as error:
        yield "%s: %s" % (type(error).__name__, error)


def _candidates(found: Sequence[Any]) -> list[str]:
    """Name the modules, not imported yet, that may define tables of these MetaData objects."""
    names = set()
    for home in _homes(found):
        package = home.partition(".")[0]
        path = getattr(sys.modules.get(package), "__path__", None)
        if path is not None:
            names |= set(_below(list(path), package + "."))
        elif _file(package):
            names |= set(_below([os.path.dirname(_file(package))], "", deep=False))
    return sorted(name for name in names if name not in sys.modules)


def _homes(found: Sequence[Any]) -> set[str]:
    """Name the modules that hold the MetaData, a base class of it, or tables; not those of installed packages."""
    homes = set(defining())
    for name, module in list(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if any(value is each or (isinstance(value, type) and _metadata(value) is each) for each in found):
                homes.add(name)
    return {name for name in homes if _file(name) and not any(part in _file(name) for part in _INSTALLED)}


def _metadata(kind: type) -> Any:
    return next((each.__dict__["metadata"] for each in kind.__mro__ if "metadata" in each.__dict__), None)


def _below(path: list[str], prefix: str, deep: bool = True) -> Iterator[str]:
    """Name the modules under these folders whose text defines a table; nothing is imported for that."""
    for item in pkgutil.iter_modules(path, prefix):
        if _NOT_MODELS.search(item.name):
            continue
        where = os.path.join(getattr(item.module_finder, "path", ""), item.name.rpartition(".")[2])
        if item.ispkg and deep:
            yield from _below([where], item.name + ".")
        file = os.path.join(where, "__init__.py") if item.ispkg else where + ".py"
        if os.path.isfile(file) and _defines_a_table(file):
            yield item.name


def _defines_a_table(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:
        return _DEFINES_A_TABLE.search(file.read()) is not None
