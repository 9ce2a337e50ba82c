"""A step while it runs: for how long, how much is done of how much, how long may still be waited, what it is at.

Pure but for the clock; the console draws it, as a live line or, now and then, as a line with the time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from migrations_tools.engines.limit import Limit

_BAR: Final = 20  # cells
_FRAMES: Final = {False: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", True: "|/-\\"}
_CELLS: Final = {False: ("━", "╌"), True: ("#", "-")}
_FRAMES_A_SECOND: Final = 10


@dataclass(slots=True)
class Progress:
    """One step's state, written by whoever does the work (in any thread), read by whoever draws it."""

    title: str
    begun: float = field(default_factory=time.monotonic)
    done: int = 0
    total: int = 0
    what: str = ""
    limit: Limit | None = None
    detail: str = ""

    def of(self, done: int, total: int = 0, what: str = "") -> None:
        """Report how much is done of how much: `of(3, 40, "revisions")`; without a total, only how much."""
        self.done, self.total, self.what = done, total, what

    def within(self, limit: Limit | None) -> None:
        """Report how long the step may still wait; None when it does not wait any more."""
        self.limit = limit

    def at(self, detail: str) -> None:
        """Report what the step is at."""
        self.detail = detail

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.begun

    def count(self) -> str:
        """Return how much is done: "3 of 40 revisions", "3 revisions", or what is done now where nothing is counted."""
        if not self.done and not self.total:
            return self.what
        of = f" of {self.total}" if self.total else ""
        return f"{self.done}{of} {self.what}".rstrip()

    def patience(self) -> str:
        """Return how long may still be waited; "" where there is no limit."""
        return f"at most {self.limit.left:.0f} s more" if self.limit else ""

    def bar(self, ascii_only: bool = False) -> str:
        """Draw how much is done; "" where that is not known."""
        if not self.total:
            return ""
        full, empty = _CELLS[ascii_only]
        cells = _BAR * min(self.done, self.total) // self.total
        return full * cells + empty * (_BAR - cells)

    def line(self, ascii_only: bool = False) -> str:
        """Return the live line: a sign that moves, the title, the seconds, and what else is known."""
        frames = _FRAMES[ascii_only]
        frame = frames[int(self.seconds * _FRAMES_A_SECOND) % len(frames)]
        counted = " ".join(filter(None, (self.bar(ascii_only), self.count())))
        told = (f"{self.seconds:.0f} s", counted, self.patience(), self.detail)
        return "  ".join([f"{frame} {self.title}", *filter(None, told)])

    def words(self) -> str:
        """Return the same for where nothing moves: "Building the images: 30 s so far, step 3 of 9"."""
        told = (f"{self.seconds:.0f} s so far", self.count(), self.patience(), self.detail)
        return f"{self.title}: {', '.join(filter(None, told))}"
