"""The rest of the machine: an inventory taken before and compared after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_tools.engines.compose import PROJECT_LABEL, inspect
from migrations_tools.engines.docker import Docker

# What an inventory without a difference shows, in words.
SAME = "same containers (id, state, started-at), volumes, networks, image tags"
Inventory = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """Something outside the temp project that is not as it was."""

    kind: str
    name: str
    what: str
    project: str

    def sentence(self) -> str:
        """Describe it in one line."""
        return f"{self.kind} {self.name} {self.what}"


def take(docker: Docker) -> dict[str, dict[str, dict[str, str]]]:
    """Return every container (id, state, started-at), volume, network and image tag of the engine."""
    ids = docker.query_lines("ps", "--all", "--quiet", "--no-trunc")
    form = '{{.Name}}\t{{.Label "' + PROJECT_LABEL + '"}}'
    volumes = [line.partition("\t") for line in docker.query_lines("volume", "ls", "--format", form)]
    networks = docker.query_lines("network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}")
    images = docker.query_lines("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    return {
        "container": {item["Id"]: _container(item) for item in inspect(docker, ids)},
        # Not the time of creation: engines up to 20.10 give the time of the last new file in the volume instead.
        "volume": {name: {"name": name, "project": project} for name, _, project in volumes},
        "network": {line.split(" ", 1)[0]: {"name": line.split(" ", 1)[1]} for line in networks},
        "image": {
            tag: {"name": tag, "id": identity}
            for tag, _, identity in (line.rpartition(" ") for line in images)
            if not tag.endswith(":<none>")
        },
    }


def compare(before: Inventory, after: Inventory, ours: Iterable[tuple[str, str]]) -> tuple[InventoryChange, ...]:
    """Return what is gone, changed or new outside the temp project; `ours` is the journal's list of things made.

    What is new and not ours (an image that was pulled, somebody else's container) is a change of sort "is new".
    """
    own = set(ours)
    changes = []
    for kind, things in before.items():
        for key, was in things.items():
            if (kind, key) not in own and (kind, was["name"]) not in own:
                changes += _changes(kind, was, after[kind].get(key))
        for key in after[kind].keys() - things.keys():
            new = after[kind][key]
            if (kind, key) not in own and (kind, new["name"]) not in own:
                changes.append(InventoryChange(kind, new["name"], "is new", new.get("project", "")))
    return tuple(sorted(changes, key=lambda item: (item.kind, item.name, item.what)))


def _changes(kind: str, was: Mapping[str, str], now: Mapping[str, str] | None) -> list[InventoryChange]:
    project = was.get("project", "")
    if now is None:
        return [InventoryChange(kind, was["name"], "is gone", project)]
    differing = [key for key in was if was[key] != now.get(key)]
    words = ", ".join(f"{key}: {was[key]} before, {now.get(key)} after" for key in differing)
    return [InventoryChange(kind, was["name"], f"changed ({words})", project)] if differing else []


def _container(item: Mapping[str, Any]) -> dict[str, str]:
    state = item["State"]
    labels = item["Config"].get("Labels") or {}
    return {
        "name": item["Name"].lstrip("/"),
        "state": state["Status"],
        "started-at": state["StartedAt"],
        "restarts": str(item.get("RestartCount", 0)),
        "project": labels.get(PROJECT_LABEL, ""),
    }
