"""What `generate` came to, and how it looks on the console."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrations_tools.files import shown_path
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.report.console import Console
from migrations_tools.report.terminal import show_findings
from migrations_tools.review.findings import Allowance, Finding, Review


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What autogenerate found on one database, and the verdict."""

    database: str
    operations: tuple[Operation, ...]
    review: Review

    @property
    def kept(self) -> tuple[Operation, ...]:
        """The operations that went into the file: those that were found, and what the review added."""
        found = tuple(item for item in self.operations if item.id not in self.review.hold)
        return (*found, *self.review.added)

    @property
    def untouched(self) -> tuple[Operation, ...]:
        """The operations that stand in the file as Alembic made them; for the others a repair does something else."""
        edits = self.review.edits
        again = {piece["id"] for edit in edits for piece in edit.upgrade if piece["piece"] == "original"}
        replaced = {number for edit in edits for number in edit.replaces} - again
        return tuple(item for item in self.kept if item.id not in replaced)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the file does, each thing once: the operations, and for those that a repair does without, the repair."""
        found = [item for item in self.untouched if item not in self.review.added]
        left = {item.id for item in found}
        said = [f"{item.summary()}." for item in found]
        repaired = (item for item in self.review.findings if item.outcome == "repaired")
        return (*said, *(item.sentence for item in repaired if not left & set(item.operations)))


@dataclass(frozen=True, slots=True)
class Generated:
    """What came of one environment: its files as (path, text, revision), what they do, and the review.

    `mended` is what the probe repaired in the file by itself; `history` is what was there before; `versions` are those
    of what was asked.
    """

    section: str
    files: tuple[Mapping[str, Any], ...]
    reviewed: tuple[Reviewed, ...]
    notes: tuple[str, ...] = ()
    mended: tuple[Finding, ...] = ()
    written: bool = False
    history: tuple[Revision, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    #: What is wrong with the heads of the history; empty where nothing is.
    heads: str = ""
    #: Why the models' own schema could not be made, in lines.
    unmade: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[Operation, ...]:
        """The operations that went into the file."""
        return tuple(item for each in self.reviewed for item in each.kept)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the review says of all databases."""
        return (*(finding for each in self.reviewed for finding in each.review.findings), *self.mended)

    @property
    def held(self) -> tuple[Finding, ...]:
        """What the review held back."""
        return tuple(finding for each in self.reviewed for finding in each.review.held)

    def as_written(self, written: bool) -> Generated:
        """Return the same, with its files on disk or not."""
        return replace(self, written=written)


def show(console: Console, outcomes: Sequence[Generated], root: Path, allowances: Sequence[Allowance]) -> None:
    """Print the findings, the operations and the files of each environment, and what comes next."""
    for outcome in outcomes:
        if len(outcomes) > 1:
            console.say(f"Section [{outcome.section or 'alembic'}]:", style="bold")
        _show_one(console, outcome, root)
    reviews = [each.review for outcome in outcomes for each in outcome.reviewed]
    used = [allowance for review in reviews for allowance in review.allowed]
    for allowance in dict.fromkeys(used):
        console.say(f"  allowed: {allowance.words()} {allowance.reason}".rstrip())
    for allowance in allowances:
        if allowance not in used:
            console.say(f"  warning: the allowance {allowance.words()} was not needed; remove it", style="yellow")
    if held := open_words({f"{item.code} {item.object}": None for outcome in outcomes for item in outcome.held}):
        console.result(held, style="yellow")
    if any(outcome.written for outcome in outcomes):
        console.say("Next: invoke validate")


def open_words(held: Collection[str]) -> str:
    """Return the sentence for what was held back (`FD01 users.uq_users_email`) and is still open; empty for nothing."""
    if not held:
        return ""
    what = "1 difference is" if len(held) == 1 else f"{len(held)} differences are"
    return (
        f"{what} held back and open ({', '.join(held)}): mend the models, or allow it by name; until then `check` ends"
        " with 1, in CI too."
    )


def _show_one(console: Console, outcome: Generated, root: Path) -> None:
    if outcome.heads:
        console.result(outcome.heads, style="red")
    for number, each in enumerate(outcome.reviewed, 1):
        if len(outcome.reviewed) > 1:
            console.say(f"  In the database {each.database}: {len(each.kept)} operations", style="bold")
        show_findings(console, each.review.findings)
        # There is one file for all databases, and what was mended in it is told before its last operations.
        show_findings(console, outcome.mended if number == len(outcome.reviewed) else ())
        for item in each.untouched if outcome.files else ():
            console.say(f"  {item.summary()}")
    for note in outcome.notes:
        # What could not be looked at is part of the result.
        (console.result if note.startswith("warning:") else console.say)(f"  {note}")
    if not outcome.files:
        doubtful = bool(outcome.heads or outcome.unmade) or any(note.startswith("warning:") for note in outcome.notes)
        open_still = bool(outcome.held) or doubtful
        style = "yellow" if doubtful else "green"
        console.result(f"Nothing{' else' if open_still else ''} is missing: no file was written.", style=style)
        return
    for file in outcome.files:
        verb = "Wrote" if outcome.written else "Would write"
        console.result(f"{verb} {shown_path(file['path'], root)}", style="bold green")
        console.code(file["text"], "python")
