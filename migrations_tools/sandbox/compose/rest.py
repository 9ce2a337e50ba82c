"""The rest of the machine, beside the copy: what has changed there since the run began, and whether the run did it."""

from __future__ import annotations

from migrations_tools.engines import inventory
from migrations_tools.engines.docker import Docker
from migrations_tools.proofs.proof import Proof
from migrations_tools.proofs.stack import machine_untouched
from migrations_tools.sandbox.session import Session


def machine_proof(session: Session, docker: Docker) -> Proof:
    """Prove that nothing that this run did has changed anything outside the copy."""
    run = session.journal.run
    changes = inventory.compare(run.inventory, inventory.take(docker), run.made)
    tags = inventory.tags_of(docker, run.temp_project) - set(run.names("image"))
    return machine_untouched(changes, inventory.caused(changes, session.journal.commands(), tags), inventory.SAME)
