"""What a rule is, and the list of them: code, name, severity, why it matters, the way out, and the function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity

Find: TypeAlias = Callable[[ReviewContext], Iterable[Finding]]

FAMILIES = {
    "FD": "False drops",
    "RN": "Renames",
    "BC": "Compatibility with the version that still runs",
    "DT": "What depends on the rows",
    "EN": "Enum types",
    "IN": "What autogenerate does not see",
    "AG": "Files that cannot work as Alembic writes them",
    "AC": "Who may do what, and what runs by itself",
    "DG": "The way back",
    "HX": "The history",
    "LK": "Locks",
}


# When a rule is asked: of what Alembic found; when it is decided what of that is held back; of an executed file and of
# the history.
Phase: TypeAlias = Literal["found", "decided", "executed"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `trigger` says when it speaks, `why` what is at stake, `way_out` what to do.

    `severity`, `why` and `way_out` are what its findings have unless they say otherwise.
    """

    code: str
    name: str
    severity: Severity
    trigger: str
    why: str
    way_out: str
    find: Find
    phase: Phase

    def findings(self, facts: ReviewContext) -> Iterator[Finding]:
        """Yield what the rule finds, under its code."""
        return map(self.completed, self.find(facts))

    def completed(self, found: Finding) -> Finding:
        """Return a finding with what the rule says of all of its findings."""
        return replace(
            found,
            code=self.code,
            severity=found.severity or self.severity,
            effect=found.effect or self.why,
            ways_out=found.ways_out or (self.way_out,),
        )


class RuleSet:
    """The rules of one family's module, in the order in which they stand there."""

    def __init__(self, phase: Phase = "found") -> None:
        self.phase = phase
        self.rules: list[Rule] = []
        self.unlisted: list[Find] = []

    def rule(
        self, title: str, severity: Severity, *, why: str, way_out: str, phase: Phase | None = None
    ) -> Callable[[Find], Find]:
        """Enter a function as a rule: its code and name are the title, its docstring says "Find a table that …"."""
        code, name = title.split()

        def enter(find: Find) -> Find:
            trigger = " ".join((find.__doc__ or "").split()).removeprefix("Find ")
            self.rules.append(Rule(code, name, severity, trigger, why, way_out, find, phase or self.phase))
            return find

        return enter

    def of_executed(self, find: Find) -> Find:
        """Enter a function that speaks of an executed file under the codes of rules which foresee the same."""
        self.unlisted.append(find)
        return find
