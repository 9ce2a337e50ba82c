"""The two YAML tags with which an override replaces instead of merging.

`!override` exists since Compose 2.24.4 and is ignored without any message before; `!reset`
since 2.18 (Compose specification, "Merge", sections on both tags).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Override:
    """`value` takes the place of what earlier files say."""

    value: Any


@dataclass(frozen=True, slots=True)
class Reset:
    """What earlier files say is dropped."""


RESET = Reset()
