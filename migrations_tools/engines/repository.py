"""Files of the project's own repository at a commit, and what differs from it. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrations_tools.engines import git


@dataclass(frozen=True, slots=True)
class Git:
    """A repository, by its top folder."""

    top: Path

    def files(self, commit: str, folders: Iterable[Path]) -> tuple[str, ...]:
        """Give the files of a commit below folders, as paths from the top."""
        given = self._paths(folders)
        words = ("ls-tree", "-r", "-z", "--name-only", commit, "--", *given)
        return _listed(git.attempt(self.top, *words)) if given else ()

    def texts(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """Give the texts of files of a commit."""
        contents = git.blobs(self.top, [f"{commit}:{path}" for path in paths])
        return dict(zip(paths, contents, strict=True))

    def changed(self, commit: str, paths: Iterable[Path]) -> dict[str, str]:
        """Say which files of the working tree differ from a commit's: "edited", "deleted" or "added", by path."""
        given = self._paths(paths)
        found = git.differing(self.top, commit, given) if given else {}
        return {path: _DONE.get(mark[:1], "edited") for path, mark in found.items()}

    def _paths(self, paths: Iterable[Path]) -> list[str]:
        """Give paths as seen from the top; what lies outside is left out."""
        resolved = (path.resolve() for path in paths)
        return [path.relative_to(self.top).as_posix() for path in resolved if self.top in path.parents]


_DONE = {"M": "edited", "D": "deleted", "A": "added"}


def find_repository(folder: Path) -> Git | None:
    """Give the repository that a folder is in; None where it is in none, or there is no git."""
    top = git.attempt(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    return Git(Path(top).resolve()) if top else None


def _listed(answer: str) -> tuple[str, ...]:
    return tuple(part for part in answer.split("\0") if part)
