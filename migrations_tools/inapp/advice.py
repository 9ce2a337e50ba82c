"""What to do about an error that was raised inside the application's Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_EXTENSION = re.compile(r'extension(?: control file)? "(?P<name>[^"]+)"')
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_NOT_THERE = frozenset({"42P01", "42703", "42704", "42883", "3F000"})
# A table or a type of this name (SQLSTATE).
_THERE_ALREADY = ("42P07", "42710")
_NOT_AVAILABLE = frozenset({"0A000", "58P01"})
_NOT_ALLOWED = "42501"


@dataclass(frozen=True, slots=True)
class Advice:
    """What an engine says of errors where Alembic runs."""

    #: What to do where the server lacks an extension, and where the role may not create it.
    lacking: str = "install it"
    rights: str = "have a superuser create it"
    #: What would install a missing module there.
    mending: Callable[[str], str] | None = None

    def on(self, error: Mapping[str, Any]) -> str:
        """Return the advice on an error as the probe describes it; empty when there is none."""
        for advise in (
            self._module,
            self._extension,
            self._right,
            _attach,
            self._replay,
            _no_models,
            _idle,
            _connection,
        ):
            if advice := advise(error):
                return advice
        return ""

    def _module(self, error: Mapping[str, Any]) -> str:
        module = str(error.get("module") or "").partition(".")[0]
        if not module:
            return ""
        mend = f" To mend it: {self.mending(module)}" if self.mending else ""
        return f"The Python that Alembic runs in has no {module}.{mend}"

    def _extension(self, error: Mapping[str, Any]) -> str:
        state, message = error.get("sqlstate"), str(error.get("message"))
        found = _EXTENSION.search(message)
        if not found:
            return ""
        if state in _NOT_AVAILABLE:
            return f"The temp server does not have the extension {found['name']}: {self.lacking}."
        if state == _NOT_ALLOWED:
            return f"The role owns its database and is no superuser, and {found['name']} wants one: {self.rights}."
        return ""

    def _right(self, error: Mapping[str, Any]) -> str:
        """Return what to do where a statement wants a superuser: an event trigger, a file, a setting of the server."""
        wants = "superuser" in f"{error.get('message')} {error.get('hint')} {error.get('detail')}"
        if error.get("sqlstate") != _NOT_ALLOWED or not wants:
            return ""
        what = f"Revision {error['revision']} ({error['revision_file']})" if error.get("revision") else "The statement"
        return f"{what} wants a superuser, and the role owns its database and is none: {self.rights}."

    def _replay(self, error: Mapping[str, Any]) -> str:
        if not error.get("revision"):
            return ""
        where = f"revision {error['revision']} ({error['revision_file']})"
        if error.get("sqlstate") in _NOT_THERE:
            return (
                f"The history cannot be replayed from nothing: {where} wants what no earlier revision makes. Add what"
                " is missing to the history; or, where a fresh database is made otherwise, set `install_command`."
            )
        if error.get("sqlstate") in _THERE_ALREADY:
            return (
                f"What {where} makes is there already on an empty database: another revision makes it, or env.py or"
                " what it imports does (`create_all()`), whatever Alembic is asked for. Let one revision alone make it."
            )
        return f"Look at {where}. Nothing was written into the project; `invoke psql` opens the temp database."


def _attach(error: Mapping[str, Any]) -> str:
    if error.get("type") != "NeverReachedAlembic":
        return ""
    if error.get("code"):  # it failed by itself, and has said why
        no_app = any("Flask application" in line for line in error.get("said") or ())
        return _NO_FLASK if no_app else ""
    return (
        "The setting `alembic_command` must be a command that ends up in Alembic (`flask db current`, `python -m app db"
        " upgrade`), in a Python that reads PYTHONPATH."
    )


_NO_FLASK = (
    "Flask does not find the application: set FLASK_APP, or the setting `alembic_command` to the command that the"
    " project itself starts Alembic with (`python manage.py db current`)."
)


def _no_models(error: Mapping[str, Any]) -> str:
    if "does not provide a MetaData object" not in str(error.get("message")):
        return ""
    return (
        "env.py names no models, so that there is nothing to compare the database with. Where the project has models,"
        " have env.py import their modules and set `target_metadata = Base.metadata`."
    )


def _idle(error: Mapping[str, Any]) -> str:
    if "never called run_migrations()" not in str(error.get("message")):
        return ""
    return (
        "On an empty database this env.py migrates nothing (as where it goes from one tenant's schema to the next)."
        " `install_command` is for what makes a fresh database (`python -m app init-db`); `alembic_sections` leaves"
        " out the sections that are not for a fresh one."
    )


def _connection(error: Mapping[str, Any]) -> str:
    refused = str(error.get("sqlstate") or "").startswith("28") or "connection" in str(error.get("message")).lower()
    if error.get("type") != "OperationalError" or not refused:
        return ""
    return (
        "Alembic could not connect. Look at the address that env.py uses; `environment` in the settings sets variables."
    )


NO_ADVICE = Advice()
