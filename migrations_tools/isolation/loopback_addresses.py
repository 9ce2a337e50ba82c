"""Addresses of this machine in variables and build arguments: what a browser would call.

Inside a container `localhost` is the container itself, so that `localhost:8000` means one of two
things. In a value meant for a browser ("the API is at http://localhost:8000") it is the original's
published port, and a copy that hands it out sends its users to the original: it is moved. In a
value meant for the container itself (a bind address, its own health check) it is a container port,
and those do not move. Where the service itself listens on the number, both readings are possible;
there only web addresses are moved, and not those in variables whose name says that they point inwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from migrations_tools.isolation.hosts import HOST_MACHINE
from migrations_tools.isolation.names import reference
from migrations_tools.isolation.plan_values import Part, bracketed
from migrations_tools.isolation.resolved import Service, texts

_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]", *sorted(HOST_MACHINE))  # noqa: S104 - read, not bound
_WEB = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_IMAGE = "docker-image://"
_INWARD = re.compile(r"(?:^|_)(?:HEALTH|HEALTHCHECK|PROBE|BIND|LISTEN|INTERNAL|SELF)(?:_|$)", re.IGNORECASE)


@cache
def _addresses(engine_host: str) -> re.Pattern[str]:
    hosts = "|".join(re.escape(host) for host in (*_HERE, bracketed(engine_host)) if host)
    return re.compile(
        rf"""(?<![\w.@-])
        (?P<head>(?:(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^\s/@"',;]*@)?)?)
        (?P<host>{hosts})
        (?::(?P<port>\d{{1,5}}))?
        (?![\w:-]|\.\w)""",
        re.VERBOSE | re.IGNORECASE,
    )


@dataclass(frozen=True, slots=True)
class LoopbackAddresses:
    """What is needed to judge an address: `moved` host ports, and the ports the service `listens` on.

    `engine_host` is the other machine that the engine is on: its name leads to the published ports too.
    """

    moved: Mapping[int, int]
    listens: frozenset[int]
    engine_host: str = ""

    def rewritten(self, variable: str, value: str) -> str:
        """Lead every address of the original's published ports in `value` to the copy's."""
        return self._pattern.sub(lambda match: self._replacement(variable, match), value)

    def ambiguous(self, variable: str, value: str) -> list[str]:
        """Return addresses in `value` that could mean a published port, but were taken as the container's own."""
        found = (match for match in self._pattern.finditer(value) if _port(match) in self.moved)
        return [
            f"{match['host']}:{_port(match)}"
            for match in found
            if _scheme(match) in ("", *_WEB) and self._own(variable, match) and not _INWARD.search(variable)
        ]

    def _replacement(self, variable: str, match: re.Match[str]) -> str:
        new = self.moved.get(_port(match))
        foreign = _scheme(match) not in ("", *_WEB)
        if new is None or foreign or self._own(variable, match):
            return match[0]
        return f"{match['head']}{match['host']}:{new}"

    def moves(self, variable: str, value: str) -> list[str]:
        """Return what `rewritten` does to `value`: hosts and ports only, never the rest of it."""
        found = {match[0]: match for match in self._pattern.finditer(value)}
        moved = (match for whole, match in found.items() if self._replacement(variable, match) != whole)
        return [f"{match['host']}:{_port(match)} → {match['host']}:{self.moved[_port(match)]}" for match in moved]

    def hosts(self, value: str) -> list[str]:
        """Return the hosts of the addresses in `value`, in small letters."""
        return [match["host"].lower() for match in self._pattern.finditer(value)]

    @property
    def _pattern(self) -> re.Pattern[str]:
        return _addresses(self.engine_host)

    def _own(self, variable: str, match: re.Match[str]) -> bool:
        if match["host"].lower() in (*HOST_MACHINE, bracketed(self.engine_host).lower()):
            return False
        web = _scheme(match) in _WEB
        if match["host"].startswith("0.") and not web:  # an address to listen on
            return True
        return _port(match) in self.listens and (not web or bool(_INWARD.search(variable)))


def local_part(service: Service, local: LoopbackAddresses, tags: Mapping[str, str]) -> Part:
    """Rewrite the service's variables and build arguments; names of images built here follow too.

    `local` knows also the ports of the services that share its network namespace.
    """
    environment = _changed(service.environment, local, tags)
    arguments = _changed(service.arguments, local, tags)
    part = Part(warnings=tuple(_doubts(service, local)))
    if environment:
        part += Part({"environment": environment}, tuple(_words("variable", service.environment, environment, local)))
    if arguments:
        words = _words("build argument", service.arguments, arguments, local)
        part += Part({"build": {"args": arguments}}, tuple(words))
    return part + _contexts(service, tags)


def _contexts(service: Service, tags: Mapping[str, str]) -> Part:
    contexts = texts(service.build.get("additional_contexts") or {})
    images = {name: value.removeprefix(_IMAGE) for name, value in sorted(contexts.items()) if value.startswith(_IMAGE)}
    followed = {name: _followed(image, tags) for name, image in images.items() if _followed(image, tags) != image}
    if not followed:
        return Part()
    changes = tuple(f"build context {name}: {images[name]} → {image}" for name, image in followed.items())
    override = {name: f"{_IMAGE}{image}" for name, image in followed.items()}
    return Part({"build": {"additional_contexts": override}}, changes)


def _changed(values: Mapping[str, str], local: LoopbackAddresses, tags: Mapping[str, str]) -> dict[str, str]:
    new = {name: _followed(local.rewritten(name, value), tags) for name, value in sorted(values.items())}
    return {name: value for name, value in new.items() if value != values[name]}


def _words(kind: str, before: Mapping[str, str], after: Mapping[str, str], local: LoopbackAddresses) -> Iterator[str]:
    for name in after:
        moves = local.moves(name, before[name]) or [f"{before[name]} → {after[name]}"]
        yield from (f"{kind} {name}: {move}" for move in dict.fromkeys(moves))


def _followed(value: str, tags: Mapping[str, str]) -> str:
    # Only with its tag is a value surely an image: "recyclic-api" alone may be any name.
    tagged = ":" in value.rpartition("/")[2]
    return tags.get(reference(value).canonical, value) if tagged else value


def _doubts(service: Service, local: LoopbackAddresses) -> list[str]:
    doubts = [
        f"{service.name}: variable {name} names {address}, taken as the container's own port; "
        "set it in `environment` if a browser uses it."
        for name, value in sorted(service.environment.items())
        for address in local.ambiguous(name, value)
    ]
    if any(local.rewritten("", word) != word for word in service.words()):
        doubts.append(
            f"{service.name}: its command names an address of the original on this machine; it is left as it is."
        )
    hosts = {host for value in service.environment.values() for host in local.hosts(value)}
    if hosts & HOST_MACHINE and not local.engine_host:
        doubts.append(
            f"{service.name}: its variables name the host machine; the copy's ports answer on the loopback address, "
            "which most engines do not let a container reach."
        )
    return doubts


def _scheme(match: re.Match[str]) -> str:
    return (match["scheme"] or "").lower()


def _port(match: re.Match[str]) -> int:
    return int(match["port"]) if match["port"] else _WEB.get(_scheme(match), 0)
