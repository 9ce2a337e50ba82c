"""Networks and volumes of the copy, and the names under which services find one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .facts import Facts
from .model import NamedResource, Part
from .resolved import Service, Stack
from .tags import Override

_NETWORK_KEPT = ("driver", "driver_opts", "internal", "attachable", "enable_ipv4", "enable_ipv6")
_BRIDGE_NAME = "com.docker.network.bridge.name"
_ADDRESSES = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address")


def network_parts(stack: Stack, planned: tuple[NamedResource, ...], facts: Facts) -> Iterator[Part]:
    """Make the copy's own networks; an entry replaces the original's, so that nothing of it survives."""
    for network in planned:
        body = stack.networks[network.key]
        kept = {key: body[key] for key in _NETWORK_KEPT if body.get(key) not in (None, {}, "")}
        override = {"networks": {network.key: Override({"name": network.name, **kept, "labels": facts.label})}}
        reasons = tuple(f"Network {network.key}: {reason}" for reason in _network_reasons(body))
        yield Part(override, (f"network {network.original} → {network.name}",), reasons=reasons)


def volume_parts(
    stack: Stack, planned: tuple[NamedResource, ...], fresh: tuple[NamedResource, ...], facts: Facts
) -> Iterator[Part]:
    """Make the copy's own volumes: always local, always empty at first."""
    for volume in (*planned, *fresh):
        override = {"volumes": {volume.key: Override({"name": volume.name, "labels": facts.label})}}
        body = stack.volumes.get(volume.key, {})
        reasons = (f"Volume {volume.key}: {_EXTERNAL_VOLUME}",) if body.get("external") else ()
        yield Part(override, (f"volume {volume.original} → {volume.name}{_dropped(body)}",), reasons=reasons)


def aliases(stack: Stack) -> dict[str, tuple[str, ...]]:
    """Give, by service, the container names that it keeps answering to.

    A service inside another's network (``network_mode: service:x``) has no name of its own there:
    its container name is answered by the other.
    """
    found: dict[str, tuple[str, ...]] = dict.fromkeys(stack.services, ())
    for service in stack.services.values():
        container = service.text("container_name")
        host = host_service(service, stack)
        if container and host and container != host:
            found[host] = (*found[host], container)
    return found


def host_service(service: Service, stack: Stack) -> str:
    """Give the service whose network `service` lives in: itself, mostly; empty when there is none."""
    for _ in stack.services:
        kind, _, target = service.text("network_mode").partition(":")
        if kind != "service":
            return "" if kind else service.name
        if target not in stack.services:
            return ""
        service = stack.services[target]
    return ""


def attachment_part(service: Service, added: tuple[str, ...]) -> Part:
    """Add `added` as aliases on every network of the service, replacing the whole list of networks."""
    missing = {
        key: [alias for alias in added if alias not in (body.get("aliases") or ())]
        for key, body in service.networks.items()
    }
    if not any(missing.values()):
        return Part()
    attached = {
        key: {**_filled(body), "aliases": [*(body.get("aliases") or ()), *missing[key]]}
        for key, body in service.networks.items()
    }
    return Part({"networks": Override(attached)}, tuple(f"still answers to {alias} on its networks" for alias in added))


def cut_off(service: Service, stack: Stack) -> bool:
    """Tell whether all networks of the service are internal, so that no port of it answers on the host."""
    bodies = [stack.networks.get(key, {}) for key in service.networks]
    return bool(bodies) and all(body.get("internal") for body in bodies)


def addresses(service: Service) -> Iterator[str]:
    """Give the reasons against the service's fixed addresses."""
    bodies = {"": service.raw, **{f" on network {key}": body for key, body in service.networks.items()}}
    for place, body in bodies.items():
        for key in _ADDRESSES:
            if body.get(key):
                yield f"{key}{place} is fixed, and two containers cannot have it; remove it."


_EXTERNAL_VOLUME = (
    "it is external, so that it may hold the original's data, which a copy must neither use nor lose; "
    "declare it without `external` in a Compose file of your own for the copy, or leave its services out with "
    "exclude_services."
)


def _filled(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in (None, {}, [])}


def _dropped(body: Mapping[str, Any]) -> str:
    options = body.get("driver_opts") or {}
    driver = body.get("driver") or "local"
    if driver == "local" and not options:
        return ""
    return f" (an ordinary local volume, without the original's driver {driver} and its options)"


def _network_reasons(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("external"):
        yield (
            "it is external; on it the copy's services would answer to the original's names, so that the original's "
            "traffic could reach the copy; declare it without `external`, or leave its services out with "
            "exclude_services."
        )
    if (body.get("ipam") or {}).get("config"):
        yield "its addresses are fixed (ipam), and two networks cannot share them; remove the subnet."
    if _BRIDGE_NAME in (body.get("driver_opts") or {}):
        yield f"its bridge has a fixed name ({_BRIDGE_NAME}), and two networks cannot share it; remove the option."
    if (body.get("driver") or "bridge") not in ("bridge", "default"):
        yield f"its driver is {body['driver']}, which ties it to the host's own network; use the bridge driver."
