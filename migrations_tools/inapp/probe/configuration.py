"""Alembic's Config, as its own command line would make it."""

from __future__ import annotations

import copy
import inspect
import io
import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .led_address import temp_database

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from alembic.config import Config

START = os.getcwd()  # where the application starts; requests begin and end there


def find_config(candidates: Sequence[str]) -> str:
    """Return the path of the first candidate that exists, seen from the working folder upwards.

    A `pyproject.toml` counts when it configures Alembic. Raises FileNotFoundError when there is none.
    """
    for name in candidates:
        for folder in _upwards(START):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and _configures(path):
                return path
    raise FileNotFoundError("no Alembic configuration (%s) in %s or above it" % (", ".join(candidates), START))


def _configures(path: str) -> bool:
    if os.path.basename(path) != "pyproject.toml":
        return True
    with open(path, encoding="utf-8") as file:
        return "[tool.alembic" in file.read()


class ProgramConfig:
    """The Config of a program of the project's own, which has entered `alembic.command` with it."""

    config: Config | None = None


def make_config(request: dict[str, Any], *words: str) -> Config:
    """Return Alembic's Config for these words of its command line, which go nowhere in print.

    `env.py` finds the command's options in `config.cmd_opts`, as Alembic's cookbook has it.
    """
    options = _parser().parse_args(words)
    config = _like(ProgramConfig.config, options) if ProgramConfig.config else _from_file(request, options)
    options_given = {**(temp_database().get("options") or {}), **(request.get("options") or {})}
    for key, value in options_given.items():
        config.set_main_option(key, value.replace("%", "%%"))
    return config


@lru_cache(maxsize=None)
def _parser() -> argparse.ArgumentParser:
    """Return the parser of Alembic's command line; making it takes longer than most requests."""
    from alembic.config import CommandLine

    return CommandLine("alembic").parser


def _like(given: Config, options: argparse.Namespace) -> Config:
    """Return a copy of a program's own Config, for one request: what it and env.py change does not stay.

    A connection that the program handed over leads to one database and may be in use: another of its engine takes
    its place, which goes through the gate again.
    """
    from sqlalchemy.engine import Connection

    config = copy.copy(given)
    config.stdout = io.StringIO()
    config.__dict__["file_config"] = copy.deepcopy(given.file_config)
    attributes = dict(given.attributes)
    for name, value in attributes.items():
        if isinstance(value, Connection):
            attributes[name] = value.engine.connect()
    config.__dict__["attributes"] = attributes
    for name in ("x", "tag"):
        if getattr(given.cmd_opts, name, None):
            setattr(options, name, getattr(given.cmd_opts, name))
    config.cmd_opts = options
    return config


def _from_file(request: dict[str, Any], options: argparse.Namespace) -> Config:
    """Make the Config as Alembic's command line would, and go where its paths count from."""
    from alembic.config import Config

    path = find_config(request["config"])
    folder = os.path.dirname(path)
    given: dict[str, Any] = {"stdout": io.StringIO(), "cmd_opts": options}
    toml = os.path.join(folder, "pyproject.toml")
    # Alembic 1.16 and newer read both files, each for what it holds.
    if "toml_file" in inspect.signature(Config.__init__).parameters and os.path.isfile(toml):
        given["toml_file"] = toml
    if request.get("section"):
        given["ini_section"] = options.name = request["section"]
    config = Config(path if path != toml else os.path.join(folder, "alembic.ini"), **given)
    _go(folder, config)
    return config


def _go(folder: str, config: Config) -> None:
    """Change to the folder that relative paths count from, and have Python find what is in it and where we started.

    That is where the application starts if the `script_location` is found from there (`alembic -c api/alembic.ini` with
    `script_location = api/migrations`), else the configuration's own, else one above it. Python looks there last, as
    with the program `alembic`: what the configuration wants first (`prepend_sys_path`), Alembic itself puts first.
    """
    read = getattr(config, "get_alembic_option", config.get_main_option)
    location = read("script_location") or ""
    parts = [location] if os.path.isabs(location) else location.split(":")
    if len(parts) > 1:  # package.inner:folder
        parts[0] = parts[0].replace(".", os.sep)
    found = next((each for each in [START, *_upwards(folder)] if _holds(each, parts)), folder)
    os.chdir(folder if len(parts) > 1 or os.path.isabs(location) else found)
    for each in ("", START, found):
        if each not in sys.path:
            sys.path.append(each)


def _holds(folder: str, parts: Sequence[str]) -> bool:
    return os.path.isfile(os.path.join(folder, *parts, "env.py"))


def _upwards(folder: str) -> list[str]:
    folders = [folder]
    while os.path.dirname(folders[-1]) != folders[-1]:
        folders.append(os.path.dirname(folders[-1]))
    return folders
