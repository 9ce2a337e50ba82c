"""What git knows of the project: the base branch, and files as a commit has them. Nothing is ever changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 30.0
_USUAL = ("origin/main", "origin/master", "main", "master")
_REGULAR = ("100644", "100755")
# What Python and Alembic read when models are imported.
_KINDS = (".py", ".ini", ".toml", ".cfg", ".json", ".yaml", ".yml", ".mako", ".sql", ".txt")
_LARGEST_FILE, _LARGEST_TREE = 1_000_000, 40_000_000


class Unavailable(Exception):
    """Git cannot answer; the text says why, to stand after a colon."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the base branch: where this branch left it, or its tip."""

    branch: str
    identity: str

    def words(self) -> str:
        """Name the branch and the commit: `origin/main (1a2b3c4)`."""
        return f"{self.branch} ({self.identity[:7]})"


def base_commit(folder: Path, wanted: str) -> Commit:
    """Return the commit of the base branch that this branch grew from; `wanted` names the branch, empty finds it.

    That is origin's default branch, else main or master. Raises Unavailable when there is no such branch, no commit,
    no repository or no git.
    """
    _ask(folder, "rev-parse", "--show-toplevel")
    branch = wanted or default_branch(folder)
    tip = commit_of(folder, branch)
    if not tip:
        raise Unavailable(f"git knows no branch {branch}" if branch else "git knows neither origin's branch nor main")
    return Commit(branch, merge_base(folder, tip) or tip)


def merge_base(folder: Path, tip: str) -> str:
    """Return the last commit that a commit and HEAD have both; "" when there is none."""
    return attempt(folder, "merge-base", "HEAD", tip).strip()


def default_branch(folder: Path) -> str:
    """Return origin's default branch (`origin/main`), else main or master; "" when there is none of them."""
    head = attempt(folder, "rev-parse", "--abbrev-ref", "origin/HEAD").strip()
    named = head if head and head != "origin/HEAD" else ""
    return next((name for name in (named, *_USUAL) if name and commit_of(folder, name)), "")


def commit_of(folder: Path, name: str) -> str:
    """Return the commit that a branch, tag or abbreviation stands for; "" when there is none."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return attempt(folder, *words).strip() if name else ""


def is_unchanged(folder: Path, commit: Commit, but: Sequence[Path] = ()) -> bool:
    """Return whether the folder's files are exactly the commit's; `but` are folders in it left out."""
    inside = [path.resolve() for path in but if folder.resolve() in path.resolve().parents]
    paths = (".", *(f":(exclude){path.relative_to(folder.resolve())}" for path in inside))
    changed = differing(folder, commit.identity, paths)
    new = _ask(folder, "ls-files", "--others", "--exclude-standard", "--", *paths).split()
    return not changed and not any(name.endswith(_KINDS) for name in new)


def differing(folder: Path, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """Return the files of the working tree that differ from a commit's, by their path inside it, with git's letter.

    `git diff` would write into the index that a file is only newer; `git diff-index` names it, so that what it has not
    read is read here.
    """
    words = ("diff-index", "--relative", "--no-renames", "--no-abbrev", "--raw", "-z", commit, "--", *paths)
    fields = _ask(folder, *words).split("\0")
    found = {path: facts.split() for facts, path in zip(fields[::2], fields[1::2], strict=False)}
    unread = [path for path, facts in found.items() if facts[0][1:] == facts[1] in _REGULAR and not facts[3].strip("0")]
    asked = "".join(f"{path}\n" for path in unread).encode(errors="surrogateescape")
    hashes = run(folder, ["hash-object", "--stdin-paths"], asked).decode().split() if unread else []
    same = {path for path, identity in zip(unread, hashes, strict=True) if found[path][2] == identity}
    return {path: facts[4] for path, facts in found.items() if path not in same}


def files(folder: Path, commit: Commit) -> dict[str, str]:
    """Return the texts of the folder's Python and configuration files at a commit, by their path inside it.

    Raises Unavailable when there are none, or more than can be handed over.
    """
    listed = list(_listed(folder, commit))
    if not listed:
        raise Unavailable(f"{commit.words()} has no files in {folder}")
    if sum(size for _, _, size in listed) > _LARGEST_TREE:
        raise Unavailable(f"the files of {folder} are more than {_LARGEST_TREE // 1_000_000} MB")
    texts = blobs(folder, [identity for _, identity, _ in listed])
    return {path: text for (path, _, _), text in zip(listed, texts, strict=True)}


def names(folder: Path, commit: Commit) -> frozenset[str]:
    """Return the names of the files below a folder at a commit; none when the commit has no such folder."""
    if not folder.is_dir():
        return frozenset()
    listed = attempt(folder, "ls-tree", "-r", "-z", "--name-only", commit.identity, "--", ".")
    return frozenset(Path(name).name for name in listed.split("\0") if name)


def _listed(folder: Path, commit: Commit) -> Iterator[tuple[str, str, int]]:
    lines = _ask(folder, "ls-tree", "-r", "-l", "-z", commit.identity, "--", ".")
    for line in filter(None, lines.split("\0")):
        facts, _, path = line.partition("\t")
        mode, _, identity, size = facts.split()
        if mode in _REGULAR and path.endswith(_KINDS) and int(size) <= _LARGEST_FILE:
            yield path, identity, int(size)


def blobs(folder: Path, identities: Iterable[str]) -> Iterator[str]:
    """Read blobs in one go; what is missing, or is no blob, is empty.

    For each, git prints its id, kind and size on a line, then its bytes and a newline; or a line that ends otherwise.
    """
    asked = "".join(f"{item}\n" for item in identities).encode(errors="surrogateescape")
    output = run(folder, ["cat-file", "--batch"], asked) if asked else b""
    place = 0
    while place < len(output):
        start = output.index(b"\n", place) + 1
        words, place = output[place:start].split(), start
        if not words[-1].isdigit():  # "missing", or the commit of a submodule
            yield ""
            continue
        size = int(words[-1])
        yield output[start : start + size].decode("utf-8", errors="replace") if words[-2] == b"blob" else ""
        place = start + size + 1


def attempt(folder: Path, *words: str) -> str:
    """Ask git something that it may answer with a no, which gives "" here."""
    try:
        return _ask(folder, *words)
    except Unavailable:
        return ""


def _ask(folder: Path, *words: str) -> str:
    # What it prints may be paths, which are asked about again.
    return run(folder, list(words)).decode("utf-8", errors="surrogateescape")


def run(folder: Path, words: list[str], given: bytes = b"") -> bytes:
    """Run git in a folder. Raises Unavailable with the reason when it fails, says no, or does not end."""
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            input=given,
            capture_output=True,
            env=environment,
            check=False,
            timeout=_SECONDS,
        )
    except OSError as error:
        raise Unavailable(f"git cannot be started ({error.strerror or error})") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"`git {words[0]}` did not end within {_SECONDS:g} seconds") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        first = said[0].removeprefix("fatal: ") if said else f"`git {words[0]}` says no"
        raise Unavailable("no git repository is there" if first.startswith("not a git repository") else first)
    return done.stdout


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, by its top folder."""

    top: Path

    def files(self, commit: str, folders: Iterable[Path]) -> tuple[str, ...]:
        """Return the files of a commit below folders, as paths from the top."""
        given = self._paths(folders)
        words = ("ls-tree", "-r", "-z", "--name-only", commit, "--", *given)
        return _paths_in(attempt(self.top, *words)) if given else ()

    def texts(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the texts of files of a commit."""
        contents = blobs(self.top, [f"{commit}:{path}" for path in paths])
        return dict(zip(paths, contents, strict=True))

    def changed(self, commit: str, paths: Iterable[Path]) -> dict[str, str]:
        """Return which files of the working tree differ from a commit's: "edited", "deleted" or "added", by path."""
        given = self._paths(paths)
        found = differing(self.top, commit, given) if given else {}
        return {path: _DONE.get(mark[:1], "edited") for path, mark in found.items()}

    def _paths(self, paths: Iterable[Path]) -> list[str]:
        """Return paths as seen from the top; what lies outside is left out."""
        resolved = (path.resolve() for path in paths)
        return [path.relative_to(self.top).as_posix() for path in resolved if self.top in path.parents]


_DONE = {"M": "edited", "D": "deleted", "A": "added"}


def find_repository(folder: Path) -> Repository | None:
    """Return the repository that a folder is in; None where it is in none, or there is no git."""
    top = attempt(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    return Repository(Path(top).resolve()) if top else None


def _paths_in(answer: str) -> tuple[str, ...]:
    return tuple(part for part in answer.split("\0") if part)
