"""The nouns of an isolation plan, and their form in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


class NotIsolable(Exception):
    """The stack cannot be copied safely; `reasons` holds every reason, each a finished sentence.

    `without` are the services without which it could be, where the application needs none of them.
    """

    def __init__(self, reasons: tuple[str, ...], without: frozenset[str] = frozenset()) -> None:
        super().__init__("This stack cannot be isolated:\n" + "\n".join(f"  - {r}" for r in reasons))
        self.reasons = reasons
        self.without = without


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """One published port of the copy.

    `host_ip` is empty for every address of the engine's machine; `published` is a host port, a range
    `"7001-7004"`, or empty when the engine picks one; `original` is the host port (or range) in the original,
    empty when it had none.
    """

    host_ip: str
    published: str
    target: int
    protocol: str
    original: str

    def short(self) -> str:
        """Return the short form of the Compose specification."""
        protocol = "" if self.protocol == "tcp" else f"/{self.protocol}"
        published = f"{self.published}:" if self.published or self.host_ip else ""
        address = f"{bracketed(self.host_ip)}:" if self.host_ip else ""
        return f"{address}{published}{self.target}{protocol}"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount of the copy; `source` is a host path, or a volume's key, or empty.

    `treatment`: "kept", "read-only" (a writable folder that became read-only), "fresh" (a bind
    replaced by a volume of the copy), "allowed" (left shared and writable on request), or "left out" (the
    image's own files take its place).
    """

    kind: str
    source: str
    target: str
    read_only: bool
    treatment: str = "kept"
    original: str = ""


@dataclass(frozen=True, slots=True)
class NamedResource:
    """A volume, network or image: its key in the Compose file, its name there, its name in the copy."""

    key: str
    original: str
    name: str


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One service of the copy."""

    service: str
    container_name: str
    image: str
    built: bool
    replicas: int
    network_mode: str
    networks: tuple[str, ...]
    aliases: tuple[str, ...]
    ports: tuple[PublishedPort, ...]
    mounts: tuple[Mount, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forward:
    """A published port of a service without a way out: the forwarder takes it in at its own port `listen`."""

    service: str
    port: PublishedPort
    listen: int


@dataclass(frozen=True, slots=True)
class Forwarder:
    """The service of the copy that leads connections inwards; only it is on `network`, which leads outside."""

    service: str
    container_name: str
    network: NamedResource
    forwards: tuple[Forward, ...]

    @property
    def ports(self) -> tuple[PublishedPort, ...]:
        """The ports that its own container publishes."""
        return tuple(replace(each.port, target=each.listen) for each in self.forwards)


@dataclass(frozen=True, slots=True)
class IsolationPlan:
    """The copy: what everything is called, what was rewritten, and what the user should know.

    `override` is the tree that `override.render` writes out. It may hold values of environment
    variables, so that it is neither shown nor kept in the journal. `engine_host` is the other machine
    that the engine is on, empty for this one.
    """

    project: str
    original_project: str
    suffix: str
    offset: int
    services: tuple[ServicePlan, ...]
    volumes: tuple[NamedResource, ...]
    networks: tuple[NamedResource, ...]
    images: tuple[NamedResource, ...]
    excluded: tuple[str, ...]
    changes: tuple[str, ...]
    warnings: tuple[str, ...]
    internal: bool = False
    forwarder: Forwarder | None = None
    engine_host: str = ""
    override: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def container_names(self) -> tuple[str, ...]:
        """The names of the copy's containers."""
        return tuple(service.container_name for service in self.services)

    @property
    def volume_names(self) -> tuple[str, ...]:
        """The names of the copy's volumes."""
        return tuple(volume.name for volume in self.volumes)

    @property
    def network_names(self) -> tuple[str, ...]:
        """The names of the copy's networks."""
        return tuple(network.name for network in self.networks)

    @property
    def image_tags(self) -> tuple[str, ...]:
        """The tags that the copy builds, each once."""
        return tuple(dict.fromkeys(image.name for image in self.images))

    def bound(self, name: str) -> tuple[PublishedPort, ...]:
        """Return the ports that the container of a service publishes itself, without those that are forwarded."""
        if self.forwarder and name == self.forwarder.service:
            return self.forwarder.ports
        planned = self.service(name)
        forwarded = {each.port for each in self._forwards if each.service == name}
        return tuple(port for port in planned.ports if port not in forwarded) if planned else ()

    def entrance(self, name: str, target: int) -> tuple[str, int]:
        """Return the container, and its port, through which a service's port `target` is published."""
        for each in self._forwards:
            if self.forwarder and (each.service, each.port.target) == (name, target):
                return self.forwarder.container_name, each.listen
        return next(plan.container_name for plan in self.services if plan.service == name), target

    @property
    def _forwards(self) -> tuple[Forward, ...]:
        return self.forwarder.forwards if self.forwarder else ()

    def service(self, name: str) -> ServicePlan | None:
        """Return the plan of the service called `name`, if the copy has it."""
        return next((plan for plan in self.services if plan.service == name), None)


@dataclass(frozen=True, slots=True)
class Part:
    """What one step of planning contributes: override, changes, warnings, and refusals."""

    override: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __add__(self, other: Part) -> Part:
        return Part(
            merged(self.override, other.override),
            self.changes + other.changes,
            self.warnings + other.warnings,
            self.reasons + other.reasons,
        )


def bracketed(host: str) -> str:
    """Return a host as it stands before a port: an IPv6 address in brackets (RFC 3986)."""
    return f"[{host}]" if ":" in host else host


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Make both trees one; where both have a value, `second` wins unless both are mappings."""
    result = dict(first)
    for key, value in second.items():
        before = result.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[key] = merged(before, value) if both and before is not None else value
    return result


def as_json(plan: IsolationPlan) -> dict[str, Any]:
    """Return the plan as JSON values, without the override tree (it may hold secrets)."""
    return {name: _plain(getattr(plan, name)) for name in _names(plan) if name != "override"}


def from_json(data: Mapping[str, Any]) -> IsolationPlan:
    """Read back what `as_json` gave; the plan serves for comparison and cleanup but cannot be rendered.

    Raises `KeyError` or `TypeError` when `data` is not what `as_json` gave.
    """
    return IsolationPlan(
        project=data["project"],
        original_project=data["original_project"],
        suffix=data["suffix"],
        offset=data["offset"],
        services=tuple(_service(each) for each in data["services"]),
        volumes=_resources(data["volumes"]),
        networks=_resources(data["networks"]),
        images=_resources(data["images"]),
        excluded=tuple(data["excluded"]),
        changes=tuple(data["changes"]),
        warnings=tuple(data["warnings"]),
        internal=data["internal"],
        forwarder=_forwarder(data["forwarder"]),
        engine_host=data.get("engine_host", ""),
    )


def _resources(data: Iterable[Mapping[str, str]]) -> tuple[NamedResource, ...]:
    return tuple(NamedResource(**each) for each in data)


def _forwarder(data: Mapping[str, Any] | None) -> Forwarder | None:
    if data is None:
        return None
    forwards = tuple(Forward(**{**each, "port": PublishedPort(**each["port"])}) for each in data["forwards"])
    return Forwarder(**{**data, "network": NamedResource(**data["network"]), "forwards": forwards})


def _service(data: Mapping[str, Any]) -> ServicePlan:
    lists = {name: tuple(data[name]) for name in ("networks", "aliases", "changes")}
    ports = tuple(PublishedPort(**each) for each in data["ports"])
    mounts = tuple(Mount(**each) for each in data["mounts"])
    return ServicePlan(**{**data, **lists, "ports": ports, "mounts": mounts})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in _names(value)}
    return value


def _names(value: Any) -> Iterator[str]:
    return (each.name for each in fields(value))
