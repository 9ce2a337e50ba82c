"""Published ports of services whose networks are cut off: the engine publishes none there.

What the original answers at, and the database, are led inside by a forwarder (see `forwarder`); the rest is told.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from migrations_tools.compose_tags import Override
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.listen_address import place
from migrations_tools.isolation.names import Names, fresh
from migrations_tools.isolation.networks import cut_off
from migrations_tools.isolation.plan_values import Forward, Forwarder, NamedResource, Part, PublishedPort
from migrations_tools.isolation.ports import Ports
from migrations_tools.isolation.resolved import ResolvedStack, Service

# Where the forwarder listens in its container: above the ports that want a privilege.
_FIRST = 20000
# Leads nowhere (RFC 5737): names inside are the engine's own to give, and those outside are not to be asked for.
_NO_NAMES = "203.0.113.1"
_SOON = ("timeout:1", "attempts:1")


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The forwarder, if the copy needs one, and by service the ports on networks that are cut off."""

    forwarder: Forwarder | None
    inside: Mapping[str, tuple[PublishedPort, ...]]

    def leads_to(self, service: str, port: PublishedPort) -> bool:
        """Return whether the port is forwarded."""
        forwards = self.forwarder.forwards if self.forwarder else ()
        return any((each.service, each.port) == (service, port) for each in forwards)


def forwarding(stack: ResolvedStack, planned: Ports, names: Names, facts: PlanInputs) -> Forwarding:
    """Decide which ports are forwarded: those that answer in the original, and the database's."""
    inside = {
        name: ports for name, ports in planned.services.items() if ports and _inside(stack.services[name], stack, facts)
    }
    wanted = [name for name in inside if name == facts.database_service or not cut_off(stack.services[name], stack)]
    routes = [(name, port) for name in sorted(wanted) for port in inside[name] if port.protocol == "tcp"]
    if not routes or facts.alembic_service not in stack.services:
        return Forwarding(None, inside)
    forwards = tuple(Forward(name, port, _FIRST + number) for number, (name, port) in enumerate(routes))
    return Forwarding(_forwarder(forwards, stack, names, facts), inside)


def ports_part(service: Service, found: Forwarding) -> Part:
    """Take the ports from a service whose networks are cut off, and say what becomes of them."""
    planned = found.inside.get(service.name, ())
    if not planned:
        return Part()
    return Part(
        {"ports": Override([])} if service.sequence("ports") else {},
        tuple(
            f"port {port.original or port.target} → {place(port)}, by way of the forwarder"
            for port in planned
            if found.leads_to(service.name, port)
        ),
        tuple(
            f"{service.name}: its networks are all internal, so that its published port {port.target}/{port.protocol} "
            "does not answer."
            for port in planned
            if not found.leads_to(service.name, port)
        ),
    )


def inward_part(service: Service, facts: PlanInputs) -> Part:
    """Have names outside fail, and soon: some engines ask for them from networks that are cut off, too."""
    if not facts.internal or not service.networks:
        return Part()
    options = [str(each) for each in service.sequence("dns_opt")]
    kept = [each for each in options if each.partition(":")[0] not in ("timeout", "attempts")]
    return Part({"dns": Override([_NO_NAMES]), "dns_opt": Override([*kept, *_SOON])}, ("no names outside",))


def _inside(service: Service, stack: ResolvedStack, facts: PlanInputs) -> bool:
    return cut_off(service, stack) or (facts.internal and bool(service.networks))


def _forwarder(forwards: tuple[Forward, ...], stack: ResolvedStack, names: Names, facts: PlanInputs) -> Forwarder:
    service = _free("forwarder", {each.name for each in stack.everything()})
    key = _free("outside", stack.declared("networks"))
    container = fresh("container", "forwarder", names.containers.values(), stack, facts)
    network = fresh("network", "outside", (each.name for each in names.networks), stack, facts)
    return Forwarder(service, container, NamedResource(key, "", network), forwards)


def _free(name: str, taken: Container[str]) -> str:
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number}" for number in range(2, 10000))
