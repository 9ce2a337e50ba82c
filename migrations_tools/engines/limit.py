"""How long may be waited, and which setting says so."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """A wait's limit in seconds, from the moment at which it was made, and the setting that it comes from.

    One limit serves several waits one after another: what the first used up, the next does not have.
    """

    seconds: float
    setting: str
    begun: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """The seconds that are left, 0 when it is over."""
        return max(0.0, self.begun + self.seconds - time.monotonic())

    def words(self) -> str:
        """Describe it: "300 seconds (the setting `start_timeout`)"."""
        return f"{self.seconds:g} seconds (the setting `{self.setting}`)"
