"""The review of a revision: every rule asked, allowances applied, and what belongs together held together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.coverage import uncovered
from migrations_tools.review.analysis.groundless import groundless
from migrations_tools.review.analysis.needless import needless
from migrations_tools.review.analysis.relations import Obstacles, allow_drop, with_dependents
from migrations_tools.review.analysis.unrunnable import without_unrunnable
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.drop_verdicts import analyse
from migrations_tools.review.findings import SEVERITIES, Allowance, Finding, Review
from migrations_tools.review.ruleset import BY_CODE, UNLISTED, of_phase


def review(facts: ReviewContext, allowances: Sequence[Allowance] = ()) -> Review:
    """Judge a revision: what goes into the file, what is repaired on the way, what is held back.

    What an allowance covers is as if no rule had spoken. What is created in the place of something held, or wants it,
    is held with it. An allowed drop that would take something held with it, or fail because of it, is held too. When
    all that is decided, what autogenerate does not see is asked for. What answers for nothing is left out unsaid.
    """
    idle = needless(facts) | groundless(facts)
    facts = replace(facts, operations=tuple(item for item in facts.operations if item.id not in idle))
    facts = replace(facts, drops=analyse(facts))
    found, served = _asked(facts, allowances)
    codes = {number: found[index].code for index in served for number in found[index].operations}
    left = [finding for index, finding in enumerate(found) if index not in served]
    findings = without_unrunnable(left, facts)
    findings += _blocked(findings, facts, codes)
    hold = with_dependents(_held(findings), facts.operations)
    decided = replace(facts, held=hold)
    decided = replace(decided, uncovered=tuple(uncovered(decided)))
    late = [finding for rule in of_phase("decided") for finding in rule.findings(decided)]
    allowed = _serving(late, allowances)
    left = [finding for index, finding in enumerate(late) if index not in allowed]
    findings = _completed(without_unrunnable([*findings, *left], facts))
    hold |= _held(findings)
    findings = list(_spoken(findings))
    used = dict.fromkeys((*served.values(), *allowed.values()))
    return Review(hold | idle, tuple(_without_conflicts(findings, hold)), tuple(used), _unused(allowances, used))


def _asked(facts: ReviewContext, allowances: Sequence[Allowance]) -> tuple[list[Finding], dict[int, Allowance]]:
    """Ask all rules; return the findings, and which allowance serves which of them, by its place.

    What is allowed is asked about once more: a drop that is meant may still break somebody. An allowance of the drop
    does not cover that.
    """
    rules = of_phase("found")
    found = [finding for rule in rules for finding in rule.findings(facts)]
    served = _serving(found, allowances)
    allowed = frozenset(number for index in served for number in found[index].operations)
    if not allowed:
        return found, served
    known = {(each.code, each.object, each.sentence) for each in found}
    again = (finding for rule in rules for finding in rule.findings(replace(facts, allowed=allowed)))
    late = [each for each in again if (each.code, each.object, each.sentence) not in known]
    more = _serving(late, _unused(allowances, served.values()))
    return [*found, *late], served | {len(found) + number: item for number, item in more.items()}


def _spoken(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Leave out what is said of an operation that cannot run: it will not do it."""
    stopped = {number for each in findings if each.code == "AG14" for number in each.operations}
    for each in findings:
        if each.outcome != "kept" or not each.operations or not stopped.issuperset(each.operations):
            yield each


def _completed(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings that were made past their rule with what the rule says of all of its own."""
    return [each if each.effect else BY_CODE[each.code].completed(each) for each in findings]


def measured(facts: ReviewContext, allowances: Sequence[Allowance] = ()) -> Review:
    """Judge what a file did when it was executed, and the history; nothing is held back or repaired any more."""
    found = [BY_CODE[finding.code].completed(finding) for speak in UNLISTED for finding in speak(facts)]
    found += [finding for rule in of_phase("executed") for finding in rule.findings(facts)]
    served = _serving(found, allowances)
    left = [finding for index, finding in enumerate(found) if index not in served]
    in_order = sorted(left, key=lambda finding: (finding.line, SEVERITIES.index(finding.severity or "info")))
    used = dict.fromkeys(served.values())
    return Review(frozenset(), tuple(in_order), tuple(used), _unused(allowances, used))


def _serving(findings: Iterable[Finding], allowances: Iterable[Allowance]) -> dict[int, Allowance]:
    """Return the first allowance that covers a finding, by the finding's place."""
    order = {each: number for number, each in enumerate(dict.fromkeys(allowances))}
    named: dict[tuple[str, str], Allowance] = {}
    for each in order:
        named.setdefault((each.code, each.object), each)
    covering = {
        number: [named[name] for name in finding.names if name in named] for number, finding in enumerate(findings)
    }
    return {number: min(each, key=order.__getitem__) for number, each in covering.items() if each}


def _unused(allowances: Iterable[Allowance], used: Iterable[Allowance]) -> tuple[Allowance, ...]:
    known = set(used)
    return tuple(item for item in allowances if item not in known)


def _held(findings: Iterable[Finding]) -> frozenset[int]:
    return frozenset(number for finding in findings if finding.outcome == "held" for number in finding.operations)


def _without_conflicts(findings: Sequence[Finding], hold: frozenset[int]) -> Iterator[Finding]:
    """Leave out repairs of what is held, the second of two repairs of one operation, and what they would have said.

    A repair makes sense for all that its finding is about: when one of those operations is held, it goes as a whole.
    What is said of an operation alone (its family is one of `_OF_OPERATIONS`) is moot where a rename or the like stands
    in its place.
    """
    is_moot = _moot(findings)
    taken: set[int] = set()
    for finding in findings:
        free = [edit for edit in finding.edits if taken.isdisjoint(edit.replaces)]
        if not hold.isdisjoint((*finding.operations, *(number for edit in finding.edits for number in edit.replaces))):
            free = []
        taken.update(number for edit in free for number in edit.replaces)
        dropped = bool(finding.edits) and not free
        if not dropped and not (not finding.edits and finding.outcome == "kept" and is_moot(finding)):
            yield finding if len(free) == len(finding.edits) else replace(finding, edits=tuple(free))


def _moot(findings: Iterable[Finding]) -> Callable[[Finding], bool]:
    edits = [edit for finding in findings for edit in finding.edits]
    again = {piece["id"] for edit in edits for piece in edit.upgrade if "id" in piece}
    gone = {number for edit in edits for number in edit.replaces} - again

    def is_moot(finding: Finding) -> bool:
        return finding.code[:2] in _OF_OPERATIONS and bool(finding.operations) and gone.issuperset(finding.operations)

    return is_moot


_OF_OPERATIONS = ("DT", "AG", "LK")


# --- drops that are allowed, and what stands in their way -----------------------------------------------------------


def _blocked(findings: Sequence[Finding], facts: ReviewContext, codes: dict[int, str]) -> list[Finding]:
    """Return a finding for each allowed drop that something held back stands in the way of.

    Holding one may put it in the way of another, so this goes on until nothing changes.
    """
    hold = set(_held(findings))
    drops = {item.id: item for item in facts.operations if item.is_drop}
    reasons = {number: finding.code for finding in reversed(findings) for number in finding.operations}
    obstacles = Obstacles(item for item in drops.values() if item.id in hold)
    allowed = [drop for drop in facts.drops.leaders if drop.id in codes]
    found: list[Finding] = []
    while True:
        pairs = ((drop, obstacles.to(drop)) for drop in allowed if drop.id not in hold)
        drop, held = next((pair for pair in pairs if pair[1]), (None, None))
        if drop is None or held is None:
            return found
        found.append(_blocked_finding(drop, held, facts, codes[drop.id], reasons[held.id]))
        for number in set(found[-1].operations) - hold:
            obstacles.add(drops[number])
            reasons.setdefault(number, codes[drop.id])
        hold.update(found[-1].operations)


def _blocked_finding(drop: Operation, held: Operation, facts: ReviewContext, code: str, reason: str) -> Finding:
    effect = "PostgreSQL refuses the drop." if drop.kind == "drop_table" else "It would vanish with the column, unsaid."
    return Finding(
        code=code,
        severity="hold",
        object=drop.object,
        sentence=f"The drop of {drop.noun} {drop.object} is allowed, but the {held.noun} {held.object} is held back"
        " and needs it; both are held back.",
        effect=effect,
        ways_out=(allow_drop(reason, held.object),),
        operations=(drop.id, *facts.drops.together(drop)),
    )
