"""What stands around a change, beside the database and the models: the base branch, the sources, the modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrations_tools.catalog import Catalog

_UNSEEN = "nobody has looked"


@dataclass(frozen=True, slots=True)
class BaseModels:
    """The base branch: its name and commit, the schema that its models make, the revision files that it has.

    Without a schema, `missing` says why there is none.
    """

    name: str = ""
    schema: Catalog | None = None
    revisions: frozenset[str] = frozenset()
    missing: str = _UNSEEN


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the project's sources name what is dropped: `file:line`, by the object's full name.

    `searched` is the number of files that were read; with none, `missing` says why.
    """

    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    searched: int = 0
    missing: str = _UNSEEN


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules that define tables which env.py has not imported, by the table's qualified name.

    `missing` says why that could not be found out, `failed` which modules could not be imported, and why.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: str = _UNSEEN
