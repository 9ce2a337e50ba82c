"""Mounts: named volumes get the copy's names, host folders are never written by both copies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_tools.compose_tags import Override
from migrations_tools.isolation.datadirs import holds_data
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.mount_entries import entry_mounts, folders_to_list
from migrations_tools.isolation.names import Names
from migrations_tools.isolation.names import fresh as fresh_name
from migrations_tools.isolation.plan_values import Mount, NamedResource, Part
from migrations_tools.isolation.resolved import ResolvedStack, Service, within
from migrations_tools.isolation.resolved import stack as read

# Folders in which the engine keeps its sockets; a mount of one of their parents reaches them too,
# and a read-only mount does not keep anybody from connecting.
_SOCKET_FOLDERS = ("/run", "/var/run")
_LOCAL_KINDS = frozenset({"volume", "bind", "tmpfs", "image"})


@dataclass(frozen=True, slots=True)
class Mounts:
    """The copy's mounts by service, and the volumes that take the place of host folders."""

    services: Mapping[str, tuple[Mount, ...]]
    fresh: tuple[NamedResource, ...]
    raw: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    reasons: tuple[str, ...] = ()
    engine_host: str = ""

    def of(self, service: str) -> tuple[Mount, ...]:
        """Return the mounts that a service of the copy has."""
        return tuple(mount for mount in self.services[service] if mount.treatment != "left out")


def host_paths(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the absolute host paths whose kind planning wants in `Facts.bind_sources`.

    These are the sources of bind mounts, and the places inside them at which something else is
    mounted (there the engine would create a folder when none exists).
    """
    plain = read(config)
    return frozenset(path for service in plain.services.values() for path in _paths(service))


def wanted_folders(
    config: Mapping[str, Any], bind_sources: Mapping[str, str], writable: Collection[str]
) -> frozenset[str]:
    """Return the folders whose entries planning wants in `PlanInputs.folders`; the rest is as planning gets it."""
    found: set[str] = set()
    for service in read(config).services.values():
        for mount in (_mount(raw) for raw in service.sequence("volumes")):
            inside = [*_below(service, [mount]), *(path for path in writable if within(path, mount.source))]
            if mount.kind == "bind":
                missing = [point for point in inside if bind_sources.get(point) == "missing"]
                found.update(folders_to_list(mount.source, missing))
    return frozenset(found)


def mounts(stack: ResolvedStack, names: Names, facts: PlanInputs) -> Mounts:
    """Decide for each mount: kept, read-only, or a fresh volume."""
    pairs = {name: tuple(_planned(service, facts)) for name, service in stack.services.items()}
    services = {name: tuple(mount for mount, _ in each) for name, each in pairs.items()}
    sources = sorted({mount.source for each in services.values() for mount in each if mount.treatment == "fresh"})
    fresh = _fresh(sources, stack, names, facts)
    keys = {source: volume.key for source, volume in zip(sources, fresh, strict=True)}
    # Whoever shares such a folder shares the volume, also where the folder was only read.
    named = {name: tuple(_named(mount, keys) for mount in each) for name, each in services.items()}
    raw = {name: tuple(given for _, given in each) for name, each in pairs.items()}
    reasons = (
        f"{name}: {text}" for name, each in stack.services.items() for text in _refusals(each, named[name], facts)
    )
    return Mounts(named, fresh, raw, (*unmatched_writable(stack, facts), *reasons), facts.engine_host)


def part(service: Service, planned: Mounts) -> Part:
    """Replace the service's mounts when one of them is another than in the original."""
    ours = planned.services[service.name]
    changed = [mount for mount in ours if mount.treatment in ("read-only", "fresh", "left out")]
    allowed = tuple(
        f"{service.name}: {mount.source} stays shared with the original and writable, as allowed."
        for mount in ours
        if mount.treatment == "allowed"
    )
    warnings = (*allowed, *_elsewhere(service, planned))
    if not changed and not any(_must_exist(mount, planned.engine_host) for mount in ours):
        return Part(warnings=warnings)
    pairs = [pair for pair in zip(ours, planned.raw[service.name], strict=True) if pair[0].treatment != "left out"]
    override = {"volumes": Override([_emitted(mount, raw, planned.engine_host) for mount, raw in pairs])}
    volumes = {volume.key: volume.name for volume in planned.fresh}
    return Part(override, tuple(dict.fromkeys(_words(mount, volumes) for mount in changed)), warnings)


def nested_warnings(service: Service, planned: Mounts, facts: PlanInputs) -> tuple[str, ...]:
    """Warn of mount points inside a folder that became read-only, of which nobody said that they exist."""
    return tuple(
        f"{service.name}: something is mounted at {point} inside a folder that is read-only in the copy; "
        "the folder must exist on the host."
        for point in _nested(service, planned.services[service.name])
        if point not in facts.bind_sources
    )


def files_elsewhere(stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    """Warn of configs and secrets from files: Compose has the engine mount these from its own machine."""
    for kind in ("configs", "secrets") if facts.engine_host else ():
        for key, body in stack.used(kind).items():
            if body.get("file"):
                yield (
                    f"The {kind[:-1]} {key} is the file {body['file']} of {facts.engine_host}, not of this machine; "
                    "it must exist there."
                )


def _paths(service: Service) -> Iterator[str]:
    planned = [_mount(raw) for raw in service.sequence("volumes")]
    for mount in planned:
        if mount.kind == "bind":
            yield mount.source
    yield from _below(service, [mount for mount in planned if mount.kind == "bind"])


def _mount(raw: Mapping[str, Any], treatment: str = "kept") -> Mount:
    source = str(raw.get("source") or "")
    return Mount(str(raw["type"]), source, str(raw["target"]), bool(raw.get("read_only")), treatment, source)


def _planned(service: Service, facts: PlanInputs) -> Iterator[tuple[Mount, Mapping[str, Any]]]:
    """Yield each planned mount with the mount of the configuration that it comes from."""
    for raw in service.sequence("volumes"):
        mount = _decided(_mount(raw), service, facts)
        inner = tuple(_written_inside(mount, facts))
        own = {each.source for each in inner}
        missing = [path for path in sorted(own) if facts.bind_sources.get(path) == "missing"]
        entries = entry_mounts(mount, [*_missing(service, [mount], facts), *missing], facts.folders)
        yield from ((each, _moved(raw, each)) for each in entries or (mount,) if each.source not in own)
        yield from ((each, _moved(raw, each)) for each in inner)


def _moved(raw: Mapping[str, Any], mount: Mount) -> Mapping[str, Any]:
    """Return the mount of the configuration, as it would be written for a part of its folder."""
    same = mount.target == str(raw["target"])
    return raw if same else {**raw, "source": mount.source, "target": mount.target}


def _written_inside(mount: Mount, facts: PlanInputs) -> Iterator[Mount]:
    """Yield a volume of the copy's own for each folder inside a read-only mount that the copy is to write to."""
    if mount.treatment == "read-only":
        for path in sorted(facts.writable_mounts):
            if path != mount.source and within(path, mount.source):
                target = posixpath.join(mount.target, posixpath.relpath(path, mount.source))
                yield Mount("bind", path, target, False, "fresh", path)


def unmatched_writable(stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    """Yield a reason for each writable folder that is neither a mount of the copy nor inside one."""
    sources = {
        mount.source for service in stack.services.values() for mount in map(_mount, service.sequence("volumes"))
    }
    for path in sorted(facts.writable_mounts):
        if not any(source.startswith("/") and (within(path, source) or within(source, path)) for source in sources):
            yield f"The setting writable_mounts names {path}, which no service mounts, nor a folder around it."


def _decided(mount: Mount, service: Service, facts: PlanInputs) -> Mount:
    if mount.kind != "bind":
        return mount
    kind = facts.bind_sources.get(mount.source, "other")
    own_files = kind == "file" or (mount.read_only and kind == "tracked")
    # That a folder is missing here says nothing about the engine's machine, when that is another one.
    absent = kind == "missing" and not (facts.engine_host and mount.read_only)
    if absent or (holds_data(service, mount.target) and not own_files):
        return _with(mount, "fresh", mount.read_only)
    return mount if mount.read_only else _written(mount, kind, service, facts)


def _written(mount: Mount, kind: str, service: Service, facts: PlanInputs) -> Mount:
    if any(within(mount.source, path) for path in facts.writable_mounts):
        return _with(mount, "allowed", False)
    if kind == "tracked" and facts.engine_host and _is_in_image(mount, service):
        return _with(mount, "left out", False)
    if kind in ("tracked", "file"):
        return _with(mount, "read-only", True)
    return _with(mount, "fresh", False)


def _is_in_image(mount: Mount, service: Service) -> bool:
    """Return whether a source folder is in the build context, so that the image has it as it was at the build."""
    context = str(service.build.get("context") or "")
    return context.startswith("/") and within(mount.source, context)


def _with(mount: Mount, treatment: str, read_only: bool) -> Mount:
    return Mount(mount.kind, mount.source, mount.target, read_only, treatment, mount.original)


def _named(mount: Mount, keys: Mapping[str, str]) -> Mount:
    if mount.kind != "bind" or mount.source not in keys:
        return mount
    return Mount("volume", keys[mount.original], mount.target, mount.read_only, "fresh", mount.original)


def _fresh(sources: Iterable[str], stack: ResolvedStack, names: Names, facts: PlanInputs) -> tuple[NamedResource, ...]:
    # One volume for each host folder, so that services which share the folder share the volume.
    given = [volume.name for volume in names.volumes]
    keys = set(stack.volumes)
    fresh = []
    for source in sources:
        slug = re.sub(r"[^a-z0-9]+", "_", posixpath.basename(source.rstrip("/")).lower()).strip("_") or "folder"
        name = fresh_name("volume", slug, given, stack, facts)
        key = next(key for key in (f"bind_{slug}{number or ''}" for number in (0, *range(2, 100))) if key not in keys)
        given.append(name)
        keys.add(key)
        fresh.append(NamedResource(key, source, name))
    return tuple(fresh)


def _emitted(mount: Mount, raw: Mapping[str, Any], engine_host: str) -> dict[str, Any]:
    if mount.treatment == "fresh":
        emitted: dict[str, Any] = {"type": "volume", "source": mount.source, "target": mount.target}
    else:
        emitted = {key: value for key, value in raw.items() if value not in (None, {}) and key != "read_only"}
    if _must_exist(mount, engine_host):
        # Else the engine would create a folder on its machine, which nobody removes.
        emitted["bind"] = {**(raw.get("bind") or {}), "create_host_path": False}
    return {**emitted, "read_only": True} if mount.read_only else emitted


def _refusals(service: Service, planned: Iterable[Mount], facts: PlanInputs) -> Iterator[str]:
    for raw in service.sequence("volumes"):
        yield from _refusals_of(raw, facts)
    for point in _missing(service, planned, facts):
        yield (
            f"something is mounted at {point}, which does not exist, inside a folder that is read-only in the "
            "copy, so that the engine cannot create it; create the folder, or allow the outer one with "
            "writable_mounts."
        )


def _refusals_of(raw: Mapping[str, Any], facts: PlanInputs) -> Iterator[str]:
    mount = _mount(raw)
    if mount.kind not in _LOCAL_KINDS:
        yield f"the mount at {mount.target} is of type {mount.kind}; leave the service out with exclude_services."
    if mount.kind == "bind" and _reaches_socket(mount, facts):
        yield (
            f"{mount.source} is mounted, through which the copy reaches a socket of the host (with the engine's own, "
            "it could stop the original's containers); leave the service out with exclude_services."
        )
    if (raw.get("volume") or {}).get("subpath"):
        yield (
            f"the mount at {mount.target} is a subpath of a volume, and the copy's volume is empty; "
            "mount the whole volume, or leave the service out with exclude_services."
        )


def _reaches_socket(mount: Mount, facts: PlanInputs) -> bool:
    named = mount.source.endswith(".sock") or mount.target.endswith(".sock")
    parent = any(within(folder, mount.source) for folder in _SOCKET_FOLDERS)
    return named or parent or facts.bind_sources.get(mount.source) == "socket"


def _nested(service: Service, planned: Iterable[Mount]) -> Iterator[str]:
    return _below(service, [mount for mount in planned if mount.treatment == "read-only"])


def _missing(service: Service, planned: Iterable[Mount], facts: PlanInputs) -> list[str]:
    """Return the places inside read-only mounts at which something is mounted, and which do not exist."""
    return [point for point in _nested(service, planned) if facts.bind_sources.get(point) == "missing"]


def _below(service: Service, outer: Iterable[Mount]) -> Iterator[str]:
    """Yield the host paths of what is mounted inside one of `outer`."""
    points = sorted(set(_points(service)))
    for mount in outer:
        for point in points:
            if point != mount.target.rstrip("/") and within(point, mount.target):
                yield posixpath.normpath(posixpath.join(mount.source, posixpath.relpath(point, mount.target)))


def _points(service: Service) -> Iterator[str]:
    for raw in service.sequence("volumes"):
        yield str(raw["target"]).rstrip("/") or "/"
    for entry in service.sequence("tmpfs"):
        yield str(entry).partition(":")[0].rstrip("/")
    for kind, folder in (("secrets", "/run/secrets"), ("configs", "/")):
        for raw in service.sequence(kind):
            yield posixpath.join(folder, str(raw.get("target") or raw["source"]))


def _must_exist(mount: Mount, engine_host: str) -> bool:
    return bool(engine_host) and mount.kind == "bind" and mount.treatment in ("kept", "read-only")


def _elsewhere(service: Service, planned: Mounts) -> Iterator[str]:
    host = planned.engine_host
    for mount in planned.services[service.name]:
        if _must_exist(mount, host) or (host and mount.treatment == "allowed"):
            yield (
                f"{service.name}: {mount.source} (at {mount.target}) is looked for on {host}, not on this machine; "
                "it must exist there."
            )
        if mount.treatment == "left out":
            yield (
                f"{service.name}: {mount.source} (at {mount.target}) would be looked for on {host}; "
                "the copy has what its image holds there instead."
            )


def _words(mount: Mount, volumes: Mapping[str, str]) -> str:
    if mount.treatment == "read-only" and mount.original != mount.source:
        return f"{mount.original} → read-only, entry by entry, for something is mounted at a missing place in it"
    if mount.treatment in ("read-only", "left out"):
        return f"{mount.source} at {mount.target} → {mount.treatment}"
    return f"{mount.original} at {mount.target} → fresh volume {volumes[mount.source]}"
