"""How the copy's containers live: restarts, replicas, health checks, build and pull."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from migrations_tools.compose_tags import RESET, Override
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.names import Names, built_image, reference
from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import Service, seconds

# Docker brings a container with this policy back when it fails, but not after a restart of the
# daemon or of the machine (docs.docker.com, "Start containers automatically").
RESTART = "on-failure:10"
# Docker's own defaults (docs.docker.com, Dockerfile reference, HEALTHCHECK).
_INTERVAL, _RETRIES = "30s", 3
_OFTEN = 0.5  # seconds: others wait for a service until its check has been made


def restart_policy(service: Service) -> str:
    """Return the copy's policy: one that does not return after a reboot, yet retries where the original does."""
    condition = _deployed(service).get("condition", "any") if _deployed(service) else ""
    if condition:
        return "no" if condition == "none" else RESTART
    policy = service.text("restart") or "no"
    return RESTART if policy in ("always", "unless-stopped") else policy


def restart_part(service: Service) -> Part:
    """Write the policy where it differs, and drop `deploy.restart_policy`, which would beat it."""
    policy = restart_policy(service)
    deploy = {"deploy": {"restart_policy": RESET}} if _deployed(service) else {}
    if not deploy and policy == (service.text("restart") or "no"):
        return Part()
    before = service.text("restart") or "deploy.restart_policy"
    return Part({"restart": policy, **deploy}, (f"restart {before} → {policy}",))


def replicas(service: Service) -> int:
    """Return one container for each service, as names and ports are given once; none where there were none."""
    return min(1, int(_replicas(service)))


def replicas_part(service: Service) -> Part:
    """Bring several replicas down to one, in whichever of the two places Compose reads."""
    if _replicas(service) <= 1:
        return Part()
    scale = {"scale": 1} if service.raw.get("scale") is not None else {}
    deploy = {"deploy": {"replicas": 1}} if service.mapping("deploy").get("replicas") is not None else {}
    return Part({**scale, **deploy}, (f"{_replicas(service)} replicas → 1",))


def health_part(service: Service) -> Part:
    """Check twice a second, with so many retries that the copy is given no less time than the original."""
    check = service.mapping("healthcheck")
    test = check.get("test") or ()
    if not check or check.get("disable") or list(test)[:1] == ["NONE"]:
        return Part()
    # Engines before 25 reject start_interval; from 25 on, a start_period without one means a check every 5 s only
    # (docs.docker.com, Dockerfile reference, HEALTHCHECK). Its time is given as retries instead.
    reset = {key: RESET for key in ("start_interval", "start_period") if check.get(key)}
    interval = seconds(str(check.get("interval") or _INTERVAL)) or seconds(_INTERVAL)
    before = int(check.get("retries") or _RETRIES)
    period = seconds(str(check.get("start_period") or "0s"))
    if interval <= _OFTEN and not reset:
        return Part()
    every = min(interval, _OFTEN)
    retries = max(before, math.ceil((interval * before + period) / every))
    faster = {"interval": f"{_OFTEN * 1000:.0f}ms"} if interval > _OFTEN else {}
    said = f"health check every {interval:g}s, {before} retries → every {every:g}s, {retries} retries"
    return Part({"healthcheck": {**faster, "retries": retries, **reset}}, (said,))


def image_of(service: Service, names: Names, facts: PlanInputs) -> str:
    """Return the image that the service runs in the copy."""
    original = built_image(service, facts.project)
    return names.tags.get(reference(original).canonical, service.text("image"))


def image_part(service: Service, names: Names, facts: PlanInputs) -> Part:
    """Build under the copy's own tag, which nothing pulls and which is built when the run says so alone.

    With `pull_policy: build` every `compose run` would build again.
    """
    image = image_of(service, names, facts)
    if not service.built:
        if image == service.text("image"):
            return Part()
        override: dict[str, Any] = {"image": image, "pull_policy": "never"}
        return Part(override, (f"image {service.text('image')} → {image}",))
    emptied = {key: Override([]) for key in ("tags", "cache_to") if service.build.get(key)}
    override = {"image": image, "pull_policy": "never", "build": {"labels": facts.label, **emptied}}
    dropped = tuple(f"build.{key} dropped" for key in emptied)
    return Part(override, (f"image {reference(built_image(service, facts.project))} → {image}", *dropped))


def _deployed(service: Service) -> Mapping[str, Any]:
    return service.mapping("deploy").get("restart_policy") or {}


def _replicas(service: Service) -> int:
    deployed = service.mapping("deploy").get("replicas")
    scale = service.raw.get("scale")
    wanted = deployed if deployed is not None else scale
    return 1 if wanted is None else int(wanted)
