"""Reading the output of `docker compose config --format json`.

Compose doubles every `$` of that output, in keys too, so that it can be loaded again; `stack`
takes that back once, and everything else works on plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a resolved configuration; the accessors never give None for a collection."""

    name: str
    raw: Mapping[str, Any]

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return the mapping at `key`, empty when there is none."""
        return self.raw.get(key) or {}

    def sequence(self, key: str) -> Sequence[Any]:
        """Return the list at `key`, empty when there is none."""
        return self.raw.get(key) or ()

    def text(self, key: str) -> str:
        """Return the value at `key` as text, empty when there is none."""
        value = self.raw.get(key)
        return "" if value is None else str(value)

    @property
    def built(self) -> bool:
        """Return whether the service's image is built here."""
        return bool(self.raw.get("build"))

    @property
    def build(self) -> Mapping[str, Any]:
        """The service's build section."""
        return self.mapping("build")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that have a value (one without is taken from the caller's shell)."""
        return texts(self.mapping("environment"))

    @property
    def arguments(self) -> dict[str, str]:
        """The build arguments that have a value."""
        return texts(self.build.get("args") or {})

    @property
    def networks(self) -> dict[str, Mapping[str, Any]]:
        """The service's attachments by network key."""
        return {key: value or {} for key, value in self.mapping("networks").items()}

    @property
    def command(self) -> list[str]:
        """The command's words, none when the image's own is used."""
        return [str(word) for word in self.sequence("command")]

    def words(self) -> list[str]:
        """Return every word of the service's entrypoint and command."""
        return [*(str(word) for word in self.sequence("entrypoint")), *self.command]

    def listens(self) -> frozenset[int]:
        """Return the container ports that the service declares, published or exposed."""
        targets = {int(port["target"]) for port in self.sequence("ports")}
        exposed = (str(port).partition("/")[0] for port in self.sequence("expose"))
        return frozenset(targets | {number for text in exposed for number in numbers(text)})


@dataclass(frozen=True, slots=True)
class ResolvedStack:
    """A resolved configuration in plain text; `left_out` are the services the copy does without."""

    name: str
    raw: Mapping[str, Any]
    services: Mapping[str, Service]
    left_out: Mapping[str, Service]

    @property
    def volumes(self) -> Mapping[str, Mapping[str, Any]]:
        """The volumes that the copy has too."""
        return self.used("volumes")

    @property
    def networks(self) -> Mapping[str, Mapping[str, Any]]:
        """The networks that the copy has too."""
        return self.used("networks")

    def declared(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Return what the top level declares as volumes, networks, configs or secrets."""
        return {key: value or {} for key, value in sorted((self.raw.get(kind) or {}).items())}

    def used(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Return what `declared` gives, without what only services that are left out use.

        Compose itself keeps only what an active service uses.
        """
        everywhere, here = (
            {key for service in services for key in _used(service, kind)}
            for services in (self.left_out.values(), self.services.values())
        )
        return {key: body for key, body in self.declared(kind).items() if key in here or key not in everywhere}

    def everything(self) -> Iterator[Service]:
        """Yield all services, those that are left out too."""
        yield from self.services.values()
        yield from self.left_out.values()


def _used(service: Service, kind: str) -> Iterator[str]:
    if kind == "networks":
        yield from service.networks
    else:
        yield from (str(each.get("source") or "") for each in service.sequence(kind) if isinstance(each, Mapping))


def stack(config: Mapping[str, Any], left_out: frozenset[str] = frozenset()) -> ResolvedStack:
    """Read the configuration: single `$`, services in order of name."""
    raw = undoubled(config)
    services = {name: Service(name, body or {}) for name, body in sorted((raw.get("services") or {}).items())}
    return ResolvedStack(
        str(raw.get("name", "")),
        raw,
        {name: service for name, service in services.items() if name not in left_out},
        {name: service for name, service in services.items() if name in left_out},
    )


def undoubled(value: Any) -> Any:
    """Make every `$$` of texts and keys a single `$`."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, Mapping):
        return {undoubled(key): undoubled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [undoubled(each) for each in value]
    return value


def doubled(value: Any) -> Any:
    """Double every `$` of texts; keys stay (Compose interpolates values only)."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: doubled(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [doubled(each) for each in value]
    return value


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return `values` as texts, without those that are None."""
    return {key: str(value) for key, value in values.items() if value is not None}


def numbers(published: str) -> range:
    """Return the port numbers of `"8000"` or `"7000-7003"`; none for an empty text or 0."""
    first, _, last = published.partition("-")
    if not first or first == "0":
        return range(0)
    return range(int(first), int(last or first) + 1)


def seconds(duration: str) -> float:
    """Return a Go duration such as `1m30s` in seconds (https://pkg.go.dev/time#ParseDuration)."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))


def within(path: str, folder: str) -> bool:
    """Return whether `path` is `folder` or lies below it (both absolute, POSIX)."""
    trunk = folder.rstrip("/")
    return path.rstrip("/") == trunk or path.startswith(f"{trunk}/")
