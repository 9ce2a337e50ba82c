"""What the services' logs say of one moment: while a request was made, and shortly after."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from migrations_tools.errors import MigrationsToolsError
from migrations_tools.proofs import tracebacks
from migrations_tools.secrets import harmless

# By service, the application's own first; each line begins with its time and a space.
Logs: TypeAlias = Mapping[str, Sequence[str]]

_POLL: Final = 0.15
_WORDS: Final = 6  # lines that are shown where no traceback is


@dataclass(frozen=True, slots=True)
class LogMark:
    """The beginning of a moment: how long each service's log was; `reason` when it could not be read."""

    lengths: Mapping[str, int]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LogWatch:
    """Reads the logs; `hide` takes out what must not be shown. What is logged late has `patience` seconds."""

    read: Callable[[], Logs]
    hide: Callable[[str], str]
    patience: float = 1.5

    def begin(self) -> LogMark:
        """Note where the logs stand."""
        try:
            return LogMark({service: len(lines) for service, lines in self.read().items()})
        except MigrationsToolsError as error:
            return LogMark({}, error.reasons[0])

    def said_since(self, moment: LogMark) -> list[str]:
        """Return what the logs say since then: tracebacks, else their last words. What comes late is waited for."""
        if moment.reason:
            return [f"the log cannot be read: {moment.reason}"]
        end, before = time.monotonic() + self.patience, None
        while True:
            try:
                later = self._later(moment)
            except MigrationsToolsError as error:
                return [f"the log cannot be read: {error.reasons[0]}"]
            said = _tracebacks(later)
            if (said and said == before) or time.monotonic() > end:
                return [self.hide(line) for line in said or _last_words(later)]
            before = said
            time.sleep(_POLL)

    def _later(self, moment: LogMark) -> dict[str, list[str]]:
        return {service: _texts(lines, moment.lengths.get(service, 0)) for service, lines in self.read().items()}


def _texts(lines: Sequence[str], start: int) -> list[str]:
    """Return the lines from one on, without their times; of a log that was begun anew, all."""
    return [harmless(line.partition(" ")[2]) for line in lines[start if start <= len(lines) else 0 :]]


def _tracebacks(logs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the tracebacks of the first service that has any: the application's own comes first."""
    for service, lines in logs.items():
        found = tracebacks.find(lines)
        if found:
            told = dict.fromkeys("\n".join(each.said()) for each in found)
            return [f"from the log of {service}:", *(line for each in told for line in each.split("\n"))]
    return []


def _last_words(logs: Mapping[str, Sequence[str]]) -> list[str]:
    for service, lines in logs.items():
        words = [line.rstrip()[:300] for line in lines if line.strip()][-_WORDS:]
        return (
            [f"no traceback in the logs; {service} says last:", *(f"  {line}" for line in words)]
            if words
            else [f"{service} logged nothing of it"]
        )
    return ["there is no log to look at"]
