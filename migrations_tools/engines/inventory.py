"""The rest of the machine: an inventory taken before and compared after."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_tools.engines.compose import PROJECT_LABEL, inspect
from migrations_tools.engines.docker import Docker

# What an inventory without a difference shows, in words.
SAME = "same containers (id, state, started-at), volumes, networks, images"
# The digits that `docker` shows of an id.
_SHORT_ID = 12
Inventory = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """Something outside the temp project that is not as it was; `key` is its id, or its name where it has none."""

    kind: str
    name: str
    what: str
    project: str
    key: str = ""

    def sentence(self) -> str:
        """Describe it in one line."""
        return f"{self.kind} {self.name} {self.what}"


def take(docker: Docker) -> dict[str, dict[str, dict[str, str]]]:
    """Return every container (id, state, started-at), volume, network and image of the engine."""
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
            name: {"name": name, "id": identity}
            for tag, _, identity in (line.rpartition(" ") for line in images)
            for name in (_image_name(tag, identity),)
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
                changes += _changes(kind, key, was, after[kind].get(key))
        for key in after[kind].keys() - things.keys():
            new = after[kind][key]
            if (kind, key) not in own and (kind, new["name"]) not in own:
                changes.append(InventoryChange(kind, new["name"], "is new", new.get("project", ""), key))
    return tuple(sorted(changes, key=lambda item: (item.kind, item.name, item.what)))


def _changes(kind: str, key: str, was: Mapping[str, str], now: Mapping[str, str] | None) -> list[InventoryChange]:
    project = was.get("project", "")
    if now is None:
        return [InventoryChange(kind, was["name"], "is gone", project, key)]
    differing = [name for name in was if was[name] != now.get(name)]
    words = ", ".join(f"{name}: {was[name]} before, {now.get(name)} after" for name in differing)
    return [InventoryChange(kind, was["name"], f"changed ({words})", project, key)] if differing else []


def caused(
    changes: Iterable[InventoryChange], commands: Sequence[Sequence[str]], our_tags: Collection[str]
) -> dict[InventoryChange, str]:
    """Return the changes that a command of the run can have made, each with the reason.

    A command reaches an object by its name or id, or by the name of its Compose project; a build reaches an image by
    a tag that no command names, so that `our_tags` are those which lead to an image of the run's now.
    """
    found = {}
    for change in changes:
        name = next((shlex.join(words) for words in commands if _names(words, change)), "")
        if name and change.what != "is new":
            found[change] = f"`{name}` of this run names it"
        elif change.kind == "image" and change.name in our_tags:
            found[change] = "it leads to an image that this run has built"
    return found


def _names(words: Sequence[str], change: InventoryChange) -> bool:
    own = [word for word in (change.name, change.key, change.project) if word]
    return any(word in own or (len(word) >= _SHORT_ID and change.key.startswith(word)) for word in _targets(words))


def _targets(words: Sequence[str]) -> Sequence[str]:
    """Return what a command acts on: a Compose project, the container of `exec`, else all that it names."""
    if "--project-name" in words:
        return (words[words.index("--project-name") + 1],)
    if "exec" in words[:2]:
        return words[words.index("--") + 1 :][:1]
    return words


def tags_of(docker: Docker, project: str) -> frozenset[str]:
    """Return the tags of the images built for a Compose project, and the ids of those without a tag."""
    label = f"label={PROJECT_LABEL}={project}"
    form = "{{.Repository}}:{{.Tag}} {{.ID}}"
    lines = docker.query_lines("image", "ls", "--no-trunc", "--filter", label, "--format", form)
    return frozenset(_image_name(tag, identity) for tag, _, identity in (line.rpartition(" ") for line in lines))


def _image_name(tag: str, identity: str) -> str:
    """Return an image's tag, or the id of one that has none."""
    return identity if tag.endswith(":<none>") else tag


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
