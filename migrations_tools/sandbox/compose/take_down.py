"""Taking the temp stack down: by name alone, then exactly its volumes."""

from __future__ import annotations

from migrations_tools.engines import compose
from migrations_tools.errors import CannotProceed
from migrations_tools.sandbox.compose.copy import Copy
from migrations_tools.sandbox.compose.remove import refuse_strangers


def take_down(copy: Copy) -> tuple[str, ...]:
    """Take the stack down by name alone, then remove exactly its volumes, one by one; return their names."""
    console, stack = copy.session.console, copy.stack
    with console.step("Taking the temp stack down"):
        note_anonymous_volumes(copy)
        refuse_strangers(stack)
        stack.down()
    with console.step("Removing exactly the temp volumes"):
        names = _own_volumes(copy)
        for name in names:
            stack.docker.change(stack.scope, "volume", "rm", name)
        left = sorted(set(names) & set(stack.docker.query_lines("volume", "ls", "--quiet")))
        if left:
            raise CannotProceed([f"The volume {name} was removed and is there all the same." for name in left])
    return tuple(name for name in names if not compose.is_anonymous(name))


def _own_volumes(copy: Copy) -> list[str]:
    """Return the volumes to remove: labelled ones, each checked against plan and journal, and the images' own."""
    labelled, run = copy.stack.labelled("volume"), copy.session.journal.run
    planned = set(copy.plan.volume_names) & set(run.names("volume"))
    strangers = [name for name in labelled if name not in planned]
    if strangers:
        raise CannotProceed(
            [
                f"The volume {name} carries the temp label but is not in the plan; it was not removed."
                for name in strangers
            ]
        )
    existing = set(copy.stack.docker.query_lines("volume", "ls", "--quiet"))
    return labelled + [name for name in run.names("volume") if compose.is_anonymous(name) and name in existing]


def note_anonymous_volumes(copy: Copy) -> None:
    """Write the anonymous volumes of the copy's containers into the journal."""
    found = [("volume", name) for container in copy.stack.containers() for name in container.anonymous_volumes]
    copy.session.journal.will_make(*found)
