"""Networks of the copy, and the names under which services find one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migrations_tools.compose_tags import Override
from migrations_tools.isolation.copy_addresses import FIXED, subnets
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.plan_values import NamedResource, Part
from migrations_tools.isolation.resolved import ResolvedStack, Service

_BRIDGE_NAME = "com.docker.network.bridge.name"
_BRIDGES = frozenset({"", "bridge", "default"})
_KEPT = ("internal", "attachable")
_FAMILIES = ("enable_ipv4", "enable_ipv6")
#: Leaves the bridge without an address of the host's (docs.docker.com, "Bridge network driver"). An internal network
#: alone keeps nobody from the host's own ports, the original's published ones among them.
NO_HOST = {"com.docker.network.bridge.inhibit_ipv4": "true"}


def network_parts(stack: ResolvedStack, planned: tuple[NamedResource, ...], facts: PlanInputs) -> Iterator[Part]:
    """Make the copy's own networks; an entry replaces the original's, so that nothing of it survives."""
    for network in planned:
        body = stack.networks[network.key]
        kept = _inward(body) if facts.internal else _kept(body)
        override = {"networks": {network.key: Override({"name": network.name, **kept, "labels": facts.label})}}
        changes = f"network {network.original} → {network.name}{_dropped(body)}{_cut(facts)}"
        warnings = tuple(f"Network {network.key}: {text}" for text in _warnings(body))
        yield Part(override, (changes,), warnings)


def aliases(stack: ResolvedStack) -> dict[str, tuple[str, ...]]:
    """Return, by service, the container names that it keeps answering to.

    A service inside another's network (`network_mode: service:x`) has no name of its own there:
    its container name is answered by the other.
    """
    found: dict[str, tuple[str, ...]] = dict.fromkeys(stack.services, ())
    for service in stack.services.values():
        container = service.text("container_name")
        host = host_service(service, stack)
        if container and host and container != host:
            found[host] = (*found[host], container)
    return found


def host_service(service: Service, stack: ResolvedStack) -> str:
    """Return the service whose network `service` lives in: itself, mostly; empty when there is none."""
    for _ in stack.services:
        kind, _, target = service.text("network_mode").partition(":")
        if kind != "service":
            return "" if kind else service.name
        if target not in stack.services:
            return ""
        service = stack.services[target]
    return ""


def attachment_part(service: Service, added: tuple[str, ...]) -> Part:
    """Replace the service's networks where aliases are `added` or addresses of its own are to go."""
    attached = {key: _attached(body, added) for key, body in service.networks.items()}
    if all(attached[key] == _filled(body) for key, body in service.networks.items()):
        return Part()
    gone = [key for key in FIXED if any(body.get(key) for body in service.networks.values())]
    changes = (
        *(f"still answers to {alias} on its networks" for alias in added),
        *(f"{key} dropped: the engine gives the copy one of its own" for key in gone),
    )
    return Part({"networks": Override(attached)}, changes)


def cut_off(service: Service, stack: ResolvedStack) -> bool:
    """Return whether all networks of the service are internal in the original: no port of it answers on the host."""
    bodies = [stack.networks.get(key, {}) for key in service.networks]
    return bool(bodies) and all(body.get("internal") for body in bodies)


def _attached(body: Mapping[str, Any], added: tuple[str, ...]) -> dict[str, Any]:
    kept = {key: value for key, value in _filled(body).items() if key not in FIXED}
    names = list(dict.fromkeys((*(body.get("aliases") or ()), *added)))
    return {**kept, "aliases": names} if names else kept


def _filled(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in (None, {}, [])}


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    # Without its subnet, an IPv6 network cannot be made on engines that have no addresses of their own to give.
    families = () if subnets(body) else _FAMILIES
    kept = {key: body[key] for key in (*_KEPT, *families) if body.get(key) not in (None, "")}
    if not _bridged(body):
        return kept
    options = {key: value for key, value in (body.get("driver_opts") or {}).items() if key != _BRIDGE_NAME}
    return _filled({"driver": body.get("driver"), "driver_opts": options}) | kept


def _inward(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = _kept(body)
    options = {key: value for key, value in (kept.get("driver_opts") or {}).items() if "gateway_mode" not in key}
    # The host's IPv6 address in the network cannot be withheld, so that the copy does without IPv6.
    plain = {key: value for key, value in kept.items() if key not in _FAMILIES}
    return {**plain, "driver_opts": {**options, **NO_HOST}, "internal": True}


def _bridged(body: Mapping[str, Any]) -> bool:
    return str(body.get("driver") or "") in _BRIDGES


def _dropped(body: Mapping[str, Any]) -> str:
    named = _BRIDGE_NAME in (body.get("driver_opts") or {})
    dropped = [
        *(["its fixed addresses"] if subnets(body) else []),
        *(["the bridge's fixed name"] if named and _bridged(body) else []),
        *([] if _bridged(body) else [f"the driver {body['driver']} and its options"]),
    ]
    return f" (without {', '.join(dropped)})" if dropped else ""


def _cut(facts: PlanInputs) -> str:
    return ", cut off from the outside" if facts.internal else ""


def _warnings(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("external"):
        yield (
            "it is external, and the copy has a private network in its place: on the original's, the copy would "
            "answer to the original's names; what else is on that network cannot be reached from the copy."
        )
    if not _bridged(body):
        yield (
            f"its driver is {body['driver']}, which ties it to networks outside; the copy has an ordinary bridge in "
            "its place, and what its services reach or offer out there is missing."
        )
