"""Volumes of the copy: always local, always empty at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migrations_tools.compose_tags import Override
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.plan_values import NamedResource, Part
from migrations_tools.isolation.resolved import ResolvedStack

_EXTERNAL = (
    "it is external, so that it may hold the original's data, which a copy must neither use nor lose; the copy has an "
    "empty volume in its place."
)


def volume_parts(
    stack: ResolvedStack, planned: tuple[NamedResource, ...], fresh: tuple[NamedResource, ...], facts: PlanInputs
) -> Iterator[Part]:
    """Make the copy's own volumes; an entry replaces the original's, so that nothing of it survives."""
    for volume in (*planned, *fresh):
        override = {"volumes": {volume.key: Override({"name": volume.name, "labels": facts.label})}}
        body = stack.volumes.get(volume.key, {})
        warnings = (f"Volume {volume.key}: {_EXTERNAL}",) if body.get("external") else ()
        yield Part(override, (f"volume {volume.original} → {volume.name}{_dropped(body)}",), warnings)


def _dropped(body: Mapping[str, Any]) -> str:
    options = body.get("driver_opts") or {}
    driver = body.get("driver") or "local"
    if driver == "local" and not options:
        return ""
    return f" (an ordinary local volume, without the original's driver {driver} and its options)"
