"""What the name of a database's image tells of the server in it, and what another version of it is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Images whose tag starts with the PostgreSQL version; of the others (TimescaleDB, Citus) it is their own.
_BY_VERSION = frozenset({"postgres", "postgresql", "postgis", "pgrouting", "alloydbomni"})
_TAGGED_MAJOR = re.compile(r"(?:^|[-.])pg(?P<major>\d{1,2})(?:$|[-.])", re.IGNORECASE)
_LEADING_MAJOR = re.compile(r"v?(?P<major>\d{1,2})(?!\d)")
# The whole of a version, which another major version takes the place of: it has minor versions of its own.
_TAGGED = re.compile(r"(?<![^-.])(?P<before>pg)\d{1,2}(?:\.\d+)*(?=$|[-.])", re.IGNORECASE)
_LEADING = re.compile(r"(?P<before>v?)\d{1,2}(?:\.\d+)*(?:(?:alpha|beta|rc)\d+)?(?=$|-)")
_MAJOR = re.compile(r"[1-9]\d?")
_NAMED = re.compile(r"[a-z0-9][\w.:/-]*[:@][\w][\w.:@-]*")
# Images of other names that are PostgreSQL; some say so by themselves (postgresql-15-c9s, team-postgres), and so do the
# programs beside it.
_OTHERS = frozenset(
    {"pgvector", "timescaledb", "timescaledb-ha", "citus", "age", "pgvecto-rs", "paradedb", "pgautoupgrade", "orioledb"}
)
_SAYS_SO = re.compile(r"(?:.*[-_.])?(?:postgres(?:ql)?|postgis|pgvector|spilo)(?:-?\d+)?(?:[-_.].*)?")
_BESIDE_IT = re.compile(
    "exporter|backup|restore|client|admin|bouncer|pool|operator|dump|mcp|meta|metrics|proxy|migrat|init|api|app|web|worker"
)
# What an image is taken for: the extensions, by their names in SQL, that a plain PostgreSQL lacks.
_EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "postgis": ("postgis",),
    "pgrouting": ("postgis", "pgrouting"),
    "pgvector": ("vector",),
    "timescaledb": ("timescaledb",),
    "timescaledb-ha": ("timescaledb",),
    "citus": ("citus",),
}


@dataclass(frozen=True, slots=True)
class Image:
    """A database's image: its PostgreSQL major version where the name tells, the extensions that it is taken for."""

    major: int | None = None
    extensions: tuple[str, ...] = ()


def is_postgres(image: str) -> bool:
    """Return whether an image is known to be PostgreSQL, or is called so and is none of the programs beside it."""
    _, repository, _ = _parts(image)
    known = repository in _BY_VERSION | _OTHERS
    return known or bool(_SAYS_SO.fullmatch(repository) and not _BESIDE_IT.search(repository))


def of_service(config: Mapping[str, Any], service: str) -> Image:
    """Read the image of a service of a resolved configuration."""
    return read(str(((config.get("services") or {}).get(service) or {}).get("image") or ""))


def read(image: str) -> Image:
    """Read the name of an image."""
    _, repository, tag = _parts(image)
    match = _TAGGED_MAJOR.search(tag) or (_LEADING_MAJOR.match(tag) if repository in _BY_VERSION else None)
    return Image(int(match["major"]) if match else None, _EXTENSIONS.get(repository, ()))


def is_major(wish: str) -> bool:
    """Return whether a wish for another PostgreSQL is a bare major version, `17`."""
    return bool(_MAJOR.fullmatch(wish))


def is_wish(wish: str) -> bool:
    """Return whether a wish for another PostgreSQL can be read: a major version, or an image with its tag or digest."""
    return is_major(wish) or bool(_NAMED.fullmatch(wish))


def wished(image: Image, wish: str) -> Image:
    """Return what is wanted of a server where an image's is, and another one is wished for."""
    return Image(int(wish), image.extensions) if is_major(wish) else read(wish) if wish else image


def switched(image: str, wish: str) -> str:
    """Return the image that a wish stands for: itself, or `image` with that major version in its tag.

    One that is of that version stays. Else the version's whole number is replaced, minor versions too, and a digest
    goes; "" where the tag does not tell which PostgreSQL it is.
    """
    if not is_major(wish):
        return wish
    if read(image).major == int(wish):
        return image
    path, repository, tag = _parts(image)
    own = repository in _BY_VERSION
    if own and tag in ("", "latest"):
        return f"{path}{repository}:{wish}"
    pattern = _TAGGED if _TAGGED.search(tag) else _LEADING if own and _LEADING.match(tag) else None
    if not pattern:
        return ""
    tag = pattern.sub(lambda found: found["before"] + wish, tag, count=1)
    return f"{path}{repository}:{tag}"


def _parts(image: str) -> tuple[str, str, str]:
    """Take a reference apart: registry and namespace with the last slash, repository, tag; a digest is left out."""
    path, slash, last = image.partition("@")[0].rpartition("/")
    repository, _, tag = last.partition(":")
    return path + slash, repository, tag
