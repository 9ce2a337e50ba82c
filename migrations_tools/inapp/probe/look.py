"""Where env.py leads, found out without opening a connection to anywhere else than to where it is to lead."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .channel import ChannelClosed
from .configuration import make_config
from .environment import standing
from .error_values import describe_error
from .gate import GATE
from .variable_reads import names_missing, names_read, values_that_fit

if TYPE_CHECKING:
    from alembic.config import Config

    from .channel import Talk

_DRIVERS = ("psycopg", "psycopg2", "asyncpg", "pg8000")


def do_look(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Run env.py with no way to any database but that of `only`; say where it wanted to go, and what it read.

    `only` is an address; an empty one lets nothing through. An error of env.py's is part of the answer.
    """
    GATE.only = request["only"]
    error: dict[str, str] | None = None
    missing: list[str] = []
    options: list[str] = []
    try:
        config = make_config(request, "current")
        options = _urls(config)
        standing(config)
    except ChannelClosed:
        raise
    except BaseException as raised:  # env.py may call sys.exit()
        error, missing = describe_error(raised), names_missing(raised)
    return {
        "led": GATE.led,
        "opened": GATE.reached,
        "error": None if GATE.led else error,
        "missing": missing,
        "fitting": values_that_fit(missing),
        "read": names_read(),
        "options": options,
        "drivers": [name for name in _DRIVERS if find_spec(name)],
    }


def _urls(config: Config) -> list[str]:
    """Return the options of the configuration's section that may say where the database is."""
    section = config.config_ini_section
    known = config.file_config.items(section, raw=True) if config.file_config.has_section(section) else []
    return list(dict.fromkeys(["sqlalchemy.url", *(name for name, value in known if "://" in value)]))
