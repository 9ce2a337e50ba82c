"""The database service of the copy with another image: another PostgreSQL on a fresh volume."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_tools import images
from migrations_tools.compose_tags import RESET
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.names import built_image, reference
from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import ResolvedStack, Service

# Where images before 18 keep their data, and volumes are mounted. From 18 on they keep it below
# /var/lib/postgresql/18 and refuse to start with something mounted here, unless PGDATA says so (docker-library,
# postgres #1259).
_DATA = "/var/lib/postgresql/data"
_MOVED = 18


@dataclass(frozen=True, slots=True)
class Switch:
    """The stack as it is planned with the image that was wished for, and what that adds to the database's service."""

    stack: ResolvedStack
    part: Part = field(default_factory=Part)


def switch(stack: ResolvedStack, facts: PlanInputs) -> Switch:
    """Return the stack with the database image of `facts.postgres`; as it is where none is wished for."""
    service = stack.services.get(facts.database_service or "")
    if not facts.postgres or service is None:
        return Switch(stack)
    if reason := _refusal(service, stack, facts):
        return Switch(stack, Part(reasons=(reason,)))
    image = images.switched(service.text("image"), facts.postgres)
    if not service.built and image == service.text("image"):
        return Switch(stack)
    part = sum(_steps(service, image, facts), Part())
    services = {**stack.services, service.name: _switched(service, image)}
    return Switch(replace(stack, services=services), part)


def _refusal(service: Service, stack: ResolvedStack, facts: PlanInputs) -> str:
    """Return why a major version alone does not name an image; empty when it does, or an image was named."""
    if not images.is_major(facts.postgres):
        return ""
    image = reference(built_image(service, facts.project))
    tags = {reference(built_image(each, facts.project)).canonical for each in stack.everything() if each.built}
    if image.canonical in tags:
        why = "is built by the project"
    elif images.switched(service.text("image"), facts.postgres):
        return ""
    else:
        why = f"has a tag, {image.tag}, that does not name its PostgreSQL version"
    named = f"its image {service.text('image')}" if service.text("image") else "its image"
    return (
        f"{service.name}: PostgreSQL {facts.postgres} was asked for, and {named} {why}; name the whole image instead of"
        " the version, in the setting `postgres` or with --postgres (in `postgres_versions` for Nox)."
    )


def _steps(service: Service, image: str, facts: PlanInputs) -> Iterator[Part]:
    yield Part({"image": image}, (f"image {service.text('image') or 'built here'} → {image}",))
    if service.built:
        yield Part({"build": RESET}, ("build dropped: the image was named",))
    if service.text("pull_policy") in ("build", "never"):
        yield Part({"pull_policy": RESET})
    given = {**service.environment, **facts.environment.get(service.name, {})}
    if (images.read(image).major or 0) >= _MOVED and "PGDATA" not in given and _mounted(service):
        said = f"PGDATA {_DATA}, where the volume is: images from {_MOVED} on look elsewhere"
        yield Part({"environment": {"PGDATA": _DATA}}, (said,))


def _mounted(service: Service) -> bool:
    targets = [*(each.get("target") for each in service.sequence("volumes")), *service.sequence("tmpfs")]
    return any(posixpath.normpath(str(target).partition(":")[0]) == _DATA for target in targets)


def _switched(service: Service, image: str) -> Service:
    gone = {"build", *(("pull_policy",) if service.text("pull_policy") in ("build", "never") else ())}
    raw: dict[str, Any] = {key: value for key, value in service.raw.items() if key not in gone}
    return replace(service, raw={**raw, "image": image})
