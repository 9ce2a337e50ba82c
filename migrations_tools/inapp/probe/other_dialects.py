"""Engines for another kind of database, SQLite say, made for the temp database where the project lets the tool do that.

A connection can be led elsewhere as it is opened; whether it speaks SQLite or PostgreSQL is settled with its engine.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from .led_address import temp_database

_DRIVERS = ("psycopg2", "psycopg", "pg8000")
_ASYNC_DRIVERS = ("asyncpg", "psycopg")


def take_over_engines() -> None:
    """Have SQLAlchemy's `create_engine` make engines for PostgreSQL alone."""
    from sqlalchemy.engine import create

    create._url = _Urls(create._url)  # type: ignore[assignment]


class _Urls:
    """SQLAlchemy's module of URLs, as `create_engine` sees it."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def make_url(self, given: Any) -> Any:
        """Return the URL of an engine: that of the temp database in the place of one of another kind."""
        url = self._own.make_url(given)
        if url.get_backend_name() == "postgresql":
            return url
        drivers = _ASYNC_DRIVERS if getattr(url.get_dialect(), "is_async", False) else _DRIVERS
        driver = next((name for name in drivers if find_spec(name)), None)
        if driver is None:
            return url  # the gate refuses its connection
        place = temp_database()
        return self._own.URL.create(
            "postgresql+" + driver,
            username=place["user"],
            password=place["password"] or None,
            host=place["host"],
            port=int(place["port"]),
            database=place["database"],
        )
