"""What the user is told to do about an error from the application's side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrations_tools.inapp.advice import Advice
from migrations_tools.sandbox.compose import one_off
from migrations_tools.sandbox.local import embedded, existing

COMPOSE, EMBEDDED, SERVER = (
    replace(each, mending="pip install {}".format) for each in (one_off.ADVICE, embedded.ADVICE, existing.ADVICE)
)
REVISION = {"revision": "0007", "revision_file": "0007_name.py:12"}


@pytest.mark.parametrize(
    ("advice", "error", "said"),
    [
        pytest.param(
            EMBEDDED,
            {"type": "ModuleNotFoundError", "module": "geoalchemy2.types"},
            "The Python that Alembic runs in has no geoalchemy2. To mend it: pip install geoalchemy2",
            id="a package is missing",
        ),
        pytest.param(
            EMBEDDED,
            {"sqlstate": "0A000", "message": 'extension "postgis" is not available', **REVISION},
            "The temp server does not have the extension postgis: use the engine `compose`",
            id="since PostgreSQL 15",
        ),
        pytest.param(
            COMPOSE,
            {"sqlstate": "58P01", "message": 'could not open extension control file "/usr/share/x.control"'},
            "The temp server does not have the extension",
            id="before PostgreSQL 15",
        ),
        pytest.param(
            SERVER,
            {"sqlstate": "42501", "message": 'permission denied to create extension "pg_cron"', **REVISION},
            "The role owns its database and is no superuser, and pg_cron wants one:",
            id="no superuser",
        ),
        pytest.param(
            EMBEDDED,
            {
                "sqlstate": "42501",
                "message": 'permission denied to create event trigger "watch"',
                "hint": "Must be superuser to create an event trigger.",
                **REVISION,
            },
            "Revision 0007 (0007_name.py:12) wants a superuser, and the role owns its database and is none: set"
            " `database_superuser: true`",
            id="an event trigger",
        ),
        pytest.param(
            EMBEDDED,
            {"sqlstate": "42P01", "message": 'relation "users" does not exist', **REVISION},
            "The history cannot be replayed from nothing: revision 0007 (0007_name.py:12) wants",
            id="no such table",
        ),
        pytest.param(
            EMBEDDED,
            {"sqlstate": "23505", "message": "duplicate key", **REVISION},
            "Look at revision 0007 (0007_name.py:12). Nothing was written into the project",
            id="another error",
        ),
        pytest.param(
            EMBEDDED,
            {"type": "OperationalError", "sqlstate": "28P01", "message": "password authentication failed"},
            "Alembic could not connect.",
            id="no entry",
        ),
        pytest.param(
            COMPOSE,
            {"type": "NeverReachedAlembic", "message": "the command ended"},
            "The setting `alembic_command` must be a command that ends up in Alembic",
            id="not Alembic",
        ),
    ],
)
def test_an_error_comes_with_what_to_do(advice: Advice, error: dict[str, str], said: str) -> None:
    assert advice.on(error).startswith(said)


@pytest.mark.parametrize("error", [{"type": "ValueError", "message": "x"}, {"sqlstate": "42P01", "message": "x"}])
def test_what_nothing_is_known_about_gets_no_advice(error: dict[str, str]) -> None:
    assert EMBEDDED.on(error) == ""
