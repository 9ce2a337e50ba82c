"""The stack itself: services up, the database new, the rest of the machine untouched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from migrations_tools.engines.compose import Container
from migrations_tools.engines.inventory import InventoryChange
from migrations_tools.engines.readiness import Expectation, Fault
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, Proof, judged, not_checked

SERVICES = "Every service is up, healthy or exited 0, and none was restarted"
DATABASE = "The database is new"
MACHINE = "The rest of the machine is as it was"


def services_up(containers: Sequence[Container], expected: Expectation, faults: Sequence[Fault] = ()) -> list[Proof]:
    """Prove that each container stands as it should and was started once.

    What the original does wrong as well is not this install's fault: such a service (`faults`) is not checked. One of
    which the original says nothing fails.
    """
    known = [fault for fault in faults if fault.original]
    aside = {fault.container.service for fault in known}
    proof = _services_up([item for item in containers if item.service not in aside], expected, aside)
    return [proof, *(not_checked(f"The service {item.container.service} works", _why(item)) for item in known)]


def _why(fault: Fault) -> str:
    return f"{fault.sentence()}; its log is not looked at. {fault.way_out()}"


def _services_up(containers: Sequence[Container], expected: Expectation, aside: Collection[str]) -> Proof:
    problems = [f"{item.service} ({item.name}) is {item.words()}" for item in containers if not expected.is_ready(item)]
    problems += [
        f"{item.service} ({item.name}) was restarted {item.restarts} times" for item in containers if item.restarts
    ]
    absent = expected.services - {item.service for item in containers} - set(aside)
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


def machine_untouched(changes: Sequence[InventoryChange], caused: Mapping[InventoryChange, str], same: str) -> Proof:
    """Prove that this run changed nothing outside the temp project.

    Other people work on the machine meanwhile: a service is started again, a container restarts by itself. What no
    command of the run can have done (`caused` has the others, with the reason) is listed as a warning; what is merely
    new is evidence. `same` says what was compared.
    """
    ours = [f"{change.sentence()}; {reason}" for change, reason in caused.items()]
    others = [item.sentence() for item in changes if item not in caused and item.what != "is new"]
    new = [f"{item.kind} {item.name}" for item in changes if item not in caused and item.what == "is new"]
    evidence = same + (f"; new on the machine meanwhile: {', '.join(new)}" if new else "")
    if others:
        evidence = (
            f"{len(others)} changed meanwhile, and no command of this run names any of them; the rest: {evidence}"
        )
    return judged(MACHINE, ours, evidence, [f"{sentence}: not by this run" for sentence in others])


def no_containers(engine: str) -> Proof:
    """Return what an engine without containers cannot prove."""
    return not_checked(MACHINE, f"the engine `{engine}` starts no container and looks at none")
