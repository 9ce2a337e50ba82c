"""The console: steps with their time, tables, sentences. A live line on a terminal, lines with the time elsewhere.

What is printed holds names and log lines of other people's making: brackets and colons in them are text, and nothing
in them steers the terminal.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Literal

from migrations_tools.report.live_step import Progress
from migrations_tools.secrets import harmless

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType

_PLAIN_WIDTH = 160
_DETAIL_WIDTH = 100
_EVERY: Final = 15.0  # seconds after which a step says again, where nothing is live, that it is still at work


class Console:
    """Says what happens. Styles vanish where the output is no terminal or NO_COLOR is set.

    `task` is the name under which the steps go into the run's record. With `quiet`, only results are printed. A step
    that goes on for long says so every `every` seconds where the output is no terminal that a line can live on.
    """

    def __init__(self, task: str = "", quiet: bool = False, every: float = _EVERY) -> None:
        from rich.console import Console as RichConsole

        width = None if sys.stdout.isatty() else _PLAIN_WIDTH
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A file's name may be no text at all, and a terminal may not know every letter.
            sys.stdout.reconfigure(errors="backslashreplace")
        self._rich: RichConsole = RichConsole(
            highlight=False,
            soft_wrap=True,
            width=width,
            file=sys.stdout,
            emoji=False,
            markup=False,
            color_system=_colours(),
        )
        self._live = self._rich.is_terminal and can_be_live()
        self._every = every
        self._results = True
        self._running: list[Progress] = []
        self.quiet = quiet
        self.task = task
        self.steps: list[dict[str, float | str]] = []

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line, but not with `quiet`; brackets in it are text, not markup."""
        if not self.quiet:
            self._print(text, style)

    def result(self, text: str, style: str = "") -> None:
        """Print a line that belongs to what the task is run for, also with `quiet`."""
        if not self.quiet or self._results:
            self._print(text, style)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Do another task's work in the block: its results are none of this one's."""
        before, self._results = self._results, False
        try:
            yield
        finally:
            self._results = before

    def command(self, line: str) -> None:
        """Show a command that changes something, before it runs."""
        self.say(f"{self._clock()}  $ {_short(line, 3 * _DETAIL_WIDTH)}", style="dim")

    def detail(self, line: str) -> None:
        """Show what a long step is at."""
        if self._running and line.strip():
            self._running[-1].at(_short(_one_line(line), _DETAIL_WIDTH))

    def count(self, done: int, total: int = 0, what: str = "") -> None:
        """Show how much of a long step is done, of how much where that is known."""
        if self._running:
            self._running[-1].of(done, total, what)

    @contextmanager
    def step(self, title: str, *, brief: bool = False) -> Iterator[Progress]:
        """Show a step while it runs, then with its time in seconds; the time goes into the run's record.

        What the step says of its progress goes to the value given. A step inside of another is shown below it, and its
        time is the outer one's. A `brief` one is told and recorded only where it took more than a second, or failed.
        """
        began, progress = time.time(), Progress(_one_line(title))
        outcome = "failed"
        self._running.append(progress)
        try:
            with self._shown(progress, brief):
                yield progress
            outcome = "done"
        finally:
            self._running.pop()
            if not (brief and outcome == "done" and progress.seconds < 1):
                self._ended(title, began, progress, outcome)

    def _ended(self, title: str, began: float, progress: Progress, outcome: str) -> None:
        seconds = progress.seconds
        if not self._running:
            self.steps.append(
                {
                    "task": self.task,
                    "step": title,
                    "began": round(began, 3),
                    "seconds": round(seconds, 3),
                    "outcome": outcome,
                }
            )
        mark, style = ("✔", "green") if outcome == "done" else ("✘", "red")
        self.say(f"{self._clock()}{mark} {progress.title}  {seconds:.1f} s", style=style)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; nothing when it has no rows."""
        if not rows or self.quiet:
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(title=Text(harmless(title)), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(harmless(cell)) for cell in row))
        self._rich.print(table)

    def code(self, text: str, language: str) -> None:
        """Print source code, coloured on a terminal; not with `quiet`."""
        if not self._rich.is_terminal or self.quiet:
            self.say(text)
            return
        from rich.syntax import Syntax

        self._rich.print(Syntax(harmless(text), language, background_color="default"))

    def _print(self, text: str, style: str) -> None:
        self._rich.print(harmless(text), style=style or None)

    def _clock(self) -> str:
        return "" if self._live else time.strftime("%H:%M:%S ")

    def _shown(self, progress: Progress, brief: bool) -> AbstractContextManager[object]:
        """Show a step for the time of the block; the outermost one draws, or tells, for those inside of it too."""
        if not self._live and not brief:
            self.say(f"{self._clock()}{progress.title} …")
        if self.quiet or len(self._running) > 1:
            return nullcontext()
        if not self._live:
            return self._told()
        from rich.live import Live

        return Live(
            console=self._rich,
            get_renderable=self._lines,
            transient=True,
            refresh_per_second=8,
            redirect_stderr=sys.stderr.isatty(),
        )

    def _lines(self) -> RenderableType:
        from rich.text import Text

        bare = self._rich.options.ascii_only
        lines = [f"{'  ' * depth}{each.line(bare)}" for depth, each in enumerate(tuple(self._running))]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Return every now and then, from a thread that ends with the block, that the innermost step is at work."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(self._every):
                for each in self._running[-1:]:
                    self.say(f"{self._clock()}{each.words()}")

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _short(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"


def _one_line(text: str) -> str:
    return " ".join(harmless(text).split())


def can_be_live() -> bool:
    """Return whether a line may be redrawn: on a terminal that can move its cursor, and not in a CI log."""
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown") and not in_ci


def _colours() -> Literal["auto"] | None:
    """Leave colours to Rich (FORCE_COLOR, TERM, COLORTERM), but for NO_COLOR: then nothing is bold or dim either."""
    return None if os.environ.get("NO_COLOR") else "auto"
