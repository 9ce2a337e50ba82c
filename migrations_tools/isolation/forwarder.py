"""The forwarder: a container of the copy that leads connections into networks that have no way out.

It runs in the image that Alembic runs in, so that no other is needed, with nothing of the application's: no
variables, no volumes, no powers. It alone is on the network that leads outside; it listens there and connects
to the published ports and to nothing else, so that whoever is inside finds no way out through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrations_tools.compose_tags import Override
from migrations_tools.isolation.container_lifecycle import image_of
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.names import Names
from migrations_tools.isolation.plan_values import Forwarder, Part, ServicePlan
from migrations_tools.isolation.resolved import ResolvedStack

_START = (
    'python=$1; shift; for each in "$python" python3 python; do'
    ' command -v "$each" >/dev/null 2>&1 && exec "$each" -I -u -c "$@"; done;'
    ' echo "there is no Python in this image" >&2; exit 127'
)


def forwarder_part(forwarder: Forwarder, stack: ResolvedStack, names: Names, facts: PlanInputs) -> Part:
    """Write the forwarder's service and its network."""
    network = Override({"name": forwarder.network.name, "labels": facts.label})
    services = {forwarder.service: _body(forwarder, stack, names, facts)}
    change = f"{forwarder.service}: leads connections to the copy's ports into its networks, and nothing out of them"
    return Part({"services": services, "networks": {forwarder.network.key: network}}, (change,))


def forwarder_plan(forwarder: Forwarder, stack: ResolvedStack, names: Names, facts: PlanInputs) -> ServicePlan:
    """Return the forwarder as one of the copy's services; the ports stay with those they belong to."""
    called = {network.key: network.name for network in names.networks}
    return ServicePlan(
        service=forwarder.service,
        container_name=forwarder.container_name,
        image=image_of(stack.services[facts.alembic_service or ""], names, facts),
        built=False,
        replicas=1,
        network_mode="",
        networks=(forwarder.network.name, *(called[key] for key in _reached(forwarder, stack))),
        aliases=(),
        ports=(),
        mounts=(),
        changes=(),
    )


def _body(forwarder: Forwarder, stack: ResolvedStack, names: Names, facts: PlanInputs) -> Mapping[str, Any]:
    source = stack.services[facts.alembic_service or ""]
    image = image_of(source, names, facts)
    built = {"pull_policy": "never"} if image in names.tags.values() else {}
    platform = {"platform": source.text("platform")} if source.text("platform") else {}
    return {
        "image": image,
        **built,
        **platform,
        "container_name": forwarder.container_name,
        "entrypoint": ["sh", "-c", _START, "sh", facts.python or "python3", _script(), *_routes(forwarder)],
        "restart": "no",
        # The image's own check, if it has one, would ask for an application that does not run here.
        "healthcheck": {"disable": True},
        "read_only": True,
        "cap_drop": ["ALL"],
        "stop_signal": "SIGKILL",
        # The first network by priority is the one whose ports are published.
        "networks": {forwarder.network.key: {"priority": 1000}, **{key: {} for key in _reached(forwarder, stack)}},
        "ports": [port.short() for port in forwarder.ports],
        "labels": facts.label,
    }


def _script() -> str:
    return Path(__file__).with_name("forward.py").read_text(encoding="utf-8")


def _routes(forwarder: Forwarder) -> list[str]:
    return [f"{each.listen}:{each.service}:{each.port.target}" for each in forwarder.forwards]


def _reached(forwarder: Forwarder, stack: ResolvedStack) -> list[str]:
    return sorted({key for each in forwarder.forwards for key in stack.services[each.service].networks})
