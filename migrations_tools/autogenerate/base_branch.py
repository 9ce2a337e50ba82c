"""The base branch: the history that a change will be merged into, read from git."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from migrations_tools.discovery.alembic import Environment
from migrations_tools.engines import git
from migrations_tools.engines.git import Repository, find_repository
from migrations_tools.errors import CannotProceed
from migrations_tools.provenance import Revision
from migrations_tools.review.lineage import BaseHistory, read_file
from migrations_tools.sandbox.session import Session

# What every revision runs in, beside the versions folder.
_AROUND = ("env.py", "script.py.mako")


@dataclass(frozen=True, slots=True)
class Branch:
    """A commit to compare with, what it is called, and the repository."""

    repository: Repository
    name: str
    commit: str


def find(session: Session, named: str = "") -> Branch | None:
    """Return the base branch: the one that is named, that of the settings, or the usual one; None where there is none.

    Raises CannotProceed when the one that is asked for is not there.
    """
    repository = find_repository(session.root)
    wanted = named or session.settings.base_branch
    if repository is None:
        if wanted:
            raise CannotProceed(f"{wanted!r} cannot be compared with: the project is in no git repository.")
        return None
    name = wanted or git.default_branch(repository.top)
    if commit := git.commit_of(repository.top, name):
        return Branch(repository, name, commit)
    if wanted:
        raise CannotProceed(
            f"{wanted!r} is neither a revision of the history nor a branch or commit of the repository.",
            tip="A clone of one branch alone (as CI makes it) has no other: fetch the base branch first.",
        )
    return None


def read(branch: Branch, environment: Environment) -> BaseHistory:
    """Read the base branch's history of one environment. Raises CannotProceed when git does not give it."""
    try:
        return _base(branch, environment)
    except git.Unavailable as error:
        raise CannotProceed(f"The revisions of {branch.name} cannot be read: {error}.") from error


def _base(branch: Branch, environment: Environment) -> BaseHistory:
    before = git.merge_base(branch.repository.top, branch.commit) or branch.commit
    tip = _revisions(branch.repository, branch.commit, environment)
    old = tip if before == branch.commit else _revisions(branch.repository, before, environment)
    around = [folder.parent / name for folder in environment.versions for name in _AROUND]
    changed = branch.repository.changed(before, [*environment.versions, *around])
    return BaseHistory(branch.name, tip, old, {path: done for path, done in changed.items() if done != "added"})


def _revisions(repository: Repository, commit: str, environment: Environment) -> tuple[Revision, ...]:
    paths = [path for path in repository.files(commit, environment.versions) if path.endswith(".py")]
    return tuple(_read(repository.texts(commit, paths).items()))


def _read(texts: Iterable[tuple[str, str]]) -> Iterator[Revision]:
    for path, text in texts:
        if found := read_file(PurePosixPath(path).name, text):
            yield found


def new(history: Sequence[Revision], base: BaseHistory) -> list[Revision]:
    """Return the revisions whose files the base branch does not have."""
    known = {each.file for each in base.tip}
    return [each for each in history if each.file not in known]


def in_repository(session: Session) -> bool:
    """Return whether the project is in a git repository at all."""
    return find_repository(session.root) is not None
