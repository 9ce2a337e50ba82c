"""What can go wrong, as plain exceptions that carry finished sentences.

Everything a user can cause ends as one of these; `tasks.py` turns them into an exit code in one place.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Where nothing better can be said: the task that shows what was found.
SEE_DOCTOR = "`invoke doctor` shows what was found."


class MigrationsToolsError(Exception):
    """Base of every error that is meant for the user.

    `reasons` are finished sentences, all of them at once; `tip` names what was kept and the next command.
    """

    exit_code = 2

    def __init__(self, reasons: str | Sequence[str], tip: str = "") -> None:
        self.reasons = (reasons,) if isinstance(reasons, str) else tuple(reasons)
        self.tip = tip
        super().__init__("\n".join(self.reasons))


class CannotProceed(MigrationsToolsError):
    """The request cannot be met: a bad setting, an ambiguous discovery, no engine."""


class Found(MigrationsToolsError):
    """The work was done and something was found: a proof failed, a migration is missing."""

    exit_code = 1


class CommandFailed(MigrationsToolsError):
    """A program that the tool started ended with an error; `output` is what it last said."""

    def __init__(self, reasons: str | Sequence[str], tip: str = "", output: str = "") -> None:
        super().__init__(reasons, tip)
        self.output = output


class ForbiddenCommand(MigrationsToolsError):
    """The guard did not know the shape of a Docker command, so the command was not run."""


class WrongDatabase(MigrationsToolsError):
    """A connection led to a database that does not carry this run's token."""
