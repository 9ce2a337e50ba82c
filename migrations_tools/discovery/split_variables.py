"""Variables that give a database's address in parts: DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrations_tools.discovery.postgres_addresses import ServerAddress

_HOST = re.compile(r"(?P<stem>.*?)(?P<word>HOST|HOSTNAME|HOSTADDR|SERVER|ADDR|ADDRESS)", re.IGNORECASE)
_WORDS = {
    "port": ("PORT",),
    "user": ("USER", "USERNAME", "LOGIN"),
    "password": ("PASSWORD", "PASS", "PASSWD", "PWD"),
    "database": ("DB", "DATABASE", "NAME", "DBNAME", "DB_NAME", "DATABASE_NAME"),
}
# What a database's variables usually start with. They count wherever one host is the database's: a service with
# DB_HOST often takes user and password from the POSTGRES_… that the database's own container is given.
_USUAL = ("POSTGRES_", "POSTGRESQL_", "PG", "PG_", "DB_", "DATABASE_", "SQL_")
_FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class Split:
    """The variables that change, those that must go, what to say about it, and which databases were named."""

    values: Mapping[str, str] = field(repr=False)
    removed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()


def replaced(given: Mapping[str, str], server: ServerAddress, ours: frozenset[str] | None, original_port: int) -> Split:
    """Replace the address of the database where it is given in parts.

    `ours` are the host names of the database; None means that every host under a usual name is meant. Beside a host,
    its port, user, password and name are replaced; a port that is not given is added. A password that a file of the
    container holds (POSTGRES_PASSWORD_FILE) is given plainly instead.
    """
    hosts = {name: value for name, value in given.items() if _is_host(name, value, ours)}
    if not hosts:
        return Split({})
    parts = _parts(hosts, given, original_port)
    added = [port for name, value in hosts.items() if (port := _port_of(name)) not in given and ":" not in value]
    files = {name: part for name, part in parts.items() if f"{name}{_FILE}" in given}
    values = {name: server.host + (f":{server.port}" if ":" in value else "") for name, value in hosts.items()}
    named = {name: given[name] for name, part in parts.items() if part == "database" and name in given}
    values |= {name: server.part(part) for name, part in parts.items() if name in given or name in files}
    values |= {name: server.named(original) for name, original in named.items()}
    values |= dict.fromkeys(filter(None, added), str(server.port))
    notes = [f"{name} is added: no port is given beside the host." for name in added if name]
    notes += [f"{name} is set in the place of {name}{_FILE}, which is a file of the container." for name in files]
    changed = {name: value for name, value in values.items() if given.get(name) != value}
    removed = frozenset(f"{name}{_FILE}" for name in files)
    return Split(changed, removed, tuple(notes), tuple(sorted(set(named.values()))))


def _is_host(name: str, value: str, ours: frozenset[str] | None) -> bool:
    match = _HOST.fullmatch(name)
    if not match or not value:
        return False
    return match["stem"].upper() in _USUAL if ours is None else value.partition(":")[0] in ours


def _parts(hosts: Iterable[str], given: Mapping[str, str], original_port: int) -> dict[str, str]:
    """Return the names that belong to the hosts, each with the part of the address that it stands for."""
    others = {_stem(name) for name in given if _HOST.fullmatch(name) and name not in hosts}
    usual = [each for stem in _USUAL for each in (stem, stem.lower()) if each not in others]
    stems = dict.fromkeys([*filter(None, map(_stem, hosts)), *usual])
    parts = {name: part for stem in stems for name, part in _named(stem).items()}
    # HOST alone has no family: PORT may be the application's own, unless it is the database's number.
    bare = {name for name in ("PORT", "port") if given.get(name) == str(original_port) and "" in map(_stem, hosts)}
    return parts | dict.fromkeys(bare, "port")


def _stem(name: str) -> str:
    match = _HOST.fullmatch(name)
    return match["stem"] if match else name


def _named(stem: str) -> dict[str, str]:
    form = str.lower if stem.islower() else str
    return {stem + form(word): part for part, words in _WORDS.items() for word in words}


def _port_of(host: str) -> str:
    stem = _stem(host)
    return next(iter(_named(stem))) if stem else ""
