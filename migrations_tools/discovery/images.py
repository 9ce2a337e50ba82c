"""What the name of a database's image tells of the server in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Images whose tag starts with the PostgreSQL version; of the others (TimescaleDB, Citus) it is their own.
_BY_VERSION = frozenset({"postgres", "postgresql", "postgis", "pgrouting", "alloydbomni"})
_TAGGED_MAJOR = re.compile(r"(?:^|[-.])pg(?P<major>\d{1,2})(?:$|[-.])", re.IGNORECASE)
_LEADING_MAJOR = re.compile(r"v?(?P<major>\d{1,2})(?!\d)")
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


def of_service(config: Mapping[str, Any], service: str) -> Image:
    """Read the image of a service of a resolved configuration."""
    name = str(((config.get("services") or {}).get(service) or {}).get("image") or "").partition("@")[0]
    repository, _, tag = name.rpartition("/")[2].partition(":")
    match = _TAGGED_MAJOR.search(tag) or (_LEADING_MAJOR.match(tag) if repository in _BY_VERSION else None)
    return Image(int(match["major"]) if match else None, _EXTENSIONS.get(repository, ()))
