"""The engine `compose`."""

from __future__ import annotations

from dataclasses import dataclass

from migrations_tools.proofs.proof import Proof
from migrations_tools.sandbox.compose import inspect
from migrations_tools.sandbox.compose.copy import reopen
from migrations_tools.sandbox.compose.isolate import isolate, make_plan
from migrations_tools.sandbox.compose.original import read_original
from migrations_tools.sandbox.compose.remove import remove
from migrations_tools.sandbox.compose.sandbox import ComposeSandbox
from migrations_tools.sandbox.session import Session


@dataclass(frozen=True, slots=True)
class ComposeEngine:
    """A copy of the whole stack, in containers."""

    session: Session

    def isolate(self, database_alone: bool = False) -> None:
        """Start the temp stack beside the original."""
        isolate(self.session, database_alone)

    def reopen(self) -> ComposeSandbox:
        """Return the copy of the run that stands."""
        return ComposeSandbox(reopen(self.session))

    def remove(self) -> list[Proof]:
        """Remove the temp stack and return the proof that the rest of the machine is as it was."""
        return remove(self.session)

    def doctor(self) -> None:
        """Print what was found of Docker and the project, and whether the stack can be isolated."""
        inspect.doctor(self.session)

    def check_isolable(self) -> None:
        """Plan the copy, with every reason against it."""
        make_plan(self.session, read_original(self.session))

    def show_containers(self) -> None:
        """Print the temp stack's containers as they stand."""
        inspect.show_containers(self.session)
