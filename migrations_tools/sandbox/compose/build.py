"""Building the copy's images, and removing those that a newer build has replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

from migrations_tools.files import tree_fingerprint
from migrations_tools.sandbox.compose.copy import Copy


def build(copy: Copy, only: Sequence[str] = ()) -> None:
    """Build the images of the copy, or of some services; what they replace is removed by id: nothing dangles."""
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
    """Write into the journal what a build will replace and return the build."""
    built = [
        service.service for service in copy.plan.services if service.built and (not only or service.service in only)
    ]
    if not built:
        return Building(copy, lambda: None)
    copy.session.journal.will_make(*(("image", identity) for identity in _image_ids(copy).values()))
    # A part that has the image of Alembic's service is all that a later look at the sources asks about.
    whole = not only or copy.project.alembic_service in built
    fingerprint = tree_fingerprint(copy.project.build_contexts) if whole else ""
    return Building(copy, partial(copy.stack.build, built), fingerprint)


def remove_replaced_images(copy: Copy) -> None:
    """Remove the images that a newer build took the tag from, by id."""
    kept = set(_image_ids(copy).values())
    for identity in copy.session.journal.run.names("image"):
        if identity.startswith("sha256:") and identity not in kept and copy.stack.has_image(identity):
            copy.stack.docker.change(copy.stack.scope, "image", "rm", identity)


def _image_ids(copy: Copy) -> dict[str, str]:
    """Return the ids of the copy's own image tags that exist."""
    lines = copy.stack.docker.query_lines("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    pairs = (line.rpartition(" ") for line in lines)
    return {tag: identity for tag, _, identity in pairs if tag in copy.plan.image_tags}
