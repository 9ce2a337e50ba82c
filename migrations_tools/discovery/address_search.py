"""Which variables make the address that env.py leads to: each is given a value of its own, and the address tells.

A name alone proves nothing: it only says what a variable may stand for, and so which value is worth a try.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_tools.discovery.postgres_addresses import ServerAddress

PARTS = ("host", "port", "user", "password", "database")
URL, CREDENTIALS, KIND = "url", "credentials", "kind"
_ENDINGS = {
    URL: ("CONNECTION", "CONN", "CONNSTR", "STRING"),
    "host": ("HOST", "HOSTNAME", "HOSTADDR", "SERVER", "ADDR", "ADDRESS", "ENDPOINT"),
    "port": ("PORT",),
    "user": ("USER", "USERNAME", "LOGIN", "ROLE"),
    "password": ("PASSWORD", "PASS", "PASSWD", "PWD"),
    CREDENTIALS: ("CREDENTIALS",),
    "database": ("DB", "DATABASE", "NAME", "DBNAME"),
    KIND: ("ENGINE", "TYPE", "DIALECT", "BACKEND", "DRIVER"),
}
_OF_A_DATABASE = re.compile(
    r"(?:DB|DATABASE|SQL|SQLALCHEMY|POSTGRES\w*|PG\w*|RDS|DSN|STORE|STORAGE)\d*|\w+(?:DB|DATABASE)"
)
_OF_SOMETHING_ELSE = re.compile(
    r"(?:^|_)(?:SMTP|E?MAIL|REDIS|AMQP|RABBIT\w*|KAFKA|ELASTIC\w*|OPENSEARCH|MONGO\w*|MYSQL|S3|AWS|SENTRY|CELERY|BROKER"
    r"|CACHE|\w*PROXY|SSH|LDAP|OAUTH\w*|OTEL|STATSD|MINIO|VAULT|XDG|VIRTUAL|PYTHON\w*|PIP|CONDA)(?:_|$)"
)
_OURS = re.compile(r"INVOKE_|MIGRATIONS_TOOLS_|PG(?:HOST|PORT|USER|PASSWORD|DATABASE|HOSTADDR|SERVICE)$")
_URL_WORD = re.compile(r"(?:\w\w+)?(?:URL|URI|DSN)")
_SCHEME = re.compile(r"(postgres(?:ql)?(?:\+\w+)?)://", re.IGNORECASE)
_FIRST_PORT = 20_000


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a connection of env.py's was to go; it was not opened."""

    dialect: str
    driver: str
    is_async: bool
    host: str
    port: str
    user: str
    database: str
    password: str = field(repr=False)

    @property
    def is_postgres(self) -> bool:
        """Return whether it is a PostgreSQL server at all."""
        return self.dialect == "postgresql"

    def words(self) -> str:
        """Return it for the user, without the password."""
        if not self.is_postgres:
            return f"a {self.dialect} database" + (f" ({self.database})" if self.database else "")
        return f"{self.host or 'a local socket'}:{self.port}/{self.database or '?'}, user {self.user or '?'}"


@dataclass(frozen=True, slots=True)
class Look:
    """What came of running env.py without a way to anywhere else: where it wanted to go, its error, what it read.

    `reached` tells that it came to where it was to go, `fitting` what values some of the `missing` variables take.
    """

    led: tuple[Destination, ...]
    error: Mapping[str, Any] | None
    missing: tuple[str, ...]
    read: tuple[str, ...]
    options: tuple[str, ...]
    drivers: tuple[str, ...]
    reached: bool = False
    fitting: Mapping[str, str] = field(default_factory=dict)

    @property
    def arrived(self) -> bool:
        """Return whether env.py went where it was to go, and nowhere else."""
        return not self.led and self.error is None

    @property
    def first(self) -> Destination | None:
        """Return where it wanted to go first."""
        return self.led[0] if self.led else None


def parse_look(answer: Mapping[str, Any]) -> Look:
    """Parse the probe's answer."""
    led = tuple(
        Destination(is_async=each["async"], **{key: each[key] for key in ("dialect", "driver", *PARTS)})
        for each in answer["led"]
    )
    lists = {key: tuple(answer[key]) for key in ("missing", "read", "options", "drivers")}
    return Look(led=led, error=answer["error"], reached=bool(answer["opened"]), fitting=answer["fitting"], **lists)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of env.py to make: a sample for each variable (`shapes`), URLs with `scheme`, or for an option.

    `kind` is what a variable is given that chooses the sort of database; empty leaves those alone.
    """

    shapes: Mapping[str, str]
    scheme: str
    kind: str = ""
    option: str = ""

    def samples(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables with their samples."""
        found = {}
        for number, (name, shape) in enumerate(self.shapes.items(), start=1):
            if shape != KIND:
                found[name] = _sample(number, shape, self._scheme(name, environment))
            elif self.kind:
                found[name] = self.kind
        return found

    def option_sample(self) -> dict[str, str]:
        """Return the option with its sample."""
        return {self.option: _sample(0, URL, self.scheme)} if self.option else {}

    def made(self, destination: Destination, environment: Mapping[str, str]) -> dict[str, str]:
        """Return what the variables turned out to make, by name: a part, `url:SCHEME`, or `as:VALUE`."""
        found: dict[str, str] = {}
        for number, (name, shape) in enumerate(self.shapes.items(), start=1):
            parts = [part for part in PARTS if getattr(destination, part) == _tags(number)[part]]
            if shape == URL and "host" in parts:
                found[name] = f"{URL}:{self._scheme(name, environment)}"
            elif shape == CREDENTIALS and {"user", "password"} <= set(parts):
                found[name] = CREDENTIALS
            elif shape in parts:
                found[name] = shape
            elif shape == KIND and self.kind:
                found[name] = f"as:{self.kind}"
        return found

    def option_made(self, destination: Destination) -> dict[str, str]:
        """Return the option with the scheme of its URL, where it makes the address."""
        return {self.option: self.scheme} if self.option and destination.host == _tags(0)["host"] else {}

    def fixed(self, destination: Destination) -> dict[str, str]:
        """Return the parts of an address that no sample stands in."""
        tags = [_tags(number) for number in range(len(self.shapes) + 1)]
        found = {part: str(getattr(destination, part)) for part in PARTS}
        return {part: value for part, value in found.items() if all(value != each[part] for each in tags)}

    def _scheme(self, name: str, environment: Mapping[str, str]) -> str:
        own = _SCHEME.match(environment.get(name, ""))
        return own[1] if own else self.scheme


def _tags(number: int) -> dict[str, str]:
    return {
        "host": f"mt{number}.invalid",  # RFC 2606: a name that no server has
        "port": str(_FIRST_PORT + number),
        "user": f"mtu{number}",
        "password": f"mtp{number}",
        "database": f"mtd{number}",
    }


def _sample(number: int, shape: str, scheme: str) -> str:
    tags = _tags(number)
    if shape == URL:
        return f"{scheme}://{tags['user']}:{tags['password']}@{tags['host']}:{tags['port']}/{tags['database']}"
    return f"{tags['user']}:{tags['password']}" if shape == CREDENTIALS else tags[shape]


def value_of(made: str, server: ServerAddress, original: str = "") -> str:
    """Return what a variable (or an option) is given so that it leads to a server."""
    sort, _, word = made.partition(":")
    if sort == URL:
        return server.url.replace("postgresql", word, 1)
    if sort == "as":
        return word
    if sort == CREDENTIALS:
        return f"{server.user}:{server.password}"
    return server.named(original) if sort == "database" else server.part(sort)


# --- what to try -------------------------------------------------------------------------------------------------


def attempts(look: Look, environment: Mapping[str, str], excluded: Collection[str]) -> Iterator[Attempt]:
    """Yield what to try, the likeliest first, for what env.py has read and where it led by now."""
    schemes = list(_schemes(look))
    usual = candidates(look, environment, excluded, wide=False)
    elsewhere = look.first is not None and not look.first.is_postgres and KIND in usual.values()
    for shapes in _groups(usual):
        for kind in ("", "postgres", "postgresql") if elsewhere else ("",):
            yield from (Attempt(shapes, scheme, kind) for scheme in schemes)
    yield from (Attempt({}, scheme, option=option) for option in look.options for scheme in schemes)
    wide = candidates(look, environment, excluded, wide=True)
    yield from (Attempt(shapes, scheme) for shapes in _groups(wide) if shapes != usual for scheme in schemes)


def _groups(shapes: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Yield all of them, then the URLs alone: one that is not meant for this may stop env.py."""
    if shapes:
        yield shapes
    urls = {name: shape for name, shape in shapes.items() if shape in (URL, KIND)}
    if urls and urls != shapes:
        yield urls


def candidates(look: Look, environment: Mapping[str, str], excluded: Collection[str], *, wide: bool) -> dict[str, str]:
    """Return the variables that are worth a try, each with what it may stand for.

    Read by env.py, or set to the address that it leads to; `wide` takes in those whose names say nothing of a database.
    """
    found, read = {}, {*look.read, *look.missing}
    for name in sorted({*read, *environment}):
        if name in excluded or _OURS.match(name):
            continue
        by_value = _shape_by_value(environment.get(name, ""), look.first)
        if by_value or (name in read and (shape_of(name) or (wide and _may_be_one(name)))):
            found[name] = by_value or _shape(name)
    return found


def _may_be_one(name: str) -> bool:
    return "_" in name and not _OF_SOMETHING_ELSE.search(name.upper()) and _shape(name) not in ("", KIND)


def shape_of(name: str) -> str:
    """Return what a variable of a database may stand for by its name; empty when it is none of a database's."""
    return _shape(name) if _is_of_a_database(name) else ""


def _is_of_a_database(name: str) -> bool:
    words = name.upper().split("_")
    return not _OF_SOMETHING_ELSE.search(name.upper()) and any(_OF_A_DATABASE.fullmatch(word) for word in words)


def _shape(name: str) -> str:
    words = name.upper().split("_")
    if any(_URL_WORD.fullmatch(word) for word in words[-3:]):
        return URL
    last = words[-1]
    exact = next((shape for shape, endings in _ENDINGS.items() if last in endings), "")
    return exact or next((shape for shape, endings in _ENDINGS.items() if last.endswith(endings)), "")


def _shape_by_value(value: str, destination: Destination | None) -> str:
    """Return what a variable stands for by its value; names of users and databases are too common to tell."""
    if destination is None or not destination.is_postgres or not destination.host or not value:
        return ""
    if _SCHEME.search(value):
        return URL if destination.host in value else ""
    return "host" if value == destination.host else ""


def _schemes(look: Look) -> Iterator[str]:
    """Yield the schemes for a URL that nobody has written yet: the driver that is used, or those that are there."""
    first = look.first
    if first is not None and first.is_postgres:
        yield "postgresql" if first.driver == "psycopg2" else f"postgresql+{first.driver}"
    both = [f"postgresql+{name}" for name in ("asyncpg", "psycopg", "psycopg2", "pg8000") if name in look.drivers]
    if first is not None and first.is_async:
        yield from both
    else:
        yield from ("postgresql", *reversed(both))
