"""Databases and brokers that the copy would reach outside itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import ResolvedStack, Service
from migrations_tools.unknown_names import named_closely

_SCHEME = re.compile(
    r"\b(?:postgres|postgresql|cockroachdb|timescaledb|mysql|mariadb|mongodb|rediss?|valkeys?|amqps?|mssql|oracle"
    r"|clickhouse|nats|kafka|pulsar)(?:\+[\w.]+)*://",
    re.IGNORECASE,
)
_VARIABLE = re.compile(
    r"(?:^|_)(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|MYSQL|MARIADB|MONGO|MONGODB|REDIS|VALKEY|RABBITMQ|AMQP|BROKER)"
    r"_?(?:HOST|HOSTNAME|HOSTADDR|SERVER)$",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(r"\b(?:dbname|user)\s*=")
_KEYWORD_HOST = re.compile(r"\bhost(?:addr)?\s*=\s*'?([^\s']+)")
_QUERY_HOST = re.compile(r"[?&]host(?:addr)?=([^&\s\"']*)")
_VARIABLE_IN_TEXT = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})")
_HERE = re.compile(r"localhost|127(?:\.\d+){3}|0\.0\.0\.0|::1|", re.IGNORECASE)
_HOST_NAME = re.compile(r"[\w.-]+|[0-9a-f:]+", re.IGNORECASE)

# A single name, which only a network's own DNS could know: no address in any spelling, no name of the internet.
_LABEL = re.compile(r"[a-z][a-z0-9_-]*", re.IGNORECASE)
_POSTGRES = re.compile(r"postgres|cockroach|timescale|(?:^|_)(?:DB|DATABASE|PG)_?(?:HOST|SERVER)", re.IGNORECASE)

#: Names and the usual address under which a container reaches the machine it runs on.
HOST_MACHINE = frozenset({"host.docker.internal", "gateway.docker.internal", "host.containers.internal", "172.17.0.1"})
#: Stands for a host that cannot be told from the text with certainty.
UNREADABLE = "?"
#: Stands for a host that is not shown.
HIDDEN = "*"
#: Where a name leads that nothing of the copy answers to: the container itself.
NOWHERE = ("127.0.0.1", "::1")
_LEAVE_OUT = "leave the service out with exclude_services"


def outside_hosts(stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    """Yield a reason for each variable, build argument or command that names a database or broker elsewhere."""
    known = known_hosts(stack) | facts.allow_hosts
    for service in stack.services.values():
        environment = {**service.environment, **facts.environment.get(service.name, {})}
        stale = stale_hosts(service, stack, facts)
        for place, variable, value, way_out in _values(service, environment):
            for host in foreign(variable, expanded(value, environment), known):
                if place == variable and variable in stale.get(host, ()):
                    continue
                # A host that came out of another variable is not shown: that could be a password.
                shown = host if host in value or host == UNREADABLE else HIDDEN
                yield f"{service.name}: {_reason(place, shown, way_out)}"


def stale_hosts(service: Service, stack: ResolvedStack, facts: PlanInputs) -> dict[str, list[str]]:
    """Return the variables that name a host which nothing answers to, by host; the copy can be kept from it safely.

    That is a single name which its variable shows, and which is not where the service has its PostgreSQL: a service
    that reaches the copy's database has it there. Such a name is led nowhere (`stale_part`), which Docker cannot do
    in the network of another container.
    """
    environment = {**service.environment, **facts.environment.get(service.name, {})}
    known = known_hosts(stack) | facts.allow_hosts
    elsewhere = HOST_MACHINE | {facts.engine_host} | set(_own_hosts(service))
    shown = {host for name, value in environment.items() for host in foreign(name, value, known)}
    at_database = _reaches_database(environment, stack, facts)
    found: dict[str, list[str]] = {}
    for name, value in sorted(environment.items()):
        if service.text("network_mode") or (_names_postgres(name, value) and not at_database):
            continue
        for host in shown.intersection(foreign(name, expanded(value, environment), known)):
            if _LABEL.fullmatch(host) and host.lower() not in elsewhere:
                found.setdefault(host, []).append(name)
    return found


def stale_part(service: Service, stack: ResolvedStack, facts: PlanInputs) -> Part:
    """Lead the names that nothing of the copy answers to to the container itself, with a warning for each."""
    stale = stale_hosts(service, stack, facts)
    if not stale:
        return Part()
    warnings = [
        f"{service.name}: {', '.join(names)} {'names' if len(names) == 1 else 'name'} a database or broker at {host}, "
        "which is not a service of this stack: in the copy the name leads nowhere. If the service needs it, give the "
        f"copy another value (environment: {service.name}: {names[0]}), or allow the host with allow_hosts."
        for host, names in sorted(stale.items())
    ]
    entries = [f"{host}={address}" for host in sorted(stale) for address in NOWHERE]
    return Part({"extra_hosts": entries}, tuple(f"host {host} → nowhere" for host in sorted(stale)), tuple(warnings))


def _own_hosts(service: Service) -> Iterator[str]:
    for entry in service.sequence("extra_hosts"):
        yield re.split("[=:]", str(entry), maxsplit=1)[0].lower()


def _reaches_database(environment: Mapping[str, str], stack: ResolvedStack, facts: PlanInputs) -> bool:
    others = known_hosts(stack) - _names_of(facts.database_service, stack)
    return any(
        _names_postgres(name, value)
        and foreign(name, expanded(value, environment), others)
        and not foreign(name, expanded(value, environment), known_hosts(stack))
        for name, value in environment.items()
    )


def _names_postgres(variable: str, value: str) -> bool:
    schemes = _SCHEME.findall(value)
    return bool(_KEYWORDS.search(value) or any(map(_POSTGRES.search, schemes or [variable])))


def unmatched_hosts(stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    """Yield a warning for each host of `allow_hosts` that no database or broker address names."""
    known = known_hosts(stack)
    named = {
        host
        for service in stack.services.values()
        for environment in [{**service.environment, **facts.environment.get(service.name, {})}]
        for _, variable, value, _ in _values(service, environment)
        for host in foreign(variable, expanded(value, environment), known)
    }
    for host in sorted(facts.allow_hosts - named):
        near = named_closely(host, named)
        yield f"allow_hosts has {host}, which no database or broker address of the stack names{near}"


def _values(service: Service, environment: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for name, value in sorted(environment.items()):
        yield name, name, value, f"give the copy another value (environment: {service.name}: {name})"
    for name, value in sorted(service.arguments.items()):
        yield f"build argument {name}", name, value, _LEAVE_OUT
    for word in service.words():
        yield "its command", "", word, _LEAVE_OUT


def expanded(value: str, environment: Mapping[str, str]) -> str:
    """Put the service's own variables in the place of `$NAME`, `${NAME}` and `${NAME:-default}`."""
    return _VARIABLE_IN_TEXT.sub(lambda match: environment.get(match[1] or match[2]) or match[3] or match[0], value)


def known_hosts(stack: ResolvedStack) -> frozenset[str]:
    """Return the names that lead to a service of the copy: services, aliases, links, container names."""
    links = (str(link).rpartition(":")[2] for each in stack.services.values() for link in each.sequence("links"))
    return frozenset(links).union(*(_names_of(name, stack) for name in stack.services))


def _names_of(name: str | None, stack: ResolvedStack) -> frozenset[str]:
    if name is None or name not in stack.services:
        return frozenset()
    service = stack.services[name]
    aliases = (alias for body in service.networks.values() for alias in body.get("aliases") or ())
    return frozenset({name, *aliases} | ({service.text("container_name")} - {""}))


def foreign(variable: str, value: str, known: frozenset[str]) -> list[str]:
    """Return the hosts named in `value` that are neither `known` nor the container itself."""
    hosts = [*url_hosts(value), *_keyword_hosts(value)]
    if _VARIABLE.search(variable) and not hosts:
        hosts = [_without_port(part.strip()) for part in value.split(",")]
    return [host for host in dict.fromkeys(hosts) if not at_home(host, known)]


def url_hosts(value: str) -> Iterator[str]:
    """Yield the hosts of every database or broker URL in `value`, `UNREADABLE` where one cannot be told."""
    for match in _SCHEME.finditer(value):
        url = re.split(r"[\s\"'<>]", value[match.end() :], maxsplit=1)[0]
        authority = re.split(r"[/?#]", url, maxsplit=1)[0]
        # An "@" further on means a password with a raw slash; what is the host then, drivers disagree on.
        if "@" not in authority and "@" in url:
            yield UNREADABLE
            continue
        yield from (_without_port(part) for part in authority.rpartition("@")[2].split(","))
        yield from (host for query in _QUERY_HOST.findall(url) for host in query.split(","))


def _keyword_hosts(value: str) -> Iterator[str]:
    if _KEYWORDS.search(value) and not _SCHEME.search(value):
        for hosts in _KEYWORD_HOST.findall(value):
            yield from hosts.split(",")


def _without_port(part: str) -> str:
    if part.startswith("["):
        return part[1:].partition("]")[0]
    return part.partition(":")[0]


def at_home(host: str, known: frozenset[str]) -> bool:
    """Return whether a host is one of the `known` ones, the container itself, or a socket."""
    socket = host.startswith(("/", "%2F", "%2f"))
    return socket or host in known or bool(_HERE.fullmatch(host))


def _reason(place: str, host: str, way_out: str) -> str:
    if host == HIDDEN:
        where = "at a host that another variable gives"
    elif _HOST_NAME.fullmatch(host) or _VARIABLE_IN_TEXT.fullmatch(host):
        where = f"at {host}"
    else:
        return f"{place} names a database or broker whose host cannot be told with certainty; {way_out}."
    if host in HOST_MACHINE:
        return (
            f"{place} names a database or broker {where}, which is the host machine itself: the original's own may "
            f"listen there; {way_out}."
        )
    return (
        f"{place} names a database or broker {where}, which is not a service of this stack; a migration could run "
        f"there; {way_out}, or allow the host with allow_hosts."
    )
