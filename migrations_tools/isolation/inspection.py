"""What must be true of the copy's containers, networks and volumes once they are made, and before anything starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_tools.isolation.inputs import LABEL
from migrations_tools.isolation.networks import NO_HOST
from migrations_tools.isolation.plan_values import IsolationPlan, Mount, PublishedPort, ServicePlan
from migrations_tools.isolation.resolved import within

_SERVICE = "com.docker.compose.service"
_PROJECT = "com.docker.compose.project"
_ONE_OFF = "com.docker.compose.oneoff"
# The engine calls a volume that nobody named by 64 hexadecimal digits.
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
# The engine shows a tmpfs among the mounts or beside them, as it was asked for.
_SHOWN = ("volume", "bind")


@dataclass(frozen=True, slots=True)
class Created:
    """What Compose made: the parsed outputs of `docker inspect` for all that carries the copy's project label."""

    containers: Sequence[Mapping[str, Any]]
    networks: Sequence[Mapping[str, Any]]
    volumes: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Container:
    """One inspected container."""

    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.raw.get("Name", "")).lstrip("/")

    @property
    def labels(self) -> Mapping[str, Any]:
        return (self.raw.get("Config") or {}).get("Labels") or {}

    @property
    def host(self) -> Mapping[str, Any]:
        return self.raw.get("HostConfig") or {}

    @property
    def one_off(self) -> bool:
        return str(self.labels.get(_ONE_OFF, "")).lower() == "true"


@dataclass(frozen=True, slots=True)
class _Pair:
    """A container, and what was planned for it."""

    plan: IsolationPlan
    service: ServicePlan
    container: _Container


def mismatches(plan: IsolationPlan, created: Created, services: Collection[str] | None = None) -> tuple[str, ...]:
    """Return every way in which what was created is not as planned, each a finished sentence.

    With `services`, those alone were to be created, with the networks and volumes that they use.
    """
    wanted = {service.service for service in plan.services} if services is None else set(services)
    containers = [_Container(raw) for raw in created.containers]
    standing = {container.labels.get(_SERVICE) for container in containers if not container.one_off}
    found = [sentence for container in containers for sentence in _of_container(plan, container)]
    found += [
        f"{service.service}: its container {service.container_name} was not created."
        for service in plan.services
        if service.replicas and service.service in wanted and service.service not in standing
    ]
    found += _foreign_namespaces(containers)
    found += _of_networks(plan, created)
    found += _of_volumes(plan, created)
    found += _not_made(plan, created) if services is None else ()
    return tuple(dict.fromkeys(found))


def one_off_mismatches(plan: IsolationPlan, inspected: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every way in which a one-off container (`compose run`) is not as its service was planned."""
    return tuple(dict.fromkeys(_of_container(plan, _Container(inspected))))


# --- networks and volumes ----------------------------------------------------------------------------------------


def _of_networks(plan: IsolationPlan, created: Created) -> Iterator[str]:
    own = {str(raw.get("Id")) for raw in created.containers}
    yield from _as_named("network", plan.network_names, created.networks)
    for raw in created.networks:
        yield from (f"The network {raw.get('Name')}: {sentence}" for sentence in _of_network(plan, raw, own))


def _of_network(plan: IsolationPlan, raw: Mapping[str, Any], own: Iterable[str]) -> Iterator[str]:
    yield from _marked(plan, raw)
    if raw.get("Driver") != "bridge" or (raw.get("ConfigFrom") or {}).get("Network"):
        yield f"its driver is {raw.get('Driver')}, where a bridge of the copy's own was planned."
    if any(option.endswith("bridge.name") for option in raw.get("Options") or {}):
        yield "its bridge has a fixed name, which another network may have too."
    inward = bool(raw.get("Internal")) and NO_HOST.items() <= (raw.get("Options") or {}).items()
    if plan.internal and not inward and not (plan.forwarder and raw.get("Name") == plan.forwarder.network.name):
        yield "it leads outside, or to the host."
    for identity, attached in sorted((raw.get("Containers") or {}).items()):
        if identity not in own:
            yield f"the container {attached.get('Name')}, which is not the copy's, is attached to it."


def _of_volumes(plan: IsolationPlan, created: Created) -> Iterator[str]:
    named = [raw for raw in created.volumes if not _ANONYMOUS.fullmatch(str(raw.get("Name")))]
    yield from _as_named("volume", plan.volume_names, named)
    for raw in named:
        yield from (f"The volume {raw.get('Name')}: {sentence}" for sentence in _of_volume(plan, raw))


def _of_volume(plan: IsolationPlan, raw: Mapping[str, Any]) -> Iterator[str]:
    yield from _marked(plan, raw)
    if raw.get("Driver") != "local" or raw.get("Options"):
        yield "it has a driver or driver options, through which it may reach the original's data."


def _as_named(kind: str, planned: Sequence[str], made: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    names = {str(raw.get("Name")) for raw in made}
    yield from (f"The {kind} {name} was created, which was not planned." for name in sorted(names - set(planned)))


def _not_made(plan: IsolationPlan, created: Created) -> Iterator[str]:
    for kind, planned, made in (
        ("network", plan.network_names, created.networks),
        ("volume", plan.volume_names, created.volumes),
    ):
        missing = set(planned) - {str(raw.get("Name")) for raw in made}
        yield from (f"The {kind} {name} was not created as the copy's own." for name in sorted(missing))


def _marked(plan: IsolationPlan, raw: Mapping[str, Any]) -> Iterator[str]:
    labels = raw.get("Labels") or {}
    if labels.get(_PROJECT) != plan.project or labels.get(LABEL) != plan.project:
        yield f"it is not labelled as part of {plan.project}."


# --- containers --------------------------------------------------------------------------------------------------


def _foreign_namespaces(containers: Sequence[_Container]) -> Iterator[str]:
    """Find containers that live in the network, process or IPC namespace of one that is not the copy's."""
    own = {str(container.raw.get("Id")) for container in containers}
    for container in containers:
        for key in ("NetworkMode", "PidMode", "IpcMode"):
            kind, _, identity = str(container.host.get(key) or "").partition(":")
            if kind == "container" and identity not in own:
                yield f"The container {container.name} shares a namespace with {identity}, which is not the copy's."


def _of_container(plan: IsolationPlan, container: _Container) -> Iterator[str]:
    service = plan.service(str(container.labels.get(_SERVICE, "")))
    if service is None:
        yield f"The container {container.name} belongs to no planned service."
        return
    pair = _Pair(plan, service, container)
    for check in _CHECKS:
        yield from (f"{service.service} ({container.name}): {sentence}" for sentence in check(pair))


def _identity(pair: _Pair) -> Iterator[str]:
    plan, service, container = pair.plan, pair.service, pair.container
    if container.one_off:
        if not container.name.endswith(plan.suffix):
            yield f"a one-off container's name must end in {plan.suffix}."
    elif container.name != service.container_name:
        yield f"it should be called {service.container_name}."
    if container.labels.get(_PROJECT) != plan.project or container.labels.get(LABEL) != plan.project:
        yield f"it is not labelled as part of {plan.project}."
    if service.built and (container.raw.get("Config") or {}).get("Image") != service.image:
        yield f"it does not run the image {service.image}."


def _restart(pair: _Pair) -> Iterator[str]:
    policy = (pair.container.host.get("RestartPolicy") or {}).get("Name") or "no"
    if policy not in ("no", "on-failure"):
        yield f"its restart policy is {policy}, with which it would come back after a reboot."


def _ports(pair: _Pair) -> Iterator[str]:
    # A one-off container publishes nothing unless it is asked to (`run --service-ports`).
    planned = set() if pair.container.one_off else {_binding(port) for port in pair.plan.bound(pair.service.service)}
    bound = set(_bound(pair.container))
    for target, address, port in sorted(bound - planned):
        yield f"it publishes {target} at {address}:{port or 'any port'}, which was not planned."
    for target, address, port in sorted(planned - bound):
        yield f"it does not publish {target} at {address}:{port or 'any port'}."


def _bound(container: _Container) -> Iterator[tuple[str, str, str]]:
    for target, bindings in (container.host.get("PortBindings") or {}).items():
        for binding in bindings or ():
            port = str(binding.get("HostPort") or "")
            yield str(target), str(binding.get("HostIp", "")), "" if port == "0" else port


def _binding(port: PublishedPort) -> tuple[str, str, str]:
    return f"{port.target}/{port.protocol}", port.host_ip, port.published


def _networks(pair: _Pair) -> Iterator[str]:
    attached = set((pair.container.raw.get("NetworkSettings") or {}).get("Networks") or {}) - {"none"}
    mode = str(pair.container.host.get("NetworkMode") or "")
    for name in sorted(attached - set(pair.service.networks)):
        yield f"it is attached to the network {name}, which was not planned."
    for name in sorted(set(pair.service.networks) - attached):
        yield f"it is not attached to the network {name}."
    if mode == "host" or (mode.startswith("container:") and not pair.service.network_mode):
        yield f"its network mode is {mode.partition(':')[0]}."


def _mounts(pair: _Pair) -> Iterator[str]:
    planned = {posixpath.normpath(mount.target): mount for mount in pair.service.mounts}
    volumes = {volume.key: volume.name for volume in pair.plan.volumes}
    mounted = pair.container.raw.get("Mounts") or ()
    held = {posixpath.normpath(str(real.get("Destination", ""))) for real in mounted}
    for target in sorted(target for target, mount in planned.items() if mount.kind in _SHOWN and target not in held):
        yield f"nothing is mounted at {target}, where a {planned[target].kind} was planned."
    for real in mounted:
        wanted = planned.get(posixpath.normpath(str(real.get("Destination", ""))))
        if real.get("Type") == "volume":
            yield from _volume(real, wanted, volumes)
        if real.get("Type") == "bind":
            yield from _bind(real, wanted)


def _volume(real: Mapping[str, Any], wanted: Mount | None, volumes: Mapping[str, str]) -> Iterator[str]:
    name = str(real.get("Name", ""))
    own = name in volumes.values() or _ANONYMOUS.fullmatch(name)
    expected = volumes.get(wanted.source) if wanted and wanted.kind == "volume" else None
    if not own or (expected and name != expected):
        yield f"the volume {name} is mounted at {real.get('Destination')}, which was not planned."


def _bind(real: Mapping[str, Any], wanted: Mount | None) -> Iterator[str]:
    target, source = real.get("Destination"), str(real.get("Source") or "")
    if source.endswith(".sock") or any(within(folder, source) for folder in ("/run", "/var/run")):
        yield f"a socket of the host is mounted at {target}."
    elif real.get("RW") and (wanted is None or wanted.treatment != "allowed"):
        yield f"the host folder {source} is mounted at {target}, and it can write there."
    elif wanted is not None and wanted.kind != "bind":
        yield f"the host folder {source} is mounted at {target}, where a volume of the copy was planned."


def _powers(pair: _Pair) -> Iterator[str]:
    host = pair.container.host
    if host.get("Privileged"):
        yield "it is privileged."
    if host.get("Devices") or host.get("DeviceRequests"):
        yield "it was given devices of the host."
    # CgroupnsMode is not among them: "host" is the engine's own default where the host has cgroup v1.
    for key in ("PidMode", "IpcMode", "UTSMode"):
        if host.get(key) == "host":
            yield f"it shares a namespace with the host ({key})."


_CHECKS: tuple[Callable[[_Pair], Iterator[str]], ...] = (_identity, _restart, _ports, _networks, _mounts, _powers)
