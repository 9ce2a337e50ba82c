"""The modules that define the models: those that env.py imports, those of another tree."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from . import configuration
from .configuration import find_config
from .model_sources import INSTALLED
from .requests import do_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .channel import Talk


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
    if any(part in real.split(os.sep) for part in INSTALLED) or real == os.sep:
        return path
    inside = real == own or real.startswith(own.rstrip(os.sep) + os.sep)
    return os.path.normpath(os.path.join(tree, os.path.relpath(real, own))) if inside else path


def _check_origin(tree: str, own: str) -> None:
    files = {name: os.path.realpath(module_file(name)) for name, *_ in tables_of_modules() if module_file(name)}
    here = [name for name, path in files.items() if path.startswith(tree + os.sep)]
    away = [
        name
        for name, path in files.items()
        if name not in here and not any(part in path.split(os.sep) for part in INSTALLED)
    ]
    if away:
        raise AnotherTree("the module %s comes from %s" % (away[0], files[away[0]]))
    if not here:
        raise AnotherTree("no model was imported from the files of the base branch (they are not in %s)" % own)


def module_file(name: str) -> str:
    """Return the file of an imported module; empty where it has none."""
    return getattr(sys.modules.get(name), "__file__", None) or ""


# --- the modules that define tables ---------------------------------------------------------------------------------


def tables_of_modules() -> Iterator[tuple[str, str, Any]]:
    """Yield the tables that imported modules hold: module, what it calls them, and the table.

    A class's table comes with the class's own module alone.
    """
    from sqlalchemy import Table

    for name, module in sorted(sys.modules.items()):
        for holder, value in list(getattr(module, "__dict__", {}).items()):
            table = value if isinstance(value, Table) else None
            if isinstance(value, type) and value.__module__ == name:
                table = value.__dict__.get("__table__")
            if isinstance(table, Table) and not name.startswith("sqlalchemy."):
                yield name, holder, table


def is_projects(module: str) -> bool:
    """Return whether a module is the project's own, and not an installed package's."""
    path = module_file(module)
    return bool(path) and not any(part in path.split(os.sep) for part in INSTALLED)


def metadata_of(kind: type) -> Any:
    """Return the metadata of a declarative class; None for any other class."""
    return next((each.__dict__["metadata"] for each in kind.__mro__ if "metadata" in each.__dict__), None)
