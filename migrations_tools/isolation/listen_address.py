"""On which addresses of the engine's machine the copy's ports listen.

On this machine that is the loopback address. On another one a port that must be reached from here cannot stay there;
every other port keeps the original's address, so that the copy is nowhere more open than it has to be.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping

from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.plan_values import PublishedPort, bracketed

LOOPBACK = "127.0.0.1"
#: Docker publishes on every address, of both families, what names none.
EVERYWHERE = ""


def address_of(port: PublishedPort, facts: PlanInputs, wanted: bool) -> str:
    """Return the address for a port of the original; `wanted` are ports that must be reached from here."""
    if not facts.engine_host:
        return LOOPBACK
    return EVERYWHERE if wanted and is_loopback(port.host_ip) else port.host_ip


def is_loopback(address: str) -> bool:
    """Return whether an address that a Compose file publishes on is reached from the machine itself alone."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def overlap(first: str, second: str) -> bool:
    """Return whether two ports of one number cannot be published on both addresses."""
    return first == second or _covers(first, second) or _covers(second, first)


def each_once(ports: Iterable[PublishedPort]) -> tuple[PublishedPort, ...]:
    """Leave out what is published twice, also when the other one covers its address."""
    unique = tuple(dict.fromkeys(ports))
    return tuple(port for port in unique if not any(_makes_needless(other, port) for other in unique))


def opened(
    originals: Mapping[str, tuple[PublishedPort, ...]],
    planned: Mapping[str, tuple[PublishedPort, ...]],
    facts: PlanInputs,
) -> Iterator[str]:
    """Return from where the copy's ports are reached, when the engine is on another machine."""
    host = facts.engine_host
    if not host:
        return
    as_before = []
    for name, port in ((name, port) for name, ports in planned.items() for port in ports):
        if is_loopback(port.host_ip):
            yield f"{name}: {_number(port)} answers on {host} alone, as the original's does."
        elif _is_reached(port, originals[name]):
            as_before.append(f"{name} {_number(port)}")
        else:
            yield (
                f"{name}: {_number(port)} must be reached from here and is published on every address of {host}; "
                "the original's is not."
            )
    if as_before:
        ports = ", ".join(dict.fromkeys(as_before))
        yield f"Whoever reaches {host} reaches these ports of the copy, as they do the original's: {ports}."


def _is_reached(port: PublishedPort, originals: Iterable[PublishedPort]) -> bool:
    wanted = (port.target, port.protocol)
    return any((each.target, each.protocol) == wanted and not is_loopback(each.host_ip) for each in originals)


def _number(port: PublishedPort) -> str:
    return f"port {port.published}" if port.published else f"the port for {port.target}"


def place(port: PublishedPort) -> str:
    """Return where a port listens, as it is shown."""
    address = bracketed(port.host_ip) if port.host_ip else "every address"
    return f"{address}{':' if port.host_ip else ', '}{port.published or 'any'}"


def _covers(wide: str, narrow: str) -> bool:
    six = ":" in narrow
    return wide != narrow and (wide == EVERYWHERE or (wide == "0.0.0.0" and not six) or (wide == "::" and six))  # noqa: S104 - read, not bound


def _makes_needless(other: PublishedPort, port: PublishedPort) -> bool:
    same = (other.published, other.target, other.protocol) == (port.published, port.target, port.protocol)
    return bool(port.published) and same and _covers(other.host_ip, port.host_ip)
