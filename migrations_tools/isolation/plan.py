"""From a resolved configuration to the plan of its copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrations_tools.compose_tags import RESET, Override
from migrations_tools.isolation import container_lifecycle, hazards, hosts, plan_warnings
from migrations_tools.isolation import mounts as mounting
from migrations_tools.isolation import ports as porting
from migrations_tools.isolation.copy_addresses import address_part
from migrations_tools.isolation.database_access import database_part
from migrations_tools.isolation.devices import power_part
from migrations_tools.isolation.forwarder import forwarder_part, forwarder_plan
from migrations_tools.isolation.forwarding import Forwarding, forwarding, inward_part, ports_part
from migrations_tools.isolation.grouping import grouped
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.labels import label_part, proxy_part
from migrations_tools.isolation.loopback_addresses import LoopbackAddresses, local_part
from migrations_tools.isolation.mounts import Mounts
from migrations_tools.isolation.names import Names, built_image, names
from migrations_tools.isolation.networks import aliases, attachment_part, host_service, network_parts
from migrations_tools.isolation.plan_values import IsolationPlan, NotIsolable, Part, PublishedPort, ServicePlan
from migrations_tools.isolation.ports import Ports
from migrations_tools.isolation.resolved import ResolvedStack, Service
from migrations_tools.isolation.resolved import stack as read
from migrations_tools.isolation.selection import dispensable, left_out
from migrations_tools.isolation.versions import Switch, switch
from migrations_tools.isolation.volumes import volume_parts


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Everything that is decided for the stack as a whole before its services are planned."""

    stack: ResolvedStack
    switch: Part
    facts: PlanInputs
    names: Names
    ports: Ports
    mounts: Mounts
    aliases: Mapping[str, tuple[str, ...]]
    forwarding: Forwarding


def plan(config: Mapping[str, Any], facts: PlanInputs) -> IsolationPlan:
    """Plan an isolated copy of the stack.

    `config` is the parsed output of `docker compose config --format json` for the original. Raises
    `NotIsolable` with every reason at once.
    """
    drawing = _drawing(switch(read(config, left_out(read(config), facts)), facts), facts)
    services = {name: _service_part(service, drawing) for name, service in drawing.stack.services.items()}
    shared = sum(_shared_parts(drawing), Part({"name": facts.copy}))
    reasons = (*_reasons(drawing), *shared.reasons, *(reason for part in services.values() for reason in part.reasons))
    if reasons:
        raise NotIsolable(grouped(reasons, drawing.stack.services), _without(config, drawing, reasons))
    whole = sum((_placed(name, part) for name, part in services.items()), shared)
    return _assembled(drawing, services, whole)


def _without(config: Mapping[str, Any], drawing: _Drawing, reasons: Iterable[str]) -> frozenset[str]:
    """Return the services that are to be left out so that no reason is left; empty where the rest needs one."""
    named = frozenset(reason.partition(": ")[0] for reason in reasons)
    facts = drawing.facts
    if not named <= dispensable(drawing.stack, facts):
        return frozenset()
    try:
        plan(config, replace(facts, exclude_services=facts.exclude_services | named))
    except NotIsolable as error:
        # What cannot run without one of them goes with it.
        return named | error.without if error.without else frozenset()
    return named


def _drawing(switched: Switch, facts: PlanInputs) -> _Drawing:
    stack = switched.stack
    named, ported = names(stack, facts), porting.ports(stack, facts)
    mounted = mounting.mounts(stack, named, facts)
    forwarded = forwarding(stack, ported, named, facts)
    return _Drawing(stack, switched.part, facts, named, ported, mounted, aliases(stack), forwarded)


def _reasons(drawing: _Drawing) -> Iterator[str]:
    yield from hazards.refusals(drawing.stack, drawing.facts)
    yield from hosts.outside_hosts(drawing.stack, drawing.facts)
    yield from drawing.names.reasons
    yield from drawing.ports.reasons
    yield from drawing.mounts.reasons


def _shared_parts(drawing: _Drawing) -> Iterator[Part]:
    stack, facts = drawing.stack, drawing.facts
    yield from network_parts(stack, drawing.names.networks, facts)
    yield from volume_parts(stack, drawing.names.volumes, drawing.mounts.fresh, facts)
    yield Part(warnings=(*drawing.ports.warnings, *mounting.files_elsewhere(stack, facts)))
    for name in stack.left_out:
        yield Part({"services": {name: RESET}}, (f"{name}: left out of the copy",))
    if drawing.forwarding.forwarder:
        yield forwarder_part(drawing.forwarding.forwarder, stack, drawing.names, facts)
    yield Part(warnings=(*plan_warnings.memory_warning(stack), *hosts.unmatched_hosts(stack, facts)))


def _service_part(service: Service, drawing: _Drawing) -> Part:
    return sum(_steps(service, drawing), Part())


def _steps(service: Service, drawing: _Drawing) -> Iterator[Part]:
    facts, name = drawing.facts, service.name
    given = facts.environment.get(name, {})
    yield _container_part(service, drawing)
    yield container_lifecycle.image_part(service, drawing.names, facts)
    yield from _port_parts(service, drawing)
    yield mounting.part(service, drawing.mounts)
    yield attachment_part(service, drawing.aliases[name])
    yield address_part(service, drawing.stack, given)
    yield inward_part(service, facts)
    yield hosts.stale_part(service, drawing.stack, facts)
    yield power_part(service)
    yield container_lifecycle.restart_part(service)
    yield container_lifecycle.replicas_part(service)
    yield container_lifecycle.health_part(service)
    yield local_part(service, _local(service, drawing), drawing.names.tags)
    yield proxy_part(service)
    yield label_part(service, facts)
    if name == facts.database_service:
        yield drawing.switch
        yield database_part(service)
    yield _without_left_out(service, drawing.stack)
    yield _given_part(given)
    yield Part(warnings=mounting.nested_warnings(service, drawing.mounts, facts))
    yield Part(warnings=tuple(plan_warnings.warnings(service, drawing.stack, facts)))


def _port_parts(service: Service, drawing: _Drawing) -> Iterator[Part]:
    if service.name in drawing.forwarding.inside:
        yield ports_part(service, drawing.forwarding)
    else:
        yield porting.part(drawing.ports.services.get(service.name, ()))


def _local(service: Service, drawing: _Drawing) -> LoopbackAddresses:
    # A service of the same name as the engine's machine is who answers to it inside the stack.
    host = drawing.facts.engine_host
    listens = service.listens() | _neighbours(service, drawing.stack)
    return LoopbackAddresses(drawing.ports.moved, listens, "" if host in hosts.known_hosts(drawing.stack) else host)


def _container_part(service: Service, drawing: _Drawing) -> Part:
    original = service.text("container_name") or service.name
    name = drawing.names.containers[service.name]
    return Part({"container_name": name}, (f"container {original} → {name}",))


def _given_part(given: Mapping[str, str]) -> Part:
    if not given:
        return Part()
    return Part(
        {"environment": dict(sorted(given.items()))}, tuple(f"variable {key} set for the copy" for key in sorted(given))
    )


def _without_left_out(service: Service, stack: ResolvedStack) -> Part:
    needed = service.mapping("depends_on")
    kept = {key: value for key, value in needed.items() if key not in stack.left_out}
    return Part({"depends_on": Override(kept)}) if len(kept) < len(needed) else Part()


def _neighbours(service: Service, stack: ResolvedStack) -> frozenset[int]:
    host = host_service(service, stack)
    shared = (other for other in stack.services.values() if host and host_service(other, stack) == host)
    return frozenset(port for other in shared for port in other.listens())


def _placed(name: str, part: Part) -> Part:
    """Put the service's part at its place in the tree, its changes with the service's name."""
    return replace(
        part, override={"services": {name: part.override}}, changes=tuple(f"{name}: {c}" for c in part.changes)
    )


def _assembled(drawing: _Drawing, parts: Mapping[str, Part], whole: Part) -> IsolationPlan:
    facts, forwarder = drawing.facts, drawing.forwarding.forwarder
    services = [_service_plan(each, drawing, parts[each.name]) for each in drawing.stack.services.values()]
    if forwarder:
        services.append(forwarder_plan(forwarder, drawing.stack, drawing.names, facts))
    return IsolationPlan(
        project=facts.copy,
        original_project=facts.project,
        suffix=facts.suffix,
        offset=drawing.ports.offset,
        services=tuple(services),
        volumes=(*drawing.names.volumes, *drawing.mounts.fresh),
        networks=(*drawing.names.networks, *((forwarder.network,) if forwarder else ())),
        images=drawing.names.images,
        excluded=tuple(drawing.stack.left_out),
        changes=whole.changes,
        warnings=grouped(whole.warnings, drawing.stack.services),
        internal=facts.internal,
        forwarder=forwarder,
        engine_host=facts.engine_host,
        override=whole.override,
    )


def _service_plan(service: Service, drawing: _Drawing, part: Part) -> ServicePlan:
    networks = {network.key: network.name for network in drawing.names.networks}
    return ServicePlan(
        service=service.name,
        container_name=drawing.names.containers[service.name],
        image=container_lifecycle.image_of(service, drawing.names, drawing.facts)
        or built_image(service, drawing.facts.project),
        built=service.built,
        replicas=container_lifecycle.replicas(service),
        network_mode=service.text("network_mode"),
        networks=tuple(networks[key] for key in service.networks),
        aliases=drawing.aliases[service.name],
        ports=_answering(service, drawing),
        mounts=drawing.mounts.of(service.name),
        changes=part.changes,
    )


def _answering(service: Service, drawing: _Drawing) -> tuple[PublishedPort, ...]:
    planned, found = drawing.ports.services.get(service.name, ()), drawing.forwarding
    if service.name not in found.inside:
        return planned
    return tuple(port for port in planned if found.leads_to(service.name, port))
