"""The database service: fast, because its data is thrown away."""

from __future__ import annotations

from migrations_tools.isolation.names import reference
from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import Service

# Images that start through the entrypoint of the official postgres image with "postgres" as their
# command, so that options can be appended to it. Left out on purpose: supabase/postgres (its command
# names a configuration of its own) and apache/age (its command preloads its library).
_FAMILY = frozenset({"postgres", "postgis", "pgvector", "timescaledb", "pgrouting", "citus"})
_OTHERS = frozenset({"supabase/"})

# PostgreSQL documentation, section "Non-Durable Settings".
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_ORDINARY = (
    "the database runs at its ordinary speed; its image or command is not one to which settings can be added safely."
)
_NO_SYNC = "--no-sync"


def database_part(service: Service) -> Part:
    """Turn durability off where the image is known to take it; else say that it runs as it is."""
    command = service.command
    if not _official(service) or not _extendable(command):
        return Part(warnings=(f"{service.name}: {_ORDINARY}",))
    start = command if command[:1] == ["postgres"] else ["postgres", *command]
    options = [word for setting in _FAST for word in ("-c", setting)]
    before = service.environment.get("POSTGRES_INITDB_ARGS", "")
    arguments = f"{before} {_NO_SYNC}".strip()
    override = {"command": [*start, *options], "environment": {"POSTGRES_INITDB_ARGS": arguments}}
    changes = (f"command gets {' '.join(options)}", f"POSTGRES_INITDB_ARGS gets {_NO_SYNC}")
    return Part(override, changes)


def _official(service: Service) -> bool:
    image = reference(service.text("image"))
    own = service.built or service.sequence("entrypoint") or any(image.path.endswith(other) for other in _OTHERS)
    return image.repository in _FAMILY and not own


def _extendable(command: list[str]) -> bool:
    return not command or command[0] == "postgres" or command[0].startswith("-")
