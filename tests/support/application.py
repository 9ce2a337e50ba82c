"""The application's Python in the tests: this one, or another one with versions of its own (`nox -s matrix`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

PYTHON = os.environ.get("TEST_APPLICATION_PYTHON", "") or sys.executable
_ASK = """
import json, sys
from importlib.util import find_spec
import alembic, sqlalchemy

def has(name):
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False

print(json.dumps({
    "python": ".".join(map(str, sys.version_info[:3])), "alembic": alembic.__version__,
    "sqlalchemy": sqlalchemy.__version__, "modules": [name for name in sys.argv[1:] if has(name)],
}))
"""
_MODULES = (
    "alembic_postgresql_enum",
    "asyncpg",
    "flask_migrate",
    "greenlet",
    "pg8000",
    "psycopg",
    "psycopg2",
    "sqlmodel",
    "sqlalchemy.dialects.postgresql.psycopg",
)


@cache
def facts() -> dict[str, Any]:
    """Return the versions there, and which of the optional packages it has."""
    done = subprocess.run([PYTHON, "-c", _ASK, *_MODULES], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def has(module: str) -> bool:
    """Return whether a module can be imported there."""
    return module in facts()["modules"]


def version(package: str) -> tuple[int, int]:
    """Return the major and minor version of Alembic, SQLAlchemy or Python there."""
    major, minor = facts()[package].split(".")[:2]
    return int(major), int(minor)
