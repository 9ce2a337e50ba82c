"""The token law, in the application's process: no connection is used before its database has shown the token.

The check stands in SQLAlchemy's `do_connect` event, before the dialect asks its first question.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from .led_address import PARTS, temp_database
from .other_dialects import take_over_engines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

_PROOF_SQL = (
    "SELECT pg_catalog.shobj_description(d.oid, 'pg_database'), CAST(d.datname AS text)"
    " FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"
)
_CHECKED = "migrations_tools"
EVERY = ""  # in the place of a database's name: whichever env.py names
_OTHER_NAMES = (
    "dbname",
    "hostaddr",
    "dsn",
    "service",
    "passfile",
    "ssl",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "ssl_context",
    "unix_sock",
    # SQLite's and MySQL's, of an engine that was made for PostgreSQL in their place.
    "check_same_thread",
    "detect_types",
    "uri",
    "charset",
)


class WrongDatabase(Exception):
    """A connection led to a database that does not carry the token."""


class LeadsElsewhere(Exception):
    """A connection was to go to another address than the one that is looked for; it was not opened."""


class CannotRedirect(Exception):
    """A connection was to go to a scratch database and could not be sent there."""


class Gate:
    """Lets connections through only to databases that carry the token; may send them to others.

    `databases` says where: a database's name to that of its scratch copy, `EVERY` to one for all. `only`, for the time
    of one request, is the one address that is opened at all; where others were wanted is noted in `led`.
    """

    def __init__(self) -> None:
        self.token: str | None = None
        self.databases: Mapping[str, str] = {}
        self.refused: list[str] = []
        self.astray: list[str] = []
        self.reached: list[str] = []
        self.only: Mapping[str, Any] | None = None
        self.led: list[dict[str, Any]] = []
        self.tell: Callable[[str, str], None] = lambda _sort, _words: None
        self._records: list[Any] = []

    def install(self) -> None:
        """Attach to every engine of this process, whenever and however it is made."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.pool import Pool

        event.listen(Engine, "do_connect", self.connect)
        event.listen(Pool, "connect", self.pooled)
        if temp_database().get("take_over"):
            take_over_engines()

    def begin(self, token: str | None, databases: Mapping[str, str] | None) -> None:
        """Start a request: which token must be seen, and to which databases connections are sent, if to others."""
        self.token, self.databases = token, databases or {}
        self.refused, self.astray, self.reached = [], [], []
        self.only, self.led = None, []

    def release(self) -> None:
        """Close what env.py opened, once it has run.

        A pooled connection would lead the next request to this one's database, or belong to an event loop that has
        ended, and nobody may be connected to a database that is cloned or dropped.
        """
        records, self._records = self._records, []
        for record in records:
            record.invalidate()

    def verdict(self) -> None:
        """Raise what was refused: env.py may have caught it and gone on, and then nothing that it did counts."""
        if self.refused:
            raise WrongDatabase(_refusal(self.refused[0]))
        if self.astray:
            raise CannotRedirect(self.astray[0])

    def connect(self, dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        """Open the connection that SQLAlchemy asked for, and check it before anyone else sees it."""
        # Up to SQLAlchemy 2.0 these are the engine's own: what is changed here would stay for its next connection.
        arguments, parameters = list(arguments), dict(parameters)
        arguments, parameters = _taken_over(dialect, arguments, parameters)
        where = _where(parameters)
        if self.only is not None:
            self._look(_address(dialect, arguments, parameters))
        if dialect.name != "postgresql":
            self._refuse("a %s database" % dialect.name)
        goal = self._goal(_database(parameters))
        if goal:
            _redirect(dialect, parameters, goal)
        connection = self._open(dialect, record, arguments, parameters)
        self._check(connection, where, goal)
        if record is not None:
            record.info[_CHECKED] = True
            self._records.append(record)
        return connection

    def pooled(self, connection: Any, record: Any) -> None:
        """Check what came from a `creator=` function, which `do_connect` never sees."""
        if not record.info.get(_CHECKED):
            self._check(connection, "a connection made by a function of the project's own", None)
            self._records.append(record)

    def _look(self, address: dict[str, Any]) -> None:
        """Let only the address through that is looked for; note every other."""
        wanted = self.only or {}
        same = [address[part] in wanted[part] for part in wanted]
        if address["dialect"] != "postgresql" or not same or not all(same):
            if address not in self.led:
                self.led.append(address)
            raise LeadsElsewhere("the connection leads to %(host)s:%(port)s/%(database)s; it was not opened" % address)

    def _goal(self, database: str | None) -> str | None:
        """Return the database that a connection is sent to; None where it may go where it wants to."""
        if not self.databases or database in self.databases.values():  # its variables have led it to its copy
            return None
        goal = self.databases.get(database or "", self.databases.get(EVERY))
        if goal is None:
            self._lose(
                "env.py connects to the database %s, which has no scratch copy (there are copies of %s)"
                % (database or "of its own choice", ", ".join(sorted(self.databases)))
            )
        return goal

    def _open(self, dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        # The project's own listeners (a password that is fetched at connect time, say) come first, as they would.
        for listener in list(dialect.dispatch.do_connect):
            if listener != self.connect:
                connection = listener(dialect, record, arguments, parameters)
                if connection is not None:
                    return connection
        return dialect.connect(*arguments, **parameters)

    def _check(self, connection: Any, where: str, goal: str | None) -> None:
        try:
            token, name = _proof(connection)
        except Exception as error:
            self._close(connection)
            self._refuse("%s, which could not be asked for the token (%s)" % (where, error))
        if self.token is None or token != self.token:
            self._close(connection)
            self._refuse(where)
        if self.databases and name not in ([goal] if goal else self.databases.values()):
            self._close(connection)
            self._lose(
                "env.py opens its connections with a function of its own, which leads to the database %s:"
                " they cannot be sent to the scratch database %s" % (name, goal or _one(self.databases.values()))
            )
        self.reached.append(where)
        self.tell("reached", where)

    def _close(self, connection: Any) -> None:
        try:
            connection.close()
        except Exception as error:
            print("closing a refused connection:", error, file=sys.stderr)  # noqa: T201 - the probe's standard error

    def _refuse(self, where: str) -> NoReturn:
        self.refused.append(where)
        self.tell("refused", where)
        raise WrongDatabase(_refusal(where))

    def _lose(self, sentence: str) -> NoReturn:
        self.astray.append(sentence)
        self.tell("astray", sentence)
        raise CannotRedirect(sentence)


def _one(names: Any) -> str:
    return ", ".join(sorted(names))


def _refusal(where: str) -> str:
    return "the connection leads to %s, which is not the temp database" % where


def _proof(connection: Any) -> tuple[str | None, str]:
    """Return the comment and the name of the database that a driver's connection leads to."""
    cursor = connection.cursor()
    try:
        cursor.execute(_PROOF_SQL)
        row = cursor.fetchone()
    finally:
        cursor.close()
    connection.rollback()
    return row[0], row[1]


def _database(parameters: dict[str, Any]) -> str | None:
    return parameters.get("dbname") or parameters.get("database")


def _where(parameters: dict[str, Any]) -> str:
    host, port = parameters.get("host") or "a local socket", parameters.get("port") or 5432
    return "%s:%s/%s" % (host, port, _database(parameters) or "?")


def _address(dialect: Any, arguments: list[Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Return where a connection is to go, with what libpq's variables say where it names nothing itself."""
    if dialect.name != "postgresql":
        named = _database(parameters) or next((each for each in arguments if isinstance(each, str)), "")
        found = {"host": parameters.get("host") or "", "port": str(parameters.get("port") or ""), "database": named}
        found.update(user="", password="")
    else:
        given = {**parameters, "database": _database(parameters)}
        usual = {"host": "", "port": "5432", "user": "", "password": "", "database": ""}
        found = {part: str(given.get(part) or os.environ.get("PG" + part.upper()) or usual[part]) for part in PARTS}
    return {"dialect": dialect.name, "driver": dialect.driver, "async": bool(dialect.is_async), **found}


def _taken_over(dialect: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
    """Return the arguments of a connection, led to the temp database where the project lets the tool do that."""
    place = temp_database()
    if not place.get("take_over") or dialect.name != "postgresql":
        return arguments, parameters
    parameters = {key: value for key, value in parameters.items() if key not in (*PARTS, *_OTHER_NAMES)}
    parameters.update({key: place[key] for key in ("host", "port", "user", "password") if place[key]})
    _redirect(dialect, parameters, place["database"])
    return [], parameters


def _redirect(dialect: Any, parameters: dict[str, Any], database: str) -> None:
    key = "dbname" if dialect.driver.startswith("psycopg") else "database"
    parameters.pop("dbname", None)
    parameters.pop("database", None)
    parameters[key] = database


GATE = Gate()
