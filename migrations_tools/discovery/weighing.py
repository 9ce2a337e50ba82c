"""Candidates for a role in the stack, weighed by what speaks for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from migrations_tools.discovery.setting_hints import Undecided
from migrations_tools.errors import CannotProceed

# By how much the first must be ahead of the second: less than one piece of evidence of its own decides nothing.
_AHEAD = 5

#: How much something speaks for a candidate, and what it is; without words, it only tips the balance.
Mark = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service, how much speaks for it, and what."""

    service: str
    score: int
    reasons: tuple[str, ...]

    def words(self) -> str:
        """Return the candidate with what speaks for it, on one line."""
        return f"{self.service}: {', '.join(self.reasons)}" if self.reasons else self.service


def candidate(service: str, marks: Iterable[Mark]) -> Candidate:
    """Return a candidate with the sum of its marks."""
    every = tuple(marks)
    return Candidate(service, sum(weight for weight, _ in every), tuple(reason for _, reason in every if reason))


@dataclass(frozen=True, slots=True)
class Role:
    """Who may play a part in the stack, the likeliest first; `chosen` is None where the evidence does not decide.

    `setting` names the service by hand. `question` is what to ask of the user then, `hints` are lines to write where
    there is no candidate, besides the way without containers. `mistake` is what is wrong with the setting.
    """

    setting: str
    question: str
    candidates: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None
    hints: tuple[str, ...] = ()
    mistake: tuple[str, ...] = ()

    @property
    def likeliest(self) -> Candidate | None:
        """The one that was chosen, else the first."""
        return self.chosen or (self.candidates[0] if self.candidates else None)

    def settled(self) -> Candidate:
        """Return the one that was chosen. Raises CannotProceed with the lines to write when there is none."""
        if self.chosen:
            return self.chosen
        if self.mistake:
            raise CannotProceed(self.mistake)
        if self.candidates:
            choices = [(each.service, ", ".join(each.reasons)) for each in self.candidates]
            raise Undecided(self.question, self.setting, choices)
        raise Undecided([self.question, *self.hints], "engine", [_WITHOUT_CONTAINERS])


_WITHOUT_CONTAINERS = ("embedded", "the application then runs here, in no container")


def ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return candidates with the likeliest first, equal ones by name."""
    return tuple(sorted(candidates, key=lambda each: (-each.score, each.service)))


def clear_first(candidates: tuple[Candidate, ...], alike: Callable[[str, str], bool]) -> Candidate | None:
    """Return the first where it is well ahead of every other that is not `alike`; None where that is in doubt."""
    if not candidates:
        return None
    first, *others = candidates
    near = [other for other in others if first.score - other.score < _AHEAD]
    return first if all(alike(first.service, other.service) for other in near) else None
