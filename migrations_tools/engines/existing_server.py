"""A PostgreSQL server that exists already: scratch databases of our own on it, and nothing else.

A database is made only where none of that name is, carries a mark of the run from its first moment on, and is dropped
only when it has the name and the mark: the run's token in its comment, or, where the tool was killed before it wrote
the comment, the connection limit that CREATE DATABASE gave it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migrations_tools.engines.connections import dial
from migrations_tools.engines.postgres import MARK_START, Server, birthmark, contents, create, mark
from migrations_tools.engines.server_url import SETTING, Address
from migrations_tools.errors import CannotProceed

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

_MAINTENANCE = ("postgres", "defaultdb", "template1")
_RIGHT: LiteralString = (
    "SELECT rolcreatedb OR rolsuper, CAST(pg_catalog.current_setting('transaction_read_only') AS boolean)"
    " FROM pg_catalog.pg_roles WHERE rolname = current_user"
)
_TAKEN: LiteralString = (
    "SELECT datname, pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database"
    " WHERE datname = ANY(%s) ORDER BY datname"
)
_MARKS_OF: LiteralString = (
    "SELECT pg_catalog.shobj_description(oid, 'pg_database'), datconnlimit FROM pg_catalog.pg_database"
    " WHERE datname = %s"
)
_IDENTIFIER: LiteralString = "SELECT CAST(system_identifier AS text) FROM pg_catalog.pg_control_system()"
_LOCK_SECONDS = 60
# What poolers say of what is not on their lists: PgBouncer, pgcat, Odyssey, Supavisor.
_POOLERS_WORDS = re.compile(
    "(?i)no such database|unsupported startup parameter|no pool configured|route for .* not found|tenant or user not"
)
_DIRECT = f"Give {SETTING} the server's own address, not that of a pooler (PgBouncer, say) in front of it."


def primary(address: Address) -> Address:
    """Return the address with one host: of several, the one that a connection finds now.

    So all that a task starts works on the same server, and needs to know one host and one port. Raises CannotProceed
    when none answers.
    """
    if len(address.hosts) == 1:
        return address
    with _maintenance(address) as connection:
        info = connection.info
        found = dict(address.options)
        chosen = {"hostaddr": info.hostaddr} if "hostaddr" in found else {}
        several = ("target_session_attrs", "load_balance_hosts", "hostaddr")
        options = {key: value for key, value in found.items() if key not in several} | chosen
        return replace(address, hosts=((info.host, info.port),), options=tuple(sorted(options.items())))


def server(address: Address, token: str) -> Server:
    """Return the server for connections that check the token; the address is one of a single host."""
    ((host, port),) = address.hosts
    return Server(host, port, address.user, address.database, token, address.password, options=address.options)


# --- making ------------------------------------------------------------------------------------------------------


def check(address: Address, names: Sequence[str]) -> str:
    """Check that the role may create databases and that the names are free; return what tells servers apart.

    Raises CannotProceed with every reason at once.
    """
    from psycopg import sql

    with _maintenance(address) as connection:
        reasons = []
        may, reads_only = connection.execute(_RIGHT).fetchone() or (False, False)
        if not may:
            grant = sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(address.user)).as_string(connection)
            reasons.append(f"The role {address.user} may not create databases on {address.words}. Grant it: {grant};")
        if reads_only:
            reasons.append(f"The server {address.words} takes no writes: it is a standby, or set so. Name the primary.")
        taken = connection.execute(_TAKEN, (list(names),)).fetchall()
        reasons += [_taken_words(address, name, comment or "") for name, comment in taken]
        identity = _identity(connection, address)
    if reasons:
        raise CannotProceed(reasons, tip=_TAKEN_TIP if taken else "")
    return identity


_TAKEN_TIP = f"Rename or drop it where nobody needs it, or let {SETTING} name another database."


def _taken_words(address: Address, name: str, comment: str) -> str:
    whose = ", carries another run's mark" if comment.startswith(MARK_START) else ""
    return f"The database {name} exists on {address.words} already{whose}, {_holds(address, name)}; it was not touched."


def _holds(address: Address, name: str) -> str:
    """Return what a database that is somebody's holds, as far as this role may look; nothing is changed there."""
    import psycopg

    try:
        with dial(address.hosts, address.user, address.password, name, address.options) as connection:
            found = sorted(contents(connection))
    except psycopg.Error:
        return "and this role cannot look into it"
    shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return f"and is not empty ({shown})" if found else "and is empty"


def _identity(connection: psycopg.Connection[Any], address: Address) -> str:
    """Return the cluster's system identifier, which a standby shares; the address where the role may not ask for it."""
    import psycopg

    try:
        row = connection.execute(_IDENTIFIER).fetchone()
    except (psycopg.errors.InsufficientPrivilege, psycopg.NotSupportedError, psycopg.errors.UndefinedFunction):
        return address.words
    return str(row[0]) if row else address.words


def make(address: Address, names: Iterable[str], token: str) -> None:
    """Create the databases and mark them; from its first moment on, each is known as this run's.

    Raises CannotProceed when the server refuses.
    """
    with _maintenance(address) as connection, _locked(connection, address, token):
        for name in names:
            create(connection, name, token)
            mark(connection, name, token)


def reach(address: Address, token: str) -> None:
    """Check that a connection finds the database that was just made.

    Raises CannotProceed when it does not: then the address is that of something which knows its own list only.
    """
    try:
        with server(primary(address), token).connect():
            return
    except CannotProceed as error:
        made = f"It was made a moment ago through the same address, {address.words}."
        raise CannotProceed([*error.reasons, made], tip=f"{_DIRECT} `invoke cleanup` drops what was made.") from error


# --- dropping ----------------------------------------------------------------------------------------------------


def drop(address: Address, names: Iterable[str], token: str, identity: str = "") -> list[str]:
    """Drop those of the databases that carry the run's mark and return the names of those that exist without it.

    Raises CannotProceed when the server is not the one of that identity.
    """
    from psycopg import sql

    left = []
    with _maintenance(address) as connection, _locked(connection, address, token):
        _check_same(_identity(connection, address), identity, address)
        for name in names:
            row = connection.execute(_MARKS_OF, (name,)).fetchone()
            if row and (row[0] == token or row == (None, birthmark(token))):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            elif row:
                left.append(name)
    return left


def _check_same(found: str, wanted: str, address: Address) -> None:
    if wanted and found != wanted:
        raise CannotProceed(
            f"The run's databases are on another server than {address.words}; nothing was dropped.",
            tip=f"Let {SETTING} lead to where `invoke isolate` made them, and run `invoke cleanup` again.",
        )


@contextmanager
def _locked(connection: psycopg.Connection[Any], address: Address, token: str) -> Iterator[None]:
    """Wait for what a killed task left at work: its CREATE DATABASE goes on in the server until it is done.

    A lock of the session is held for as long as that session lives (PostgreSQL manual, 13.3.5). It is given back all
    the same, for the sake of those behind a pooler, which keeps sessions.
    """
    from psycopg import errors

    number = int.from_bytes(hashlib.sha256(token.encode()).digest()[-8:], "big", signed=True)
    connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'".encode())
    try:
        connection.execute("SELECT pg_catalog.pg_advisory_lock(%s)", (number,))
    except errors.LockNotAvailable as error:
        raise CannotProceed(
            f"An earlier session of this run has been at work on {address.words} for {_LOCK_SECONDS} seconds.",
            tip=f"Run `invoke cleanup` again when it has ended. {_DIRECT}",
        ) from error
    connection.execute("RESET lock_timeout")
    yield
    connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (number,))


@contextmanager
def _maintenance(address: Address) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the server's own maintenance database, which nothing is ever made or changed in."""
    import psycopg

    problems = []
    for database in _MAINTENANCE:
        try:
            connection = dial(address.hosts, address.user, address.password, database, address.options)
        except psycopg.OperationalError as error:
            problems.append(str(error).strip())
            continue
        try:
            with connection:
                yield connection
        except psycopg.Error as error:
            raise CannotProceed(f"The server {address.words} refused: {str(error).strip()}") from error
        return
    tip = _DIRECT if any(map(_POOLERS_WORDS.search, problems)) else ""
    raise CannotProceed(f"The server {address.words} does not let {address.user} in: {problems[0]}", tip=tip)
