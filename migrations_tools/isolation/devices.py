"""Devices of the host: which of them two copies can use at the same time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import Service

# Each open gets a state of its own, or the device is made for many at once. All else (a serial line, a disk, a
# camera) has one user at a time, and the copy would take it from the original.
_FOR_MANY = re.compile(
    r"/dev/(?:null|zero|full|u?random|tty|ptmx|fuse|kvm|net/tun|vhost-net|dri(?:/.*)?|kfd|nvidia[\w./-]*|shm)"
)
# A device by the name of the Container Device Interface: `nvidia.com/gpu=all`.
_BY_NAME = re.compile(r"[\w.-]+\.[\w.-]+/[\w.-]+=[\w.-]+")


def power_part(service: Service) -> Part:
    """Take `privileged` away: with it, the copy could reach everything on the host."""
    if not service.raw.get("privileged"):
        return Part()
    warning = (
        f"{service.name}: runs without `privileged` in the copy; where it cannot work so, leave the service out "
        "with exclude_services."
    )
    return Part({"privileged": False}, (f"{service.name}: privileged → false",), (warning,))


def refused_devices(service: Service) -> Iterator[str]:
    """Yield the reasons against devices that have one user at a time."""
    for path in _paths(service):
        if not (_FOR_MANY.fullmatch(path) or _BY_NAME.fullmatch(path)):
            yield (
                f"it uses the host's device {path}, which the copy would take from the original; leave the service "
                "out with exclude_services."
            )


def shared_devices(service: Service) -> Iterator[str]:
    """Name the devices of the host that the copy uses beside the original."""
    yield from (path for path in _paths(service) if _FOR_MANY.fullmatch(path) or _BY_NAME.fullmatch(path))
    resources = service.mapping("deploy").get("resources") or {}
    if service.raw.get("gpus") or (resources.get("reservations") or {}).get("devices"):
        yield "graphics processors"


def _paths(service: Service) -> Iterator[str]:
    for entry in service.sequence("devices"):
        yield _source(entry)


def _source(entry: Any) -> str:
    return str(entry["source"]) if isinstance(entry, dict) else str(entry).partition(":")[0]
