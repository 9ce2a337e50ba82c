"""How this tool connects to PostgreSQL: to the place that it names, whatever libpq's variables say around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

Options = Sequence[tuple[str, str]]
_USUAL: Mapping[str, str] = {
    "connect_timeout": "10",
    "application_name": "migrations_tools",
    # A server that is gone without a word is noticed within about a minute.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    # Empty, and so not taken from PGHOSTADDR: it would lead elsewhere although a host is named.
    "hostaddr": "",
}


def dial(
    hosts: Sequence[tuple[str, int]], user: str, password: str, database: str, options: Options = ()
) -> psycopg.Connection[Any]:
    """Open an autocommitting connection to the first of the hosts that will do; `options` are libpq's.

    Raises psycopg.OperationalError when none does.
    """
    import psycopg

    place = {
        "host": ",".join(host for host, _ in hosts),
        "port": ",".join(str(port) for _, port in hosts),
        "user": user,
        "dbname": database,
        **({"password": password} if password else {}),
    }
    given: dict[str, Any] = {**_USUAL, **dict(options), **place}
    return psycopg.connect(autocommit=True, **given)


def took(connection: psycopg.Connection[Any], statement: bytes | psycopg.sql.Composed) -> bool:
    """Execute a statement, and return whether the server took it. Raises psycopg.Error when the connection is gone."""
    import psycopg

    try:
        connection.execute(statement)
    except psycopg.Error:
        if connection.closed:
            raise
        return False
    return True
