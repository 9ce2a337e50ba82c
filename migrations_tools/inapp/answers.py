"""What the probe answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Standing:
    """Where env.py left one database: its revisions, and what its version table is called."""

    database: str
    current: tuple[str, ...]
    version_table: str


@dataclass(frozen=True, slots=True)
class Heads:
    """Where a history ends: its heads, the branch labels of each, and those heads that another branch depends on."""

    revisions: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    implied: frozenset[str] = frozenset()

    @property
    def standing(self) -> tuple[str, ...]:
        """The revisions that the version table of a database at the heads has."""
        return tuple(name for name in self.revisions if name not in self.implied)

    def words(self, revision: str) -> str:
        """Write a head with its labels: `91d2f8b3047e (billing)`."""
        labels = ", ".join(self.labels.get(revision, ()))
        return f"{revision} ({labels})" if labels else revision


def standings(answer: Mapping[str, Any]) -> tuple[Standing, ...]:
    """Return where each database stands, in the order in which env.py comes to them; one that it visits twice once."""
    found = {item["database"]: _standing(item) for item in answer["passes"]}
    return tuple(found.values())


def _standing(item: Mapping[str, Any]) -> Standing:
    schema = item["version_table_schema"]
    table = f"{schema}.{item['version_table']}" if schema and schema != "public" else str(item["version_table"])
    return Standing(str(item["database"]), tuple(item["current"]), table)


def heads(hello: Mapping[str, Any]) -> Heads:
    """Return where the history ends."""
    labels = {name: tuple(found) for name, found in hello["labels"].items()}
    return Heads(tuple(hello["heads"]), labels, frozenset(hello["implied"]))
