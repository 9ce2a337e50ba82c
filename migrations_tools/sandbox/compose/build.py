"""Building the copy's images, and removing those that a newer build has replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

from migrations_tools.files import tree_fingerprint
from migrations_tools.sandbox.compose.copy import Copy


def build(copy: Copy, only: Sequence[str] = ()) -> None:
    """Build the images of the copy, or of some services."""
    _building(copy, only).end()


def begin_build(copy: Copy, aside: Executor) -> Building:
    """Begin to build the images of the copy in another thread."""
    building = _building(copy)
    return replace(building, do=aside.submit(building.do).result)


@dataclass(frozen=True, slots=True)
class Building:
    """A build, still to be done or waited for; `fingerprint` is that of all files that it is made of, "" for a part."""

    copy: Copy
    do: Callable[[], object]
    fingerprint: str = ""

    def end(self) -> None:
        """Do it, or wait for it, and write down what it was made of. Raises CommandFailed when it fails."""
        self.do()
        if self.fingerprint:
            self.copy.session.journal.update(built_from=self.fingerprint)


def _building(copy: Copy, only: Sequence[str] = ()) -> Building:
    """Return the build of the copy's images, or of some."""
    built = [
        service.service for service in copy.plan.services if service.built and (not only or service.service in only)
    ]
    if not built:
        return Building(copy, lambda: None)
    # A part that has the image of Alembic's service is all that a later look at the sources asks about.
    whole = not only or copy.project.alembic_service in built
    fingerprint = tree_fingerprint(copy.project.build_contexts) if whole else ""
    return Building(copy, partial(copy.stack.build, built), fingerprint)


def remove_replaced_images(copy: Copy) -> None:
    """Remove the copy's images that lost their tag, by id."""
    lost = copy.stack.untagged_images()
    copy.session.journal.was_made(*(("image", identity) for identity in lost))
    for identity in lost:
        copy.stack.docker.change(copy.stack.scope, "image", "rm", identity)
