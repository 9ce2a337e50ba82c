"""Git, asked about the project's own repository. Nothing is ever changed, not even the index's times."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Git:
    """A repository, by its top folder."""

    top: Path

    def commit(self, name: str) -> str:
        """Give the commit that a branch, tag or abbreviation stands for; "" when there is none."""
        return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()

    def default_branch(self) -> str:
        """Give the branch that the remote `origin` calls its own, as `origin/main`; "" when it is not known."""
        return self._ask("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").strip()

    def merge_base(self, commit: str) -> str:
        """Give the last commit that a commit and HEAD have both; "" when there is none."""
        return self._ask("merge-base", "HEAD", commit).strip()

    def files(self, commit: str, folders: Iterable[Path]) -> tuple[str, ...]:
        """Give the files of a commit below folders, as paths from the top."""
        given = self._paths(folders)
        return _listed(self._ask("ls-tree", "-r", "-z", "--name-only", commit, "--", *given)) if given else ()

    def texts(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """Give the texts of files of a commit."""
        asked = "".join(f"{commit}:{path}\n" for path in paths).encode()
        answer = subprocess.run(
            ["git", "-C", str(self.top), "cat-file", "--batch"], input=asked, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=_SECONDS, env=_environment(), check=True,
        ).stdout if paths else b""  # fmt: skip
        return dict(zip(paths, _contents(answer), strict=False))

    def changed(self, commit: str, paths: Iterable[Path]) -> dict[str, str]:
        """Say which files of the working tree differ from a commit's: "edited", "deleted" or "added", by path."""
        given = self._paths(paths)
        words = ("diff", "--no-renames", "--name-status", "-z", commit, "--", *given)
        found = _listed(self._ask(*words)) if given else ()
        return {path: _DONE.get(mark[:1], "edited") for mark, path in zip(found[::2], found[1::2], strict=True)}

    def _paths(self, paths: Iterable[Path]) -> list[str]:
        """Give paths as seen from the top; what lies outside is left out."""
        resolved = (path.resolve() for path in paths)
        return [path.relative_to(self.top).as_posix() for path in resolved if self.top in path.parents]

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.top), *words], capture_output=True, timeout=_SECONDS, env=_environment(), check=False
        )
        return done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else ""


_DONE = {"M": "edited", "D": "deleted", "A": "added"}


def find_repository(folder: Path) -> Git | None:
    """Give the repository that a folder is in; None where it is in none, or there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--show-toplevel"], capture_output=True, timeout=_SECONDS,
            env=_environment(), check=False,
        )  # fmt: skip
    except (FileNotFoundError, PermissionError):
        return None
    top = done.stdout.decode(errors="surrogateescape").rstrip("\n")
    return Git(Path(top).resolve()) if done.returncode == 0 and top else None


def _environment() -> dict[str, str]:
    """Give the variables for git: a question must not wait for a terminal, and must not write the index."""
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _listed(answer: str) -> tuple[str, ...]:
    return tuple(part for part in answer.split("\0") if part)


def _contents(answer: bytes) -> Iterable[str]:
    """Take `git cat-file --batch` apart: a line with the size, the bytes, a line break; for each object."""
    while answer:
        head, _, answer = answer.partition(b"\n")
        words = head.split()
        if len(words) != 3 or words[1] != b"blob":  # "missing", or a link
            yield ""
            continue
        size = int(words[2])
        yield answer[:size].decode(errors="replace")
        answer = answer[size + 1 :]
