"""The stack itself: services up, the database new, the rest of the machine untouched."""

from __future__ import annotations

from collections.abc import Sequence

from migrations_tools.engines.compose import Container, Expectation
from migrations_tools.engines.inventory import InventoryChange
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, Proof, judged, not_checked

SERVICES = "Every service is up, healthy or exited 0, and none was restarted"
DATABASE = "The database is new"
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


def database_is_new(before: str, after: str, removed: Sequence[str] = ()) -> Proof:
    """Prove that the database was made from nothing.

    `before` and `after` are its identities (see `identity` of the engine's server), `removed` the volumes that
    were removed and seen to be gone. A database that could not be asked before has no identity: then the removal
    alone is the evidence, and without one nothing is proven.
    """
    if before == after:
        return Proof(DATABASE, FAILED, f"it is still {after}")
    if not before and not removed:
        return Proof(DATABASE, NOT_CHECKED, f"it is {after}; the one before could not be asked and had no volume")
    gone = f"; {', '.join(removed)} removed and seen to be gone" if removed else ""
    return Proof(DATABASE, PASSED, f"cluster/database {after}, {before or 'unknown'} before{gone}")


def machine_untouched(changes: Sequence[InventoryChange], project: str, commands: str) -> Proof:
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


def no_containers(engine: str) -> Proof:
    """Return what an engine without containers cannot prove."""
    return not_checked(MACHINE, f"the engine `{engine}` starts no container and looks at none")
