"""Addresses of PostgreSQL inside a text, URLs and libpq's `host=… dbname=…`, and their replacement.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING,
https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from migrations_tools.discovery import libpq
from migrations_tools.errors import CannotProceed

_URL = re.compile(
    r"(?<!jdbc:)(?<![\w+.-])(?P<scheme>(?:postgres(?:ql)?|postgis|cockroachdb|timescaledb?)(?:\+\w+)?)://"
    # A list of addresses ends one where the next begins.
    r"(?P<rest>(?:(?![,;|]\w[\w+.-]*://)[^\s\"'<>`\\])*)",
    re.IGNORECASE,
)
_JDBC = re.compile(r"jdbc:postgresql://(?P<host>[^\s:/,?]+)", re.IGNORECASE)
_ANY_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^\s/@\"'<>]*@)?(?P<host>\[[^\]]*\]|[\w.-]+)", re.IGNORECASE)
_BARE = re.compile(r"(?P<host>[A-Za-z0-9][\w.-]*)(?::\d+)?")
_HOST_NAME = re.compile(
    r"(?:^|_|[a-z])(?:HOST|HOSTS|HOSTNAME|SERVER|SERVERS|ADDR|ADDRESS|URL|URI|ENDPOINT)$", re.IGNORECASE
)
_KEYWORD = re.compile(r"\s*(?P<key>\w+)\s*=\s*(?P<value>'(?:\\.|[^'\\])*'|(?:\\.|[^\s'\\])*)(?=\s|\Z)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{(host|port|user|password|database|url)\}")
_PLACES = frozenset({"host", "hostaddr", "port", "user", "password", "dbname", "database", "passfile", "service"})
_LOCAL = ("127.", "localhost", "::1", "/")
_TLS_NOTE = "the demand for an encrypted connection is left out: the temp server takes none."


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the temp database is; the password never shows in a repr. A host of `/…` is the folder of a socket.

    `options` are the further parameters of libpq that a connection needs. They go by libpq's variables, for every
    driver writes them in its own way into a URL. `databases` says what each of several databases is called here.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    options: Mapping[str, str] = field(default_factory=dict)
    databases: Mapping[str, str] = field(default_factory=dict)

    def named(self, original: str) -> str:
        """Return what a database of the project is called here: the only one, or its own of several."""
        return self.databases.get(original, self.database)

    def sent(self, copies: Mapping[str, str]) -> ServerAddress:
        """Return the address with scratch copies for databases; one under the name "" stands for every database."""
        if "" in copies:
            return replace(self, database=copies[""], databases={})
        named = {name: copies.get(database, database) for name, database in self.databases.items()}
        return replace(self, database=copies.get(self.database, self.database), databases=named)

    @property
    def is_plain(self) -> bool:
        """Return whether it runs on this machine, where it has no certificate unless somebody says so."""
        return self.host.startswith(_LOCAL) and not libpq.TLS & set(self.options)

    @property
    def url(self) -> str:
        """The address for no driver in particular."""
        return f"postgresql://{self.authority()}/{quote(self.database, safe='')}{self.query()}"

    def part(self, name: str) -> str:
        """Return one part as a text: host, port, user, password or database."""
        return str(getattr(self, name))

    def authority(self) -> str:
        """Return the part of a URL between the scheme and the database, percent-encoded."""
        host = "" if self.host.startswith("/") else f"[{self.host}]" if ":" in self.host else self.host
        password = f":{quote(self.password, safe='')}" if self.password else ""
        return f"{quote(self.user, safe='')}{password}@{host}" + (f":{self.port}" if host else "")

    def query(self) -> str:
        """Return what a URL needs besides, for a socket."""
        return f"?host={quote(self.host, safe='/')}&port={self.port}" if self.host.startswith("/") else ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text with its addresses replaced, what to say about it, and which databases it named."""

    text: str = field(repr=False)
    notes: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    notes: list[str] = field(default_factory=list)
    databases: list[str] = field(default_factory=list)


def replaced(name: str, text: str, server: ServerAddress, ours: frozenset[str] | None) -> Replaced:
    """Replace the addresses of the database in a variable's text; `ours` are its host names, None means any.

    The driver and the options stay; encryption is left out where the temp server is local. Addresses of other
    PostgreSQL servers stay and are noted. Raises CannotProceed for an address of several hosts, one of them ours.
    """
    found = _Found()
    if _URL.search(text) or _JDBC.search(text):
        new = _URL.sub(lambda match: _new_url(match, name, server, ours, found), text)
        for match in _JDBC.finditer(text):
            if ours is None or match["host"] in ours:
                found.notes.append("an address for Java stays as it is.")
    else:
        new = _new_dsn(text, name, server, ours, found)
    return Replaced(new, tuple(dict.fromkeys(found.notes)), tuple(dict.fromkeys(found.databases)))


def _is_ours(hosts: list[str], name: str, ours: frozenset[str] | None, found: _Found) -> bool:
    """Return whether an address is the database's. Without a host it means this machine, or libpq's variables."""
    if ours is None:
        return True
    mine = [host in ours for host in hosts]
    if len(hosts) > 1 and any(mine):
        raise CannotProceed(
            f"The variable {name} names several hosts, of which one is the database; there is only one temp database."
            f" Give {name} under `environment:`, with {{url}} or {{host}} and {{port}}."
        )
    if not any(mine) and any("$" in host for host in hosts):
        found.notes.append("the host is the value of another variable; the address stays as it is.")
    elif not any(mine) and hosts:
        found.notes.append(f"leads to PostgreSQL at {', '.join(hosts)}, which is not the stack's; it stays as it is.")
    return any(mine)


def _new_url(match: re.Match[str], name: str, server: ServerAddress, ours: frozenset[str] | None, found: _Found) -> str:
    rest, mark, fragment = match["rest"].partition("#")
    before, _, query = rest.partition("?")
    # Up to the last "@": passwords hold raw slashes and "@" where nobody encoded them.
    _, at, after = before.rpartition("@")
    if not at and "@" in match["rest"]:
        found.notes.append("holds an address that cannot be read with certainty; it stays as it is.")
        return match[0]
    authority, _, path = after.partition("/")
    options = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    if not _is_ours([*_url_hosts(authority, options)], name, ours, found):
        return match[0]
    kept = _kept([pair for pair in options if pair[0] not in _PLACES], server, found, quote)
    found.databases += [unquote(path)] if path else []
    if match["scheme"].endswith("+asyncpg") and "options" in server.options:
        found.notes.append("asyncpg takes no `options`: those of the temp server's address do not reach it.")
    new_query = "&".join(filter(None, [server.query()[1:], *("=".join(pair) for pair in kept)]))
    database = quote(server.named(unquote(path)), safe="")
    return f"{match['scheme']}://{server.authority()}/{database}{'?' * bool(new_query)}{new_query}{mark}{fragment}"


def _url_hosts(authority: str, options: list[tuple[str, str]]) -> Iterator[str]:
    yield from (_without_port(each) for each in authority.split(",") if each)
    for key, value in options:
        if key == "host":
            yield from (_without_port(host) for host in unquote(value).split(","))


def _without_port(part: str) -> str:
    return part[1:].partition("]")[0] if part.startswith("[") else part.partition(":")[0]


def _kept(
    options: list[tuple[str, str]], server: ServerAddress, found: _Found, encode: Callable[[str], str] = str
) -> list[tuple[str, str]]:
    """Return the options that stay: no demand for encryption where there is none, nothing that the server says itself.

    `options`, the parameter of that name, is a line of settings: the server's come first.
    """
    if server.is_plain:
        kept = [(key, value) for key, value in options if key not in libpq.TLS]
        found.notes += [_TLS_NOTE] if kept != options else []
        return kept
    before = "".join(encode(f"{text} ") for key, text in server.options.items() if key == "options")
    said = {*server.options, *(["ssl"] if "sslmode" in server.options else [])} - {"options"}
    found.notes += [f"its {key} gives way to the temp server's." for key, _ in options if key in said]
    return [(key, before * (key == "options") + value) for key, value in options if key not in said]


def _new_dsn(text: str, name: str, server: ServerAddress, ours: frozenset[str] | None, found: _Found) -> str:
    pairs = _keywords(text)
    keys = [key for key, _ in pairs]
    if not {"host", "hostaddr"} & set(keys) or not {"dbname", "user"} & set(keys):
        return text
    kind = "host" if "host" in keys else "hostaddr"
    hosts = [host for key, value in pairs if key == kind for host in value.split(",")]
    if not _is_ours(hosts, name, ours, found):
        return text
    names = [value for key, value in pairs if key == "dbname"]
    found.databases += names
    own = [("host", server.host), ("port", str(server.port)), ("user", server.user)]
    own += [*([("password", server.password)] if server.password else []), ("dbname", server.named("".join(names)))]
    kept = _kept([pair for pair in pairs if pair[0] not in _PLACES], server, found)
    return " ".join(f"{key}={_quoted(value)}" for key, value in [*own, *kept])


def _keywords(text: str) -> list[tuple[str, str]]:
    """Return the keywords of a libpq connection string; none when the text is something else."""
    pairs, position = [], 0
    while position < len(text.rstrip()):
        match = _KEYWORD.match(text, position)
        if not match:
            return []
        value = match["value"][1:-1] if match["value"].startswith("'") else match["value"]
        pairs.append((match["key"], re.sub(r"\\(.)", r"\1", value)))
        position = match.end()
    return pairs


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w.:/@%+,-]+", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def hosts_named(name: str, text: str) -> frozenset[str]:
    """Return the hosts that a variable's text names: those of URLs, and a bare one where the name says it is a host."""
    bare = text.split(",") if _HOST_NAME.search(name) or ":" in text else []
    return hosts_of_urls(text) | {match["host"] for part in bare if (match := _BARE.fullmatch(part.strip()))}


def hosts_of_urls(text: str) -> frozenset[str]:
    """Return the hosts of every URL in a text, of whatever scheme."""
    return frozenset(match["host"].strip("[]") for match in _ANY_URL.finditer(text))


def is_short(host: str) -> bool:
    """Return whether a host is a name as a service has it: no dot, and not this machine."""
    return not re.search(r"[.:]", host) and host.lower() != "localhost" and not host.isdigit()


def filled(value: Any, server: ServerAddress) -> str:
    """Put the temp database's place in a value that a user wrote; in a URL, user and password are percent-encoded.

    Only the six placeholders are looked at: other braces stay.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    encode: Callable[[str], str] = (lambda part: quote(part, safe="")) if "://" in text else str
    parts = {
        "host": server.host,
        "port": str(server.port),
        "user": encode(server.user),
        "password": encode(server.password),
        "database": encode(server.database),
        "url": server.url,
    }
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], text)
