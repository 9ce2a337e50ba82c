"""What `review` came to, and how it looks on the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrations_tools.provenance import Revision
from migrations_tools.report.console import Console
from migrations_tools.report.terminal import show_findings
from migrations_tools.review.findings import Allowance, Finding


@dataclass(frozen=True, slots=True)
class File:
    """One revision file: what it was found to do, what was allowed, and what could not be looked at."""

    revision: Revision
    database: str
    operations: int
    findings: tuple[Finding, ...] = ()
    allowed: tuple[Allowance, ...] = ()
    unused: tuple[Allowance, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """What came of one environment: why these files, each of them, and what is to be said of the history."""

    section: str
    chosen: str
    files: tuple[File, ...]
    history: tuple[Finding, ...] = ()
    allowed: tuple[Allowance, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found."""
        return (*self.history, *(finding for file in self.files for finding in file.findings))


def show(console: Console, outcomes: Sequence[ByHand]) -> None:
    """Print, for each environment, what was reviewed and why, and what was found on which line."""
    for outcome in outcomes:
        section = f"Section [{outcome.section}]: " if len(outcomes) > 1 else ""
        console.say(f"{section}{outcome.chosen}", style="bold")
        show_findings(console, outcome.history)
        _show_allowed(console, outcome.allowed)
        for file in outcome.files:
            _show_file(console, file, len({each.database for each in outcome.files}) > 1)


def _show_file(console: Console, file: File, several: bool) -> None:
    where = f" on {file.database}" if several else ""
    count = f"{file.operations} operation{'' if file.operations == 1 else 's'}"
    console.say(f"{file.revision.file}{where}: {count}", style="bold")
    show_findings(console, file.findings)
    _show_allowed(console, file.allowed)
    for item in file.unused:
        console.say(f"  warning: {file.revision.file} allows {item.words()}, which nothing found; remove it", "yellow")
    for reason in file.unseen:
        console.result(f"– not checked: {reason}", style="yellow")
    if not file.findings:
        console.say("✔ nothing to say" + (", as far as it was checked" if file.unseen else ""), style="green")


def _show_allowed(console: Console, allowed: Sequence[Allowance]) -> None:
    for item in dict.fromkeys(allowed):
        console.say(f"  allowed: {item.words()} {item.reason}".rstrip())
