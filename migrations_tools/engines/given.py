"""A PostgreSQL server that exists already: scratch databases of our own on it, and nothing else.

A database is made only where none of that name is, carries the run's token in its comment from its first moment on,
and is dropped only when it has the name and the token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from migrations_tools.engines.postgres import Server
from migrations_tools.errors import CannotProceed

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

LONGEST_NAME = 63
_MAINTENANCE = ("postgres", "template1")
_MARK_OF: LiteralString = (
    "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = %s"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and who enters; `database` is the name of the scratch database to make there."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False, default="")


def parse(url: str, project: str, suffix: str) -> Address:
    """Read the setting `server_url`; without a database in it, the scratch database is `<project><suffix>`.

    Raises CannotProceed with every mistake at once: no PostgreSQL URL, no user, a name without the suffix.
    """
    parts = urlsplit(url)
    database = unquote(parts.path.lstrip("/")) or f"{project}{suffix}"
    reasons = []
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres") or not parts.hostname:
        reasons.append("`migrations_tools.server_url` must read postgresql://user:password@host:port/name.")
    if not parts.username:
        reasons.append("`migrations_tools.server_url` names no user.")
    if not database.endswith(suffix):
        reasons.append(
            f"`migrations_tools.server_url` names the database {database!r}, which does not end in {suffix}."
        )
    if reasons:
        raise CannotProceed(reasons, tip="The engine makes a database of that name, and drops it at the end.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Address(parts.hostname or "", parts.port or 5432, user, database, password)


def check(address: Address, names: Sequence[str]) -> None:
    """Check that the role may create databases and that the names are free.

    Raises CannotProceed with every reason at once.
    """
    from psycopg import sql

    with _maintenance(address) as connection:
        reasons = []
        rights = connection.execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
        ).fetchone()
        if not rights or not rights[0]:
            grant = sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(address.user)).as_string(connection)
            reasons.append(f"The role {address.user} may not create databases on {address.host}. Grant it: {grant};")
        taken = "SELECT datname FROM pg_catalog.pg_database WHERE datname = ANY(%s) ORDER BY datname"
        for (name,) in connection.execute(taken, (list(names),)):
            reasons.append(f"The database {name} exists on {address.host} already; it was not touched.")
    # What is cut off silently would not be found again by its name.
    reasons += [
        f"The database name {name!r} is longer than the {LONGEST_NAME} bytes that PostgreSQL keeps of a name."
        for name in names
        if len(name.encode()) > LONGEST_NAME
    ]
    if reasons:
        raise CannotProceed(reasons)


def make(address: Address, name: str, token: str) -> None:
    """Create a database and mark it, on one connection: a kill in between leaves an unmarked, empty database."""
    from psycopg import sql

    with _maintenance(address) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(token)))


def drop(address: Address, names: Iterable[str], token: str) -> list[str]:
    """Drop those of the databases that carry the token; give the names of those that exist without it."""
    from psycopg import sql

    left = []
    with _maintenance(address) as connection:
        for name in names:
            row = connection.execute(_MARK_OF, (name,)).fetchone()
            if row and row[0] == token:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            elif row:
                left.append(name)
    return left


def server(address: Address, token: str) -> Server:
    """Give the server for connections that check the token."""
    return Server(address.host, address.port, address.user, address.database, token, address.password)


@contextmanager
def _maintenance(address: Address) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the server's own maintenance database, which nothing is ever made or changed in."""
    import psycopg

    problem: Exception | None = None
    for database in _MAINTENANCE:
        try:
            connection = psycopg.connect(
                host=address.host, port=address.port, user=address.user, password=address.password or None,
                dbname=database, autocommit=True, connect_timeout=10, application_name="migrations_tools",
            )  # fmt: skip
        except psycopg.OperationalError as error:
            problem = error
            continue
        try:
            with connection:
                yield connection
        except psycopg.Error as error:
            raise CannotProceed(f"The server {address.host}:{address.port} refused: {error}".strip()) from error
        return
    raise CannotProceed(f"The server {address.host}:{address.port} does not let {address.user} in: {problem}")
