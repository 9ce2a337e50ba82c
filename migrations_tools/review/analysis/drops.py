"""What is known of the drops of a revision: made once for a review, and handed to every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from migrations_tools.operations import Operation
from migrations_tools.provenance import SourceLine

How: TypeAlias = Literal["renamed", "unique still", "changed"]


@dataclass(frozen=True, slots=True)
class Replacement:
    """A drop, the operation that makes its successor, and what that means."""

    drop: Operation
    made: Operation
    how: How


@dataclass(frozen=True, slots=True)
class Rename:
    """A drop and a creation that are one thing; `wished` where the user has said so.

    `others` are creations that may be it as well.
    """

    drop: Operation
    made: Operation
    wished: bool
    others: tuple[Operation, ...] = ()

    @property
    def candidates(self) -> tuple[Operation, ...]:
        """All creations that may be it."""
        return (self.made, *self.others)


@dataclass(frozen=True, slots=True)
class DropAnalysis:
    """The drops of a revision; every map is by the id of the drop."""

    # Those that are judged on their own: not what PostgreSQL drops with a table or column.
    leaders: tuple[Operation, ...] = ()
    # The ids of what goes with a table or column.
    followers: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    # The code that each leader falls under.
    verdicts: Mapping[int, str] = field(default_factory=dict)
    # Where a revision file made it.
    places: Mapping[int, SourceLine] = field(default_factory=dict)
    replacements: Mapping[int, Replacement] = field(default_factory=dict)
    column_renames: Mapping[int, Rename] = field(default_factory=dict)
    table_renames: Mapping[int, Rename] = field(default_factory=dict)
    # The code of every operation, by its own id, that a rename explains.
    renamed: Mapping[int, str] = field(default_factory=dict)
    # The existing tables that would go, but for those that are renamed.
    tables: tuple[Operation, ...] = ()

    def together(self, drop: Operation) -> tuple[int, ...]:
        """Return the ids of the drops that go with a drop."""
        return self.followers.get(drop.id, ())

    def replaced(self, how: How) -> Iterator[Replacement]:
        """Yield what is replaced in one way."""
        return (item for item in self.replacements.values() if item.how == how)

    def wished(self) -> Iterator[Rename]:
        """Yield the renames that the user has asked for."""
        both = (*self.column_renames.values(), *self.table_renames.values())
        return (item for item in both if item.wished)
