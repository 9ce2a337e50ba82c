"""The console: steps with their time, tables, sentences. Rich on a terminal, plain lines elsewhere.

What is printed holds names and log lines of other people's making: brackets and colons in them are text, and nothing
in them steers the terminal.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrations_tools.secrets import harmless

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.status import Status

_PLAIN_WIDTH = 160
_DETAIL_WIDTH = 100


class Console:
    """Says what happens. Styles vanish where the output is no terminal or NO_COLOR is set.

    `task` is the name under which the steps go into the run's record.
    """

    def __init__(self, task: str = "") -> None:
        from rich.console import Console as RichConsole

        width = None if sys.stdout.isatty() else _PLAIN_WIDTH
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A file's name may be no text at all, and a terminal may not know every letter.
            sys.stdout.reconfigure(errors="backslashreplace")
        self._rich: RichConsole = RichConsole(
            highlight=False, soft_wrap=True, width=width, file=sys.stdout, emoji=False, markup=False
        )
        self._status: Status | None = None
        self.task = task
        self.steps: list[dict[str, float | str]] = []

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line; brackets in it are text, not markup."""
        self._rich.print(harmless(text), style=style or None)

    def command(self, line: str) -> None:
        """Show a command that changes something, before it runs."""
        self.say(f"  $ {_short(line, 3 * _DETAIL_WIDTH)}", style="dim")

    def detail(self, line: str) -> None:
        """Show what a long step is at, on a terminal only."""
        from rich.text import Text

        if self._status and line.strip():
            self._status.update(Text(_short(harmless(line.strip()), _DETAIL_WIDTH)))

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while it runs, then with its time in seconds; the time goes into the run's record."""
        began, begun = time.time(), time.monotonic()
        done = False
        try:
            with self._running(title):
                yield
            done = True
        finally:
            seconds = time.monotonic() - begun
            outcome = "done" if done else "failed"
            self.steps.append(
                {"task": self.task, "step": title, "began": round(began, 3), "seconds": round(seconds, 3),
                 "outcome": outcome}
            )  # fmt: skip
            mark, style = ("✔", "green") if done else ("✘", "red")
            self.say(f"{mark} {title}  {seconds:.1f} s", style=style)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; nothing when it has no rows."""
        if not rows:
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
        """Print source code, coloured on a terminal."""
        if not self._rich.is_terminal:
            self.say(text)
            return
        from rich.syntax import Syntax

        self._rich.print(Syntax(harmless(text), language, background_color="default"))

    @contextmanager
    def _running(self, title: str) -> Iterator[None]:
        from rich.text import Text

        if not self._rich.is_terminal:
            self.say(f"{time.strftime('%H:%M:%S')} {title} …")
            yield
            return
        with self._rich.status(Text(harmless(title))) as self._status:
            try:
                yield
            finally:
                self._status = None


Tell = Callable[[str], None]


def _short(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"
