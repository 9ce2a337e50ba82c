"""Fixed addresses: two networks, or two containers, cannot have the same; the copy gets what the engine gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from migrations_tools.compose_tags import RESET
from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import ResolvedStack, Service

#: What fixes an address of one container in one network.
FIXED = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address")
_BETWEEN = re.compile(r"[^\w:.]+")


def subnets(network: Mapping[str, Any]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the subnets that a network of the original fixes."""
    pools = (network.get("ipam") or {}).get("config") or ()
    return tuple(ip_network(str(pool["subnet"]), strict=False) for pool in pools if pool.get("subnet"))


def fixed(service: Service) -> Iterator[str]:
    """Name the fixed addresses of a service, with the network where there is one."""
    bodies = {"": service.raw, **{f" on network {key}": body for key, body in service.networks.items()}}
    for place, body in bodies.items():
        yield from (f"{key}{place}" for key in FIXED if body.get(key))


def address_part(service: Service, stack: ResolvedStack, given: Mapping[str, str]) -> Part:
    """Drop the address of the service itself (those in its networks go with these); warn of what leads to others.

    `given` are the variables that the user sets for the copy.
    """
    pools = [pool for body in stack.networks.values() for pool in subnets(body)]
    found = ((place, address) for place, text in _texts(service, given) for address in _addresses(text))
    warnings = tuple(
        f"{service.name}: {place} names {address}, in a network whose addresses the original fixes; nothing of the "
        "copy answers there. Use a service's name."
        for place, address in dict.fromkeys(found)
        if any(address in pool for pool in pools)
    )
    if not service.text("mac_address"):
        return Part(warnings=warnings)
    return Part({"mac_address": RESET}, ("mac_address dropped",), warnings)


def _texts(service: Service, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    environment = {**service.environment, **given}
    yield from ((f"variable {name}", value) for name, value in sorted(environment.items()))
    yield from ((f"build argument {name}", value) for name, value in sorted(service.arguments.items()))
    yield from (("its command", word) for word in service.words())
    for key in ("extra_hosts", "dns"):
        yield from ((key, str(entry)) for entry in service.sequence(key))


def _addresses(text: str) -> Iterator[IPv4Address | IPv6Address]:
    for token in _BETWEEN.split(text):
        # "10.0.0.5:5432" has its port behind, "name:10.0.0.5" a name in front; an IPv6 address has colons of its own.
        for part in token.split(":") if "." in token else (token,):
            if part.count(".") == 3 or part.count(":") > 1:
                yield from _address(part)


def _address(text: str) -> Iterator[IPv4Address | IPv6Address]:
    try:
        yield ip_address(text)
    except ValueError:
        return  # a version number, a time, a name
