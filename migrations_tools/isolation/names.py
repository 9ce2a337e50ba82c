"""What the copy's containers, volumes, networks and images are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrations_tools.isolation.hosts import known_hosts
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.plan_values import NamedResource
from migrations_tools.isolation.resolved import ResolvedStack, Service

# Docker's own rule for container and volume names (moby, daemon/names/names.go); it takes anything for a network,
# but a name like these is one that every command reads alike.
_LEGAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]+")
# One component of a repository (distribution/reference, regexp.go).
_LEGAL_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image reference; `path` is registry and namespace with the last slash, or empty."""

    path: str
    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.path}{self.repository}:{self.tag}"

    @property
    def canonical(self) -> str:
        """The reference without the parts that Docker Hub lets one leave out."""
        path = re.sub(r"^(?:index\.)?docker\.io/", "", self.path)
        return f"{'' if path == 'library/' else path}{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Names:
    """Every name of the copy; `tags` leads from a canonical tag built here to the copy's tag."""

    containers: Mapping[str, str]
    volumes: tuple[NamedResource, ...]
    networks: tuple[NamedResource, ...]
    images: tuple[NamedResource, ...]
    tags: Mapping[str, str]
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class _Desk:
    """Gives out names of one kind; each is given once."""

    kind: str
    facts: PlanInputs
    taken: set[str]
    reasons: list[str] = field(default_factory=list)

    def give(self, *candidates: str) -> str:
        """Return the first candidate that is legal and free; without one, note a reason."""
        for candidate in candidates:
            if candidate not in self.taken and _legal(self.kind, candidate):
                self.taken.add(candidate)
                return candidate
        self.reasons.append(
            f"No {self.kind} name is left: {' and '.join(candidates)} belong to something else on this engine "
            "or in this stack, or cannot be a name; rename or remove that, or set another suffix."
        )
        return candidates[0]

    def suffixed(self, name: str) -> str:
        """Return `name` the suffix, or the project's name in front too."""
        suffixed = f"{name}{self.facts.suffix}"
        legal = re.sub(r"[^A-Za-z0-9_.-]+", "_", suffixed)
        return self.give(
            *dict.fromkeys((suffixed, f"{self.facts.project}_{suffixed}", f"{self.facts.project}_{legal}"))
        )


def names(stack: ResolvedStack, facts: PlanInputs) -> Names:
    """Name everything that the copy makes; none is one of the original's or held by others."""
    containers, volumes, networks, images = (
        _desk(kind, stack, facts) for kind in ("container", "volume", "network", "image")
    )
    tags = _tags(stack, facts, images)
    return Names(
        _containers(stack, containers),
        _resources(stack.volumes, volumes),
        _resources(stack.networks, networks),
        tuple(_images(stack, facts, tags)),
        tags,
        tuple(reason for desk in (containers, volumes, networks, images) for reason in desk.reasons),
    )


def reference(image: str) -> Reference:
    """Take `image` apart, without its digest; the tag is `latest` when none is given."""
    path, slash, last = image.partition("@")[0].rpartition("/")
    repository, _, tag = last.partition(":")
    return Reference(f"{path}{slash}", repository, tag or "latest")


def built_image(service: Service, project: str) -> str:
    """Return the tag under which Compose builds `service`: its `image`, else `PROJECT-SERVICE`."""
    return service.text("image") or f"{project}-{service.name}"


def container_name(service: Service, project: str) -> str:
    """Return the original's container name: its own, else the one that Compose gives the first replica."""
    return service.text("container_name") or f"{project}-{service.name}-1"


def fresh(kind: str, wanted: str, given: Iterable[str], stack: ResolvedStack, facts: PlanInputs) -> str:
    """Return a free name for something that the original does not have; `given` are names in use already."""
    desk = _desk(kind, stack, facts)
    desk.taken.update(given)
    numbered = (f"{facts.project}_{wanted}{number}{facts.suffix}" for number in ("", *range(2, 100)))
    return desk.give(*numbered)


def _desk(kind: str, stack: ResolvedStack, facts: PlanInputs) -> _Desk:
    originals: dict[str, Iterable[str]] = {
        # A container's name is a host name on its networks: it must not be what another service answers to.
        "container": (*known_hosts(stack), *(container_name(service, facts.project) for service in stack.everything())),
        "volume": (body.get("name", key) for key, body in stack.declared("volumes").items()),
        "network": (body.get("name", key) for key, body in stack.declared("networks").items()),
        "image": (str(reference(built_image(each, facts.project))) for each in stack.everything()),
    }
    return _Desk(kind, facts, {*facts.held.get(kind, ()), *originals[kind]})


def _legal(kind: str, name: str) -> bool:
    if kind == "image":
        return bool(_LEGAL_REPOSITORY.fullmatch(reference(name).repository))
    return bool(_LEGAL_NAME.fullmatch(name))


def _containers(stack: ResolvedStack, desk: _Desk) -> dict[str, str]:
    # Explicit names first: they are what people know the containers by.
    order = sorted(stack.services.values(), key=lambda each: (not each.text("container_name"), each.name))
    return {each.name: desk.suffixed(each.text("container_name") or each.name) for each in order}


def _resources(bodies: Mapping[str, Mapping[str, object]], desk: _Desk) -> tuple[NamedResource, ...]:
    # Two keys may share one name; they then share the copy's name too.
    originals = {key: str(body.get("name") or key) for key, body in sorted(bodies.items())}
    given = {original: desk.suffixed(original) for original in sorted(set(originals.values()))}
    return tuple(NamedResource(key, original, given[original]) for key, original in originals.items())


def _tags(stack: ResolvedStack, facts: PlanInputs, desk: _Desk) -> dict[str, str]:
    tags: dict[str, str] = {}
    builders = [service for service in stack.services.values() if service.built]
    for service in builders:
        original = reference(built_image(service, facts.project))
        if original.canonical not in tags:
            tags[original.canonical] = _tag(original, facts, desk)
    for service in builders:
        main = tags[reference(built_image(service, facts.project)).canonical]
        for extra in service.build.get("tags") or ():
            tags.setdefault(reference(str(extra)).canonical, main)
    return tags


def _tag(original: Reference, facts: PlanInputs, desk: _Desk) -> str:
    repository = f"{original.repository.lower()}{facts.suffix}"
    preferred = Reference(original.path, repository, original.tag)
    return desk.give(str(preferred), str(Reference(original.path, f"{facts.project}_{repository}", original.tag)))


def _images(stack: ResolvedStack, facts: PlanInputs, tags: Mapping[str, str]) -> Iterable[NamedResource]:
    for service in stack.services.values():
        if service.built:
            original = reference(built_image(service, facts.project))
            yield NamedResource(service.name, str(original), tags[original.canonical])
