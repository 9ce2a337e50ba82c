"""A proof: what was claimed, how it came out, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from migrations_tools.errors import MigrationsToolsError

if TYPE_CHECKING:
    from migrations_tools.proofs.differences import DifferenceGroup

PASSED = "passed"
FAILED = "failed"
NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Proof:
    """One claim about the fresh install. `outcome` is one of PASSED, FAILED and NOT_CHECKED, never silence.

    `groups` says the same as `evidence` and `details` of a comparison of schemas, table by table. A detail may
    be of several lines. `warnings` are worth a look and change no verdict.
    """

    claim: str
    outcome: str
    evidence: str
    details: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    groups: tuple[DifferenceGroup, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the proof as plain values."""
        given = asdict(self)
        groups = [{**each, "differences": list(each["differences"])} for each in given["groups"]]
        return {**given, "details": list(self.details), "warnings": list(self.warnings), "groups": groups}


def judged(claim: str, problems: Sequence[str], evidence: str, warnings: Sequence[str] = ()) -> Proof:
    """Return a proof that passed with its evidence, or failed with its problems as details."""
    if problems:
        words = problems[0] if len(problems) == 1 else f"{len(problems)} problems"
        return Proof(claim, FAILED, words, tuple(problems) if len(problems) > 1 else (), tuple(warnings))
    return Proof(claim, PASSED, evidence, (), tuple(warnings))


def not_checked(claim: str, reason: str) -> Proof:
    """Return a proof that could not be made, with the reason."""
    return Proof(claim, NOT_CHECKED, reason)


def attempted(claim: str, make: Callable[[], Proof]) -> Proof:
    """Make a proof; when the tool itself cannot, say so: that is not the same as a proof that failed."""
    try:
        return make()
    except MigrationsToolsError as error:
        return Proof(claim, NOT_CHECKED, error.reasons[0], error.reasons[1:])
