"""What a run without containers says of the rest of the machine."""

from __future__ import annotations

from migrations_tools.proofs.proof import Proof, not_checked
from migrations_tools.proofs.stack import MACHINE


def no_containers(engine: str) -> Proof:
    """Return what this engine cannot prove."""
    return not_checked(MACHINE, f"the engine `{engine}` starts no container and looks at none")
