"""What must be true of the copy's resolved configuration before anything starts.

The checks compare two resolved configurations and know nothing of the override in between: a Compose that
ignores `!override` without a word (all before 2.24.4) is caught here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_tools.isolation.copy_addresses import fixed
from migrations_tools.isolation.datadirs import holds_data
from migrations_tools.isolation.devices import refused_devices
from migrations_tools.isolation.hazards import shared_namespaces
from migrations_tools.isolation.hosts import HOST_MACHINE, foreign, known_hosts
from migrations_tools.isolation.inputs import LABEL
from migrations_tools.isolation.labels import acted_upon
from migrations_tools.isolation.listen_address import LOOPBACK
from migrations_tools.isolation.loopback_addresses import LoopbackAddresses
from migrations_tools.isolation.names import built_image, container_name, reference
from migrations_tools.isolation.networks import NO_HOST, host_service
from migrations_tools.isolation.plan_values import IsolationPlan
from migrations_tools.isolation.ports import host_ports, originals_of
from migrations_tools.isolation.resolved import ResolvedStack, Service, stack, texts


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both configurations, and what was planned."""

    original: ResolvedStack
    copy: ResolvedStack
    plan: IsolationPlan


@dataclass(frozen=True, slots=True)
class _Subject:
    """One service of the copy, beside what is known of the whole."""

    service: Service
    pair: _Pair


def violations(original: Mapping[str, Any], copy: Mapping[str, Any], plan: IsolationPlan) -> tuple[str, ...]:
    """Return every way in which the copy is not apart from the original, each a finished sentence.

    Both configurations are parsed outputs of `docker compose config --format json`: `original` of
    the stack, `copy` of the same files with the override on top.
    """
    pair = _Pair(stack(original, frozenset(plan.excluded)), stack(copy), plan)
    found = [sentence for check in _STACK_CHECKS for sentence in check(pair)]
    for service in pair.copy.services.values():
        found += [
            f"{service.name}: {sentence}" for check in _SERVICE_CHECKS for sentence in check(_Subject(service, pair))
        ]
    return tuple(dict.fromkeys(found))


def _project(pair: _Pair) -> Iterator[str]:
    if pair.copy.name != pair.plan.project or pair.copy.name == pair.original.name:
        yield f"The copy's project is called {pair.copy.name}, not {pair.plan.project}."


def _same_services(pair: _Pair) -> Iterator[str]:
    planned = {service.service for service in pair.plan.services}
    for name in sorted(set(pair.copy.services) - planned):
        yield f"The copy has the service {name}, which was not planned."
    for name in sorted(planned - set(pair.copy.services)):
        yield f"The copy lacks the planned service {name}."


def _own_resources(pair: _Pair) -> Iterator[str]:
    planned = {"volume": pair.plan.volume_names, "network": pair.plan.network_names}
    pairs = {kind: (pair.original.declared(f"{kind}s"), pair.copy.declared(f"{kind}s")) for kind in planned}
    for kind, (originals, copies) in pairs.items():
        held = {str(body.get("name") or key) for key, body in originals.items()}
        for key, body in sorted(copies.items()):
            name = str(body.get("name") or key)
            if name in held or name not in planned[kind]:
                yield f"The {kind} {key} is called {name}, which is not the copy's own."
            if body.get("external"):
                yield f"The {kind} {key} is external."
            if (body.get("labels") or {}).get(LABEL) != pair.plan.project:
                yield f"The {kind} {key} does not carry the copy's label."


def _plain_volumes(pair: _Pair) -> Iterator[str]:
    for key, body in sorted(pair.copy.volumes.items()):
        if (body.get("driver") or "local") != "local" or body.get("driver_opts"):
            yield f"The volume {key} has a driver or driver options, through which it may reach the original's data."


def _plain_networks(pair: _Pair) -> Iterator[str]:
    for key, body in sorted(pair.copy.networks.items()):
        if (body.get("ipam") or {}).get("config"):
            yield f"The network {key} has fixed addresses."
        if (body.get("driver") or "bridge") not in ("bridge", "default"):
            yield f"The network {key} has the driver {body['driver']}."
        if any(option.endswith("bridge.name") for option in body.get("driver_opts") or {}):
            yield f"The network {key} has a fixed bridge name."


def _cut_off(pair: _Pair) -> Iterator[str]:
    outside = {pair.plan.forwarder.network.key} if pair.plan.forwarder else set()
    for key, body in sorted(pair.copy.networks.items()):
        inward = bool(body.get("internal")) and NO_HOST.items() <= (body.get("driver_opts") or {}).items()
        if pair.plan.internal and key not in outside and not inward:
            yield f"The network {key} leads outside, or to the host."
    for service in pair.copy.services.values():
        inside = not pair.plan.forwarder or service.name != pair.plan.forwarder.service
        if inside and outside & service.networks.keys():
            yield f"{service.name} is on the network that leads outside, where the forwarder alone belongs."


def _no_others(pair: _Pair) -> Iterator[str]:
    for kind in ("configs", "secrets"):
        for key, body in pair.copy.used(kind).items():
            if body.get("external"):
                yield f"The {kind[:-1]} {key} is external."


def _container(subject: _Subject) -> Iterator[str]:
    service, pair = subject.service, subject.pair
    name = service.text("container_name")
    planned = pair.plan.service(service.name)
    held = {container_name(each, pair.original.name) for each in pair.original.everything()}
    if name in held or not name.endswith(pair.plan.suffix) or planned is None or name != planned.container_name:
        yield f"its container is called {name or 'as Compose likes'}, which is not the copy's own name."
    if (service.mapping("labels")).get(LABEL) != pair.plan.project:
        yield "it does not carry the copy's label."


def _image(subject: _Subject) -> Iterator[str]:
    service, pair = subject.service, subject.pair
    built = {
        reference(tag).canonical
        for each in pair.original.everything()
        if each.built
        for tag in (built_image(each, pair.original.name), *(each.build.get("tags") or ()))
    }
    used = (built_image(service, pair.copy.name), *(service.build.get("tags") or ()))
    for tag in used:
        if reference(str(tag)).canonical in built:
            yield f"it uses the image tag {tag}, which the original builds."
    planned = pair.plan.service(service.name)
    if planned and service.text("image") != planned.image:
        yield f"its image is {service.text('image') or 'as Compose likes'}, not the planned {planned.image}."
    if service.build.get("cache_to"):
        yield "its build writes the original's build cache (cache_to)."
    if service.built and (service.build.get("labels") or {}).get(LABEL) != pair.plan.project:
        yield "its image does not carry the copy's label."


def _ports(subject: _Subject) -> Iterator[str]:
    service, pair = subject.service, subject.pair
    ours = originals_of(service)
    declared = host_ports(port for each in pair.original.everything() for port in originals_of(each))
    for number in sorted(host_ports(ours) & declared):
        yield f"it publishes the host port {number}, which the original publishes."
    if not pair.plan.engine_host and any(port.host_ip != LOOPBACK for port in ours):
        yield f"it publishes a port on another address than {LOOPBACK}."
    expected = {port.short() for port in pair.plan.bound(service.name)}
    for extra in sorted({port.short() for port in ours} ^ expected):
        yield f"its published ports are not the planned ones ({extra})."


def _mounts(subject: _Subject) -> Iterator[str]:
    service, pair = subject.service, subject.pair
    planned = pair.plan.service(service.name)
    allowed = {mount.target for mount in planned.mounts if mount.treatment == "allowed"} if planned else set()
    expected = {_end(mount.target): (mount.kind, mount.source) for mount in planned.mounts} if planned else {}
    for raw in service.sequence("volumes"):
        source, target, bind = str(raw.get("source") or ""), str(raw["target"]), raw["type"] == "bind"
        if bind and not raw.get("read_only") and target not in allowed:
            yield f"it can write to the host folder {source} (at {target})."
        if bind and not raw.get("read_only") and holds_data(service, target):
            yield f"its data folder {target} is a folder of the host."
        if bind and pair.plan.engine_host and target not in allowed and (raw.get("bind") or {}).get("create_host_path"):
            yield f"the engine would create {source} on its machine, where it is missing."
        if source.endswith(".sock") or target.endswith(".sock"):
            yield f"a socket of the host is mounted at {target}."
        if expected.get(_end(target)) != (raw["type"], source):
            yield f"what is mounted at {target} is not what was planned."
    missing = set(expected) - {_end(str(raw["target"])) for raw in service.sequence("volumes")}
    yield from (f"nothing is mounted at {target}, where something was planned." for target in sorted(missing))


def _apart(subject: _Subject) -> Iterator[str]:
    service = subject.service
    yield from shared_namespaces(service)
    yield from refused_devices(service)
    yield from (f"its {what} is fixed." for what in fixed(service))
    for key in ("external_links", "use_api_socket", "privileged", "provider", "models"):
        if service.raw.get(key):
            yield f"it still has `{key}`."
    if any(str(entry).startswith("container:") for entry in service.sequence("volumes_from")):
        yield "it takes the volumes of a container outside the stack."


def _labels(subject: _Subject) -> Iterator[str]:
    service = subject.service
    deployed = service.mapping("deploy").get("labels") or {}
    for key in dict.fromkeys((*acted_upon(service.mapping("labels")), *acted_upon(deployed))):
        yield f"it carries the label {key}, on which another program acts (labels may come back through label_file)."


def _lifecycle(subject: _Subject) -> Iterator[str]:
    service = subject.service
    if service.text("restart") in ("always", "unless-stopped") or service.mapping("deploy").get("restart_policy"):
        yield "it would come back after a reboot."
    wanted = service.mapping("deploy").get("replicas", service.raw.get("scale"))
    if wanted is not None and int(wanted) > 1:
        yield "it runs more than one container."


def _addresses(subject: _Subject) -> Iterator[str]:
    service, pair = subject.service, subject.pair
    declared = host_ports(port for each in pair.original.everything() for port in originals_of(each))
    host = host_service(service, pair.copy)
    neighbours = [each for each in pair.copy.services.values() if host and host_service(each, pair.copy) == host]
    known = known_hosts(pair.original) | known_hosts(pair.copy)
    listens = frozenset(port for each in (service, *neighbours) for port in each.listens())
    engine_host = pair.plan.engine_host
    local = LoopbackAddresses(dict.fromkeys(declared, 0), listens, "" if engine_host in known else engine_host)
    before = pair.original.services.get(service.name, Service(service.name, {}))
    for name, value in sorted({**service.arguments, **service.environment}.items()):
        # A value that is the same as in the original leads to where the original's leads.
        same = value == texts({**before.arguments, **before.environment}).get(name)
        if same and local.rewritten(name, value) != value:
            yield f"{name} names an address that the original publishes on this machine."
        if same and any(host in HOST_MACHINE for host in foreign(name, value, known)):
            yield f"{name} names a database or broker on the host machine."


def _led_nowhere(subject: _Subject) -> Iterator[str]:
    tree = subject.pair.plan.override.get("services", {}).get(subject.service.name)
    if not isinstance(tree, Mapping):  # the service is left out
        return
    entries = {str(entry) for entry in subject.service.sequence("extra_hosts")}
    for entry in tree.get("extra_hosts", ()):
        host, _, _ = entry.partition("=")
        others = {each for each in entries if each.partition("=")[0] == host} - set(tree["extra_hosts"])
        if entry not in entries or others:
            yield f"the name {host} does not lead to the container itself, as planned."


_STACK_CHECKS: tuple[Callable[[_Pair], Iterator[str]], ...] = (
    _project,
    _same_services,
    _own_resources,
    _plain_volumes,
    _plain_networks,
    _cut_off,
    _no_others,
)
_SERVICE_CHECKS: tuple[Callable[[_Subject], Iterator[str]], ...] = (
    _container,
    _image,
    _ports,
    _mounts,
    _apart,
    _labels,
    _lifecycle,
    _addresses,
    _led_nowhere,
)


def _end(path: str) -> str:
    return path.rstrip("/") or "/"
