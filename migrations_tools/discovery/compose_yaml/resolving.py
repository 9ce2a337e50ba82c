"""What Compose adds to a service once all files are read: variables from files, dependencies, defaults."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_yaml.dotenv import read_files
from migrations_tools.discovery.compose_yaml.failing import fail

_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")
_KEPT = (
    "image",
    "build",
    "command",
    "entrypoint",
    "environment",
    "ports",
    "healthcheck",
    "depends_on",
    "networks",
    "container_name",
    "hostname",
    "working_dir",
    "network_mode",
    "links",
    "profiles",
)
_STARTED = {"condition": "service_started", "required": True}


def active(service: Mapping[str, Any], profiles: Collection[str]) -> bool:
    """Return whether a service belongs to the stack that these profiles make."""
    own = service.get("profiles") or []
    return not own or "*" in profiles or any(profile in profiles for profile in own)


def resolved(service: Mapping[str, Any], variables: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return a service in the shape of `docker compose config`.

    Raises CannotProceed when it has neither image nor build, or a file of variables is missing or not valid.
    """
    if not service.get("image") and not service.get("build"):
        fail(place, "a service needs an `image` or a `build`.")
    full = {
        **service,
        "build": _build(service.get("build") or {}, variables),
        "environment": _environment(service, variables, place),
        "depends_on": dict(_implied(service)) | (service.get("depends_on") or {}),
        "networks": service.get("networks") or ({} if service.get("network_mode") else {"default": None}),
    }
    kept = {key: full[key] for key in _KEPT if full.get(key) not in (None, "", [], {})}
    if "healthcheck" in service:
        kept["healthcheck"] = {key: value for key, value in service["healthcheck"].items() if value}
    # An empty command is one without words; none at all is the image's own.
    return kept | {key: service.get(key) for key in ("command", "entrypoint")}


def _build(build: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    if not build:
        return {}
    arguments = {key: variables.get(key) if value is None else value for key, value in build.get("args", {}).items()}
    known = {key: value for key, value in arguments.items() if value is not None}
    dockerfile = {} if {"dockerfile", "dockerfile_inline"} & set(build) else {"dockerfile": "Dockerfile"}
    full = {**dockerfile, **{key: value for key, value in build.items() if value}, "args": known}
    return {key: value for key, value in full.items() if value != {}}


def _environment(service: Mapping[str, Any], variables: Mapping[str, str], place: str) -> dict[str, str | None]:
    """Return the variables: one without a value takes the caller's; files come below, in their order."""
    files = [
        Path(file["path"]) for file in service.get("env_file", []) if file["required"] or Path(file["path"]).exists()
    ]
    missing = [file for file in files if not file.is_file()]
    if missing:
        fail(f"{place}.env_file", f"{missing[0]} does not exist.")
    own = {key: variables.get(key) if value is None else value for key, value in service.get("environment", {}).items()}
    return {**read_files(files, variables), **own}


def _implied(service: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for volumes in service.get("volumes_from", []):
        if not volumes.startswith("container:"):
            yield volumes.split(":")[0], dict(_STARTED)
    for link in service.get("links", []):
        yield link.split(":")[0], {**_STARTED, "restart": True}
    for key in _NAMESPACES:
        if str(service.get(key, "")).startswith("service:"):
            yield service[key].removeprefix("service:"), {**_STARTED, "restart": True}
