"""How the parts that work long tell how far they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# Is told how much is done, of how much (0: not known), and of what.
Counted: TypeAlias = Callable[[int, int, str], None]


def silent(_done: int, _total: int, _what: str) -> None:
    """Report nobody."""
