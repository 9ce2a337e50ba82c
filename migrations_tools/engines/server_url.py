"""The setting `server_url`, read as libpq reads it, and what is said of one that will not do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from migrations_tools.discovery import libpq
from migrations_tools.errors import CannotProceed

SETTING = "`migrations_tools.server_url`"
_SCHEMES = ("postgresql", "postgres")
_CANNOT_WRITE = ("read-only", "standby", "prefer-standby")
_LONGEST_NAME = 63
_TIP = "The engine makes a database of that name, and drops it at the end."
_UNREADABLE = (
    f"{SETTING} cannot be read. In user and password, write @ / : ? # % as %40 %2F %3A %3F %23 %25; a port is a"
    " number, and a host of IPv6 stands in brackets."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and who enters; `database` is the name of the scratch database to make there.

    Several hosts are tried in their order. `options` are the further parameters of libpq.
    """

    hosts: tuple[tuple[str, int], ...]
    user: str
    database: str
    password: str = field(repr=False, default="")
    options: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """Name the server, or each of several."""
        return ", ".join(f"{host}:{port}" for host, port in self.hosts)


def parse(url: str, project: str, suffix: str, root: Path) -> Address:
    """Read the setting `server_url`; without a database in it, the scratch database is `<project><suffix>`.

    Paths of certificates count from the project's root. Raises CannotProceed with every mistake at once, none of
    which repeats what could be a part of a password.
    """
    given = _keywords(url)
    database = given.get("dbname") or f"{project}{suffix}"
    hosts = given.get("host", "").split(",")
    ports = [port or "5432" for port in given.get("port", "").split(",")]
    reasons = list(_mistakes(given, hosts, ports, database, suffix))
    if reasons:
        raise CannotProceed(reasons, tip=_TIP)
    numbers = [int(port) for port in (ports * len(hosts) if len(ports) == 1 else ports)]
    return Address(
        tuple(zip(hosts, numbers, strict=True)),
        given["user"],
        database,
        given.get("password", ""),
        tuple(sorted(_options(given, len(hosts), root).items())),
    )


def _keywords(url: str) -> dict[str, str]:
    """Read the URL with libpq's own parser; a driver in its scheme is left out."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in _SCHEMES:
        raise CannotProceed(f"{SETTING} must read postgresql://user:password@host:port/name.", tip=_TIP)
    try:
        found = conninfo_to_dict(f"postgresql://{rest}")
    except psycopg.ProgrammingError:
        unknown = _unknown(rest)
        raise CannotProceed(_unknown_words(unknown) if unknown else _UNREADABLE, tip=_TIP) from None
    return {key: str(value) for key, value in found.items() if value not in (None, "")}


def _unknown(rest: str) -> list[str]:
    """Return the names in a URL's query that libpq does not know; none where it may be a part of a password."""
    query = rest.partition("?")[2]
    names = [unquote(pair.partition("=")[0]) for pair in query.split("&") if "@" not in query]
    return [name for name in names if re.fullmatch(r"\w+", name) and name != "ssl" and not libpq.known(name)]


def _unknown_words(names: Iterable[str]) -> str:
    named = ", ".join(sorted(names))
    return f"{SETTING} has parameters that cannot be handed on: {named}. Those that can are libpq's own, but not all."


def _mistakes(
    given: Mapping[str, str], hosts: Sequence[str], ports: Sequence[str], database: str, suffix: str
) -> Iterator[str]:
    # A raw "@" or "/" of a password ends up in one of these.
    if any("@" in host for host in hosts) or re.search(r"[@/]", database) or not all(map(_is_port, ports)):
        yield _UNREADABLE
        return
    if not all(hosts):
        yield f"{SETTING} names no host; for a socket, write ?host=/its/folder."
    if "user" not in given:
        yield f"{SETTING} names no user."
    if len(ports) not in (1, len(hosts)):
        yield f"{SETTING} has {len(hosts)} hosts and {len(ports)} ports."
    if not database.endswith(suffix):
        yield f"{SETTING} names the database {database!r}, which does not end in {suffix}."
    if len(database.encode()) > _LONGEST_NAME:
        yield f"{SETTING} names a database of more than {_LONGEST_NAME} bytes, which PostgreSQL would cut."
    if given.get("target_session_attrs") in _CANNOT_WRITE:
        yield f"{SETTING} asks for a server that takes no writes (target_session_attrs); nothing can be made there."
    if unknown := [key for key in given if not libpq.known(key)]:
        yield _unknown_words(unknown)


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 65536


def _options(given: Mapping[str, str], hosts: int, root: Path) -> dict[str, str]:
    found = {key: value for key, value in given.items() if key not in libpq.PLACES}
    for key in libpq.FILES & set(found):
        # `sslrootcert=system` means the system's own.
        found[key] = found[key] if found[key] == "system" else str(root / found[key])
    # Of several, a database can be made on the one that takes writes.
    return {**({"target_session_attrs": "read-write"} if hosts > 1 else {}), **found}
