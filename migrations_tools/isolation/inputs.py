"""What planning must be told about the machine and the user's wishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: The label that every container, volume, network and image of a copy carries; its value is
#: the copy's project name.
LABEL = "migrations_tools.project"


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What planning needs to know beyond the resolved configuration.

    `project`          the original's Compose project name
    `suffix`           what every name of the copy ends in
    `database_service` the service that gets a published port and fast settings
    `postgres`         the PostgreSQL that it is to run in the copy, a major version or an image; empty for its own
    `held`             kind ("container", "volume", "network", "image") to the names that exist
                         on the engine and do not belong to this copy
    `busy_ports`       host ports of the engine's machine in use by anything but this copy
    `bind_sources`     absolute host path to "tracked", "file", "socket", "other" or "missing", as it is on
                         this machine; `isolation.mounts.host_paths` lists the paths that are looked up
    `folders`          absolute host path of a folder to the names in it; `isolation.mounts.wanted_folders` lists them
    `writable_mounts`  host paths that stay shared and writable in the copy, by the user's wish
    `environment`      service to the variables that the user sets for the copy alone
    `exclude_services` services that the copy does without
    `services`         the services that the copy is to have, with what they depend on; empty for all
    `internal`         whether the copy's networks are cut off from the outside
    `alembic_service`  the service whose image has a Python, in which a forwarder can run
    `python`           that Python, when it is called neither `python3` nor `python`
    `allow_hosts`      outside hosts that a database or broker address may name
    `engine_host`      the other machine that the engine is on, as it is reached from here; empty for this one
    `on_profiles`      the profiles of each service that is on any, those that are not active included
    `wanted_profiles`  the profiles that the user names
    `application`      service and container port that must be reached from here over HTTP
    """

    project: str
    suffix: str = "_temp"
    database_service: str | None = None
    postgres: str = ""
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)
    busy_ports: frozenset[int] = frozenset()
    bind_sources: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    writable_mounts: frozenset[str] = frozenset()
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    exclude_services: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    internal: bool = False
    alembic_service: str | None = None
    python: str = ""
    allow_hosts: frozenset[str] = frozenset()
    engine_host: str = ""
    application: tuple[str, int] | None = None
    wanted_profiles: frozenset[str] = frozenset()
    on_profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def copy(self) -> str:
        """The copy's Compose project name."""
        return f"{self.project}{self.suffix}"

    @property
    def label(self) -> dict[str, str]:
        """The label that marks what belongs to the copy."""
        return {LABEL: self.copy}
