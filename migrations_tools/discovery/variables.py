"""The environment variables that lead an application to the temp database instead of its own.

The application runs here as a plain process, not in the container that its Compose service describes. It gets the
variables that the service sets, with every address of the database service replaced. What is not seen here is caught
later: no statement reaches a database that does not carry the run's token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from migrations_tools.discovery import libpq, postgres_addresses, split_variables
from migrations_tools.discovery.address_search import value_of
from migrations_tools.discovery.env_files import read_env_files
from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.errors import CannotProceed

_TLS = frozenset({"PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGREQUIRESSL"})
# These lead a connection elsewhere although it names a host.
_DETOURS = frozenset({"PGHOSTADDR", "PGSERVICE"})
_USUAL = "DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Variables:
    """What the application's process gets; the values hold a password and never show in a repr.

    `removed` are variables that it must not inherit. `notes` are sentences for the user. `absent` are the services
    of the stack that variables lead to and that do not run here; a note says which variable each. `databases` are
    the project's own names of the databases that variables lead to.
    """

    values: Mapping[str, str] = field(repr=False)
    removed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()

    def laid_over(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the process."""
        return {key: value for key, value in environment.items() if key not in self.removed} | dict(self.values)


def for_application(
    service_environment: Mapping[str, str | None],
    database_service: str,
    original_port: int,
    server: ServerAddress,
    extra: Mapping[str, Any],
    *,
    made: Mapping[str, str] = MappingProxyType({}),
    names: Collection[str] = (),
    other_services: Collection[str] | None = None,
) -> Variables:
    """Return the variables of a Compose service with the database's address replaced.

    `service_environment` is plain text, as the container would see it; `original_port` is the port that the database
    listens on in its container; an empty `database_service` means every PostgreSQL address. `made` are variables that
    were found by trying. `names` are further names of the database (`names_of`), `other_services` those of the rest of
    the stack; without them, every host name without a dot in a URL counts as a service. `extra` wins over all; in its
    values {host}, {port}, {user}, {password}, {database} and {url} stand for the temp database's, and None takes a
    variable away.

    Raises CannotProceed when a variable names several hosts of which one is the database.
    """
    given = {key: value for key, value in service_environment.items() if value is not None}
    ours = frozenset({database_service, *names}) if database_service else None
    changed = _changed(given, server, ours, original_port)
    kept = {key: value for key, value in given.items() if key not in changed.removed}
    elsewhere = "PGHOST" in kept and "PGHOST" not in changed.values
    values = {**kept, **({} if elsewhere else _libpq(server)), **changed.values}
    absent = list(_absent({key: value for key, value in values.items() if key not in extra}, other_services, ours))
    notes = [
        *changed.notes,
        *([] if changed.values or extra or made else [_nothing_named(database_service)]),
        *(f"{name} leads to the service {host}, which does not run here." for name, host in absent),
    ]
    lacking = tuple(sorted({host for _, host in absent}))
    found = Variables(values, changed.removed, tuple(notes), lacking, changed.databases)
    return _with_extra(_with_made(found, made, given, server), extra, server)


def _nothing_named(service: str) -> str:
    named = f"the database service {service}" if service else "a PostgreSQL database"
    return (
        f"No variable names {named}; where the application takes its address from is not known. Give it under"
        " `environment:` with {url}, or {host}, {port}, {user}, {password}, {database}."
    )


def guess(
    folder: Path,
    environment: Mapping[str, str],
    server: ServerAddress,
    extra: Mapping[str, Any],
    *,
    made: Mapping[str, str] = MappingProxyType({}),
    files: Sequence[Path] = (),
    led: bool = False,
) -> Variables:
    """Return the variables for a project without a Compose file.

    Whatever leads to PostgreSQL in the environment, or in the `.env` of `folder` (that of the Alembic configuration),
    leads to the temp database instead; the environment comes before the file. Only what changes is given, and all that
    `files` say, which the user has named. Where nothing leads there, DATABASE_URL is offered, for no driver in
    particular; that is no news where the connections are `led` otherwise.
    """
    file = folder / ".env"
    named = {key: value for key, value in read_env_files(files, environment).items() if key not in environment}
    beside, unread = _beside(file, environment)
    beside |= named
    changed = _changed({**beside, **environment}, server, None, 5432)
    values = {**named, **_libpq(server), **changed.values}
    notes = [*unread, *(f"{name} leads to the temp database." for name in sorted(changed.values)), *changed.notes]
    if not changed.values and not extra and not made:
        values[_USUAL] = server.url
        notes += [] if led else [_offered(file)]
    found = Variables(values, changed.removed, tuple(notes), databases=changed.databases)
    return _with_extra(_with_made(found, made, {**beside, **environment}, server), extra, server)


def _offered(file: Path) -> str:
    return (
        f"No variable with a PostgreSQL address was found in the environment or in {file}; {_USUAL} is set. Where"
        " the application reads another one, give it under `environment:` with {url}."
    )


def _with_made(
    variables: Variables, made: Mapping[str, str], given: Mapping[str, str], server: ServerAddress
) -> Variables:
    """Return the variables with those that were found by trying."""
    found = {name: value_of(part, server, given.get(name, "")) for name, part in made.items()}
    notes = [f"{name} leads to the temp database: the address that env.py connects to moves with it." for name in made]
    return replace(
        variables,
        values={**variables.values, **found},
        removed=variables.removed - frozenset(found),
        notes=(*variables.notes, *notes),
    )


def _beside(file: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return a file's variables; where it cannot be read, why: the application may read it in its own way."""
    try:
        return (read_env_files([file], environment) if file.is_file() else {}), []
    except CannotProceed as error:
        return {}, [f"What {file} says is not followed: {reason}" for reason in error.reasons]


def names_of(config: Mapping[str, Any], service: str) -> frozenset[str]:
    """Return the names that lead to a service of a resolved configuration: container, host name, aliases, links."""
    services = config.get("services") or {}
    own = services.get(service) or {}
    networks = (own.get("networks") or {}).values()
    aliases = chain.from_iterable((network or {}).get("aliases") or () for network in networks)
    links = (link.split(":") for each in services.values() for link in each.get("links") or ())
    linked = (alias for target, *rest in links if target == service for alias in rest)
    return frozenset(filter(None, [service, own.get("container_name"), own.get("hostname"), *aliases, *linked]))


def _changed(
    given: Mapping[str, str], server: ServerAddress, ours: frozenset[str] | None, original_port: int
) -> Variables:
    """Return the variables that change; without names of ours, every PostgreSQL address is meant."""
    values: dict[str, str] = {}
    notes: list[str] = []
    databases: dict[str, str] = {}
    for name, text in sorted(given.items()):
        found = postgres_addresses.replaced(name, text, server, ours)
        notes += [f"{name}: {note}" for note in found.notes]
        databases |= dict.fromkeys(found.databases, name)
        if found.text != text:
            values[name] = found.text
    split = split_variables.replaced(given, server, ours, original_port)
    removed = _DETOURS | split.removed | (_TLS if server.is_plain else frozenset())
    encrypted = sorted(_TLS & set(given)) if server.is_plain else []
    notes += [*split.notes, *(_several(databases) if not server.databases else ())]
    notes += [f"{name} is left out: the temp server takes no encrypted connections." for name in encrypted]
    named = tuple(sorted({*databases, *split.databases}))
    return Variables({**split.values, **values}, removed - set(split.values), tuple(notes), databases=named)


def _several(databases: Mapping[str, str]) -> Iterator[str]:
    if len(databases) > 1:
        named = ", ".join(f"{database} in {name}" for database, name in sorted(databases.items()))
        yield f"Several databases are named ({named}); all of them lead to the one temp database."


def _libpq(server: ServerAddress) -> dict[str, str]:
    """Return libpq's own variables: what a connection that names no host or port is made with.

    Without them it would be made to whatever listens on this machine
    (https://www.postgresql.org/docs/current/libpq-envars.html; asyncpg reads most of them). A server without a
    password in its address leaves it to what was there: PGPASSWORD, a file of passwords.
    """
    place = {"PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user, "PGDATABASE": server.database}
    return {**libpq.variables(server.options), **place, **({"PGPASSWORD": server.password} if server.password else {})}


def _absent(
    values: Mapping[str, str], services: Collection[str] | None, ours: Collection[str] | None
) -> Iterator[tuple[str, str]]:
    for name, text in sorted(values.items()):
        hosts = (
            postgres_addresses.hosts_named(name, text)
            if services is not None
            else postgres_addresses.hosts_of_urls(text)
        )
        for host in sorted(hosts - set(ours or ())):
            if host in services if services is not None else postgres_addresses.is_short(host):
                yield name, host


def _with_extra(variables: Variables, extra: Mapping[str, Any], server: ServerAddress) -> Variables:
    taken = {name for name, value in extra.items() if value is None}
    given = {name: postgres_addresses.filled(value, server) for name, value in extra.items() if value is not None}
    written = {
        each for name, text in given.items() for each in postgres_addresses.replaced(name, text, server, None).databases
    }
    values = {name: value for name, value in variables.values.items() if name not in taken}
    removed = (variables.removed | taken) - frozenset(given)
    databases = tuple(sorted({*variables.databases, *written} - {server.database}))
    return Variables({**values, **given}, removed, variables.notes, variables.absent, databases)
