"""The stairway: each revision goes up, down and up again, and leaves the schema as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from migrations_tools.catalog import SchemaChange
from migrations_tools.proofs import schema
from migrations_tools.proofs.proof import FAILED, PASSED, Proof, not_checked

STAIRWAY = "Every revision goes up, down and up again and leaves no trace"

Outcome: TypeAlias = Literal["clean", "trace", "irreversible", "failed", "not reached"]
_MOST: Final = 40  # details that a proof lists
_FEW: Final = 3  # of what stays after a downgrade


@dataclass(frozen=True, slots=True)
class Flight:
    """What came of one revision on one database, and what there is to say of it, a line each.

    `stays` is what its downgrade left because PostgreSQL cannot take it back.
    """

    revision: str
    file: str
    outcome: Outcome
    details: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


def traces(moment: str, step: SchemaChange) -> tuple[str, ...]:
    """Return what is not as it should be at a moment: `before` is how it should be, `after` how it is."""
    return tuple(f"after the {moment}: {words}" for words in schema.traces(moment, step.before, step.after))


def staying(step: SchemaChange) -> tuple[str, ...]:
    """Return what a downgrade left because PostgreSQL cannot take it back."""
    return tuple(schema.staying(step.before, step.after))


def prove(claim: str, flights: Sequence[Flight], seconds: float, unread: str = "") -> Proof:
    """Return the proof of all flights; irreversible revisions are named and passed over.

    `unread` is what the databases hold and nobody reads.
    """
    if not flights:
        return not_checked(claim, "the history has no revision to take up and down")
    bad = [flight for flight in flights if flight.outcome in ("trace", "failed")]
    passed_over = [f"{flight.revision} ({flight.file})" for flight in flights if flight.outcome == "irreversible"]
    walked = [flight for flight in flights if flight.outcome == "clean"]
    unreached = [flight.revision for flight in flights if flight.outcome == "not reached"]
    evidence = f"{len(walked)} revisions in {seconds:.1f} s, on a scratch database"
    if passed_over:
        evidence += f"; irreversible, passed over: {', '.join(passed_over)}"
    if bad:
        details = [f"{flight.revision} ({flight.file}): {words}" for flight in bad for words in flight.details]
        details += [f"not reached: {len(unreached)} revisions from {unreached[0]} on"] if unreached else []
        more = [f"and {len(details) - _MOST} more"] if len(details) > _MOST else []
        return Proof(claim, FAILED, f"{len(bad)} of {len(flights)} revisions", (*details[:_MOST], *more))
    if not walked:
        return not_checked(claim, f"no revision can be taken back: {', '.join(passed_over)}")
    stays = [f"{flight.revision}: {words}" for flight in walked for words in flight.stays]
    more = [f"and {len(stays) - _FEW} more of the kind"] if len(stays) > _FEW else []
    return Proof(claim, PASSED, "; ".join(filter(None, (evidence, *stays[:_FEW], *more, unread))))
