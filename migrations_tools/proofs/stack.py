"""The stack itself: services up, the volume new, the rest of the machine untouched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrations_tools.engines.compose import Container, Expectation
from migrations_tools.engines.inventory import Change
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, Proof, judged

SERVICES = "Every service is up, healthy or exited 0, and none was restarted"
VOLUME = "The database volume is new"
MACHINE = "The rest of the machine is as it was"


def services_up(containers: Sequence[Container], expected: Expectation) -> Proof:
    """Prove that each container stands as it should and was started once."""
    problems = [f"{item.service} ({item.name}) is {item.words()}" for item in containers if not expected.is_ready(item)]
    problems += [
        f"{item.service} ({item.name}) was restarted {item.restarts} times" for item in containers if item.restarts
    ]
    absent = expected.services - {item.service for item in containers}
    problems += [f"{name} has no container" for name in sorted(absent)]
    return judged(SERVICES, problems, ", ".join(f"{item.service} {item.words()}" for item in containers))


def volume_is_new(before: Mapping[str, str], after: Mapping[str, str]) -> Proof:
    """Prove that each temp volume was removed and made again; the maps give creation times by name."""
    gone = sorted(before.keys() - after.keys())
    same = sorted(name for name in after if before.get(name) == after[name])
    problems = [f"{name} is the old one, created {after[name]}" for name in same]
    problems += [f"{name} was not made again" for name in gone]
    evidence = ", ".join(f"{name} created {time}" for name, time in sorted(after.items()))
    return judged(VOLUME, problems, evidence or "no named volume: the data lives in the container")


def machine_untouched(changes: Sequence[Change], project: str, commands: str) -> Proof:
    """Prove that nothing outside the temp project changed.

    A change of the original's own objects fails. A change of something else on the machine, which this tool
    cannot tell from other people's work, leaves the proof unmade and is listed; what is merely new is evidence.
    """
    lost = [item for item in changes if item.what != "is new"]
    own = [item.sentence() for item in lost if item.project == project]
    if own:
        return Proof(MACHINE, FAILED, own[0], tuple(own[1:]))
    if lost:
        return Proof(
            MACHINE,
            NOT_CHECKED,
            "other things changed meanwhile, by somebody else or not",
            tuple(item.sentence() for item in lost),
        )
    new = [f"{item.kind} {item.name}" for item in changes]
    return Proof(MACHINE, PASSED, commands + (f"; new on the machine meanwhile: {', '.join(new)}" if new else ""))
