"""The review of a revision: every rule asked, allowances applied, and what belongs together held together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.relations import allow_drop, leaders, needs, together, wants
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import SEVERITIES, Allowance, Finding, Review
from migrations_tools.review.ruleset import AFTER_HOLDS, MEASURED, RULES, UNLISTED


def review(facts: ReviewContext, allowances: Sequence[Allowance] = ()) -> Review:
    """Judge a revision: what goes into the file, what is repaired on the way, what is held back.

    What an allowance covers is as if no rule had spoken. What is created in the place of something held, or wants it,
    is held with it. An allowed drop that would take something held with it, or fail because of it, is held too. When
    all that is decided, what autogenerate does not see is asked for.
    """
    found, served = _asked(facts, allowances)
    codes = {number: found[index].code for index in served for number in found[index].operations}
    findings = [finding for index, finding in enumerate(found) if index not in served]
    findings += _blocked(findings, facts.operations, codes)
    hold = _with_dependents(_held(findings), facts.operations)
    late = [finding for rule in AFTER_HOLDS for finding in rule.findings(replace(facts, held=hold))]
    served |= {len(found) + index: item for index, each in enumerate(late) if (item := _allowance(each, allowances))}
    findings += [each for index, each in enumerate(late) if len(found) + index not in served]
    used = tuple(dict.fromkeys(served.values()))
    unused = tuple(item for item in allowances if item not in used)
    return Review(hold, tuple(_without_conflicts(findings, hold)), used, unused)


def _asked(facts: ReviewContext, allowances: Sequence[Allowance]) -> tuple[list[Finding], dict[int, Allowance]]:
    """Ask all rules; give the findings, and which allowance serves which of them, by its place.

    What is allowed is asked about once more: a drop that is meant may still break somebody. An allowance of the drop
    does not cover that.
    """
    rules = [rule for rule in RULES if rule not in AFTER_HOLDS]
    found = [finding for rule in rules for finding in rule.findings(facts)]
    served = {number: item for number, each in enumerate(found) if (item := _allowance(each, allowances))}
    allowed = frozenset(number for index in served for number in found[index].operations)
    if not allowed:
        return found, served
    again = replace(facts, allowed=allowed)
    late = [finding for rule in rules for finding in rule.findings(again) if finding not in found]
    left = [item for item in allowances if item not in served.values()]
    served |= {len(found) + number: item for number, each in enumerate(late) if (item := _allowance(each, left))}
    return [*found, *late], served


def measured(facts: ReviewContext, allowances: Sequence[Allowance] = ()) -> Review:
    """Judge what a file did when it was executed, and the history; nothing is held back or repaired any more."""
    found = [finding for speak in UNLISTED for finding in speak(facts)]
    found += [finding for rule in MEASURED for finding in rule.findings(facts)]
    served = {index: item for index, each in enumerate(found) if (item := _allowance(each, allowances))}
    used = tuple(dict.fromkeys(served.values()))
    left = [finding for index, finding in enumerate(found) if index not in served]
    in_order = sorted(left, key=lambda finding: (finding.line, SEVERITIES.index(finding.severity or "info")))
    return Review(frozenset(), tuple(in_order), used, tuple(item for item in allowances if item not in used))


def _allowance(finding: Finding, allowances: Iterable[Allowance]) -> Allowance | None:
    return next((item for item in allowances if item.covers(finding)), None)


def _held(findings: Iterable[Finding]) -> frozenset[int]:
    return frozenset(number for finding in findings if finding.outcome == "held" for number in finding.operations)


def _with_dependents(hold: frozenset[int], operations: Sequence[Operation]) -> frozenset[int]:
    """Hold what wants something that is held, and what wants that."""
    while True:
        held = [item for item in operations if item.id in hold]
        more = {item.id for item in operations if item.id not in hold and any(wants(item, made) for made in held)}
        if not more:
            return hold
        hold |= more


def _without_conflicts(findings: Iterable[Finding], hold: frozenset[int]) -> Iterator[Finding]:
    """Leave out repairs of what is held, the second of two repairs of one operation, and what they would have said.

    A repair makes sense for all that its finding is about: when one of those operations is held, it goes as a whole.
    What is said of an operation alone (its family is one of `_OF_OPERATIONS`) is moot where a rename or the like stands
    in its place.
    """
    given = list(findings)
    taken: dict[int, Finding] = {}
    for finding in given:
        free = [edit for edit in finding.edits if not taken.keys() & set(edit.replaces)]
        if hold & {*finding.operations, *(number for edit in finding.edits for number in edit.replaces)}:
            free = []
        taken |= {number: finding for edit in free for number in edit.replaces}
        if finding.edits and not free:
            continue
        if not finding.edits and finding.outcome == "kept" and _is_moot(finding, given):
            continue
        yield finding if len(free) == len(finding.edits) else replace(finding, edits=tuple(free))


def _is_moot(finding: Finding, findings: Iterable[Finding]) -> bool:
    gone = {number for other in findings for edit in other.edits for number in edit.replaces}
    again = {piece["id"] for other in findings for edit in other.edits for piece in edit.upgrade if "id" in piece}
    left = set(finding.operations) - (gone - again)
    return finding.code[:2] in _OF_OPERATIONS and bool(finding.operations) and not left


_OF_OPERATIONS = ("DT", "AG", "LK")


# --- drops that are allowed, and what stands in their way -----------------------------------------------------------


def _blocked(findings: Sequence[Finding], operations: Sequence[Operation], codes: dict[int, str]) -> list[Finding]:
    """Return a finding for each allowed drop that something held back stands in the way of.

    Holding one may put it in the way of another, so this goes on until nothing changes.
    """
    allowed = [drop for drop in leaders(operations) if drop.id in codes]
    found: list[Finding] = []
    while True:
        hold = _held([*findings, *found])
        held = [item for item in operations if item.is_drop and item.id in hold]
        pairs = ((drop, other) for drop in allowed if drop.id not in hold for other in held if needs(other, drop))
        blocked = next(pairs, None)
        if blocked is None:
            return found
        found.append(_blocked_finding(*blocked, operations, codes, [*findings, *found]))


def _blocked_finding(
    drop: Operation, held: Operation, operations: Sequence[Operation], codes: dict[int, str], findings: list[Finding]
) -> Finding:
    effect = "PostgreSQL refuses the drop." if drop.kind == "drop_table" else "It would vanish with the column, unsaid."
    code = next(finding.code for finding in findings if held.id in finding.operations)
    return Finding(
        code=codes[drop.id],
        severity="hold",
        object=drop.object,
        sentence=f"The drop of {drop.noun} {drop.object} is allowed, but the {held.noun} {held.object} is held back"
        " and needs it; both are held back.",
        effect=effect,
        ways_out=(allow_drop(code, held.object),),
        operations=(drop.id, *together(drop, operations)),
    )
