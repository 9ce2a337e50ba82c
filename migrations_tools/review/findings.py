"""What the review says: findings, verdicts, and the allowances that overrule them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

from migrations_tools.errors import CannotProceed
from migrations_tools.operations import Operation
from migrations_tools.review.edits import Edit

Severity: TypeAlias = Literal["hold", "error", "warn", "info", ""]
# From what must not be to what may be known.
SEVERITIES: Final = ("hold", "error", "warn", "info")
Outcome: TypeAlias = Literal["held", "repaired", "kept"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the review found: the object, the conclusion in one sentence, the effect, and the ways out.

    `operations` are the ids of the operations that it is about: with `edits` they are repaired, else, with the severity
    "hold", held back. `evidence` is what the conclusion rests on, a line each; `file` and `line` say where the
    operation stands in a revision file. `aliases` are other codes that an allowance may name it by. `adds` are
    operations that the edits add to those which Alembic found; `mended` says that the probe has repaired it unasked.
    """

    object: str
    sentence: str
    effect: str = ""
    ways_out: tuple[str, ...] = ()
    provenance: str = ""
    operations: tuple[int, ...] = ()
    code: str = ""
    severity: Severity = ""
    edits: tuple[Edit, ...] = ()
    evidence: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    aliases: tuple[str, ...] = ()
    adds: tuple[Operation, ...] = ()
    mended: bool = False

    @property
    def outcome(self) -> Outcome:
        """What became of the operations."""
        if self.edits or self.mended:
            return "repaired"
        return "held" if self.severity == "hold" else "kept"

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The codes and objects by which an allowance may name it; the object with or without its table."""
        objects = (self.object, self.object.rpartition(".")[2])
        return tuple((code, name) for code in (self.code, *self.aliases) for name in objects)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            **asdict(self),
            "adds": [item.object for item in self.adds],
            "outcome": self.outcome,
            "edits": [edit.as_json() for edit in self.edits],
        }

    def reaches(self, threshold: str) -> bool:
        """Return whether the finding is at least as grave as a severity."""
        return SEVERITIES.index(self.severity or "info") <= SEVERITIES.index(threshold)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A drop that is meant: `code` and `object`, why, and until when (a date) it counts."""

    code: str
    object: str
    reason: str = ""
    until: str = ""

    def words(self) -> str:
        """Write the allowance as on the command line."""
        return f"{self.code}:{self.object}"


@dataclass(frozen=True, slots=True)
class Review:
    """The verdict on a set of operations: what is held back (ids), the findings, the allowances that served."""

    hold: frozenset[int]
    findings: tuple[Finding, ...]
    allowed: tuple[Allowance, ...]
    unused: tuple[Allowance, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The repairs, in the order of the findings; one that several findings ask for once."""
        edits: list[Edit] = []
        for finding in self.findings:
            edits += [edit for edit in finding.edits if edit not in edits]
        return tuple(edits)

    @property
    def added(self) -> tuple[Operation, ...]:
        """What goes into the file besides what Alembic found."""
        return tuple(item for finding in self.findings if finding.edits for item in finding.adds)

    @property
    def held(self) -> tuple[Finding, ...]:
        """The findings that hold something back."""
        return tuple(finding for finding in self.findings if finding.outcome == "held")


def parse_allowances(given: Iterable[Any], today: datetime.date) -> tuple[Allowance, ...]:
    """Read allowances from settings and options: `CODE:object`, or a map of code, object, reason and until.

    Raises CannotProceed with everything that is malformed or has expired.
    """
    reasons: list[str] = []
    allowances = []
    for item in given:
        try:
            allowances.append(_allowance(item, today))
        except ValueError as error:
            reasons.append(str(error))
    if reasons:
        raise CannotProceed(reasons)
    return tuple(dict.fromkeys(allowances))


def _allowance(item: Any, today: datetime.date) -> Allowance:
    if isinstance(item, str):
        code, name = (part.strip() for part in item.partition(":")[::2])
        if not (code and name):
            raise ValueError(f"The allowance {item!r} must read CODE:object, such as FD01:users.uq_users_email.")
        return Allowance(code, name)
    if not isinstance(item, Mapping) or not {"code", "object"} <= set(item) <= {"code", "object", "reason", "until"}:
        raise ValueError(f"The allowance {item!r} must be CODE:object or a map of code, object, reason and until.")
    if not (item["code"] and item["object"]):
        raise ValueError(f"The allowance {item!r} must name a code and an object.")
    return _in_time(Allowance(*(str(item.get(key) or "") for key in ("code", "object", "reason", "until"))), today)


def _in_time(allowance: Allowance, today: datetime.date) -> Allowance:
    if not allowance.until:
        return allowance
    try:
        expired = datetime.date.fromisoformat(allowance.until) < today
    except ValueError:
        raise ValueError(f"The allowance {allowance.words()} has no date in `until`: {allowance.until!r}.") from None
    if expired:
        raise ValueError(f"The allowance {allowance.words()} expired on {allowance.until}; renew it or remove it.")
    return allowance
