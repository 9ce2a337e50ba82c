"""Which services the copy has: all, or those that are wanted and what these cannot do without."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.resolved import ResolvedStack, Service

_SHARED = ("network_mode", "pid", "ipc", "uts")


def left_out(stack: ResolvedStack, facts: PlanInputs) -> frozenset[str]:
    """Return the services that the copy does without: those excluded, and those that nobody wanted, if some are."""
    if not facts.services:
        return facts.exclude_services
    needed = _with_needed(stack, _wanted(facts))
    return facts.exclude_services | (stack.services.keys() - needed)


def dispensable(stack: ResolvedStack, facts: PlanInputs) -> frozenset[str]:
    """Return the services that neither Alembic's service nor the application needs, and that nobody wants by name."""
    core = {facts.application[0]} if facts.application else set()
    return frozenset(stack.services) - _with_needed(stack, _wanted(facts) | core)


def needs(service: Service) -> frozenset[str]:
    """Return the services that `service` cannot run without: namespaces, volumes and links that it shares."""
    shared = (service.text(key).partition(":") for key in _SHARED)
    named = {target for kind, _, target in shared if kind == "service"}
    entries = (str(entry) for key in ("links", "volumes_from") for entry in service.sequence(key))
    return frozenset(named | {entry.partition(":")[0] for entry in entries if not entry.startswith("container:")})


def _wanted(facts: PlanInputs) -> frozenset[str]:
    # What this tool works with is always there.
    own = (facts.database_service, facts.alembic_service)
    return facts.services | {name for name in own if name is not None}


def _with_needed(stack: ResolvedStack, wanted: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    ahead = sorted(wanted & stack.services.keys())
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += sorted(set(_dependencies(stack.services[name])) & stack.services.keys())
    return frozenset(found)


def _dependencies(service: Service) -> Iterator[str]:
    yield from needs(service)
    for name, how in service.mapping("depends_on").items():
        if (how or {}).get("required", True):
            yield name
    contexts = (service.build.get("additional_contexts") or {}).values()
    yield from (str(value).partition(":")[2] for value in contexts if str(value).startswith("service:"))
