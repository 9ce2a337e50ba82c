"""The copy's published ports: all shifted by one offset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain, combinations

from migrations_tools.compose_tags import Override
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.listen_address import LOOPBACK, address_of, each_once, opened, overlap, place
from migrations_tools.isolation.plan_values import Part, PublishedPort
from migrations_tools.isolation.resolved import ResolvedStack, Service, numbers

HIGHEST = 65535
POSTGRES = 5432


@dataclass(frozen=True, slots=True)
class Ports:
    """The copy's ports by service, and `moved`: host port of the original to host port of the copy."""

    offset: int
    services: Mapping[str, tuple[PublishedPort, ...]]
    moved: Mapping[int, int]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def ports(stack: ResolvedStack, facts: PlanInputs) -> Ports:
    """Shift every published port by the smallest offset that is free for the whole stack."""
    originals = {name: originals_of(service) for name, service in stack.services.items()}
    wanted = host_ports(port for each in originals.values() for port in each)
    declared = host_ports(port for service in stack.everything() for port in originals_of(service))
    taken = declared | facts.busy_ports
    offset = smallest_offset(wanted, taken)
    if offset is None:
        return Ports(0, {}, {}, (_no_offset(wanted),))
    moved = {port: port + offset for port in sorted(declared)}
    services = {
        name: tuple(_shifted(port, offset, address_of(port, facts, _wanted(name, port, stack, facts))) for port in each)
        for name, each in originals.items()
    }
    services = _with_database(services, stack, facts, offset, taken)
    warnings = (*opened(originals, services, facts), *_open_door(services, stack, facts))
    return Ports(offset, services, moved, tuple(_clashes(services, facts)), warnings)


def smallest_offset(wanted: Iterable[int], taken: AbstractSet[int]) -> int | None:
    """Return the smallest k >= 1 for which no shifted port is taken or too high; None without one."""
    ordered = sorted(set(wanted))
    highest = HIGHEST - max(ordered, default=0)
    return next((k for k in range(1, highest + 1) if taken.isdisjoint(port + k for port in ordered)), None)


def originals_of(service: Service) -> tuple[PublishedPort, ...]:
    """Return the ports that `service` publishes, as the resolved configuration has them."""
    return tuple(_original(port) for port in service.sequence("ports"))


def host_ports(published: Iterable[PublishedPort]) -> frozenset[int]:
    """Return every host port of `published`, ranges spread out."""
    return frozenset(number for port in published for number in numbers(port.published))


def part(planned: tuple[PublishedPort, ...]) -> Part:
    """Replace the service's ports; a plain list would be appended to the original's."""
    if not planned:
        return Part()
    changes = tuple(f"port {_words(port)}" for port in planned)
    return Part({"ports": Override([port.short() for port in planned])}, changes)


def database_port(service: Service) -> int:
    """Return the port that PostgreSQL listens on in its container (libpq's PGPORT moves the server too)."""
    text = service.environment.get("PGPORT", "")
    return int(text) if text.isdecimal() else POSTGRES


def _original(port: Mapping[str, object]) -> PublishedPort:
    published = str(port.get("published") or "")
    published = "" if published == "0" else published
    host_ip, protocol = str(port.get("host_ip") or ""), str(port.get("protocol") or "tcp")
    return PublishedPort(host_ip, published, int(str(port["target"])), protocol, published)


def _wanted(name: str, port: PublishedPort, stack: ResolvedStack, facts: PlanInputs) -> bool:
    """Return whether this tool itself must reach a port: the application's, the database's."""
    database = name == facts.database_service and port.target == database_port(stack.services[name])
    return database or (name, port.target) == facts.application


def _shifted(port: PublishedPort, offset: int, address: str) -> PublishedPort:
    moved = "-".join(str(number + offset) for number in _ends(port.published))
    return replace(port, host_ip=address, published=moved)


def _ends(published: str) -> tuple[int, ...]:
    spread = numbers(published)
    return tuple(dict.fromkeys((spread[0], spread[-1]))) if spread else ()


def _with_database(
    services: Mapping[str, tuple[PublishedPort, ...]],
    stack: ResolvedStack,
    facts: PlanInputs,
    offset: int,
    taken: frozenset[int],
) -> dict[str, tuple[PublishedPort, ...]]:
    unique = {name: each_once(each) for name, each in services.items()}
    database = stack.services.get(facts.database_service or "")
    if database is None or database.text("network_mode"):
        return unique
    target = database_port(database)
    if any(port.target == target and port.published for port in unique[database.name]):
        return unique
    used = taken | host_ports(port for each in unique.values() for port in each)
    upwards = chain(range(target + offset, HIGHEST + 1), range(1024, HIGHEST + 1))
    free = next(number for number in upwards if number not in used)
    kept = tuple(port for port in unique[database.name] if port.target != target)
    unpublished = PublishedPort(LOOPBACK, str(free), target, "tcp", "")
    unique[database.name] = (*kept, replace(unpublished, host_ip=address_of(unpublished, facts, wanted=True)))
    return unique


def _open_door(
    services: Mapping[str, tuple[PublishedPort, ...]], stack: ResolvedStack, facts: PlanInputs
) -> Iterable[str]:
    name = facts.database_service or ""
    trusts = name in stack.services and stack.services[name].environment.get("POSTGRES_HOST_AUTH_METHOD") == "trust"
    if facts.engine_host and trusts and services[name]:
        yield (
            f"{name}: whoever reaches {facts.engine_host} enters the copy's database without a password "
            "(POSTGRES_HOST_AUTH_METHOD is trust)."
        )


def _clashes(services: Mapping[str, tuple[PublishedPort, ...]], facts: PlanInputs) -> Iterable[str]:
    listens = "may have to listen on all of them" if facts.engine_host else f"listens on {LOOPBACK} alone"
    pairs = combinations(((name, port) for name, planned in services.items() for port in planned), 2)
    for name, port in dict.fromkeys(later for (_, first), later in pairs if _clash(first, later[1])):
        yield (
            f"{name}: host port {port.original} is published on more than one address for different targets, and "
            f"the copy {listens}; give one of them another port."
        )


def _clash(first: PublishedPort, second: PublishedPort) -> bool:
    used = set(numbers(first.published)).intersection(numbers(second.published))
    return bool(used) and first.protocol == second.protocol and overlap(first.host_ip, second.host_ip)


def _no_offset(wanted: Iterable[int]) -> str:
    return (
        f"No offset moves the published ports (highest {max(wanted, default=0)}) to free ones below {HIGHEST + 1}: "
        "publish lower host ports, or leave a service out with exclude_services."
    )


def _words(port: PublishedPort) -> str:
    return f"{port.original or f'{port.target} of the container'} → {place(port)}"
