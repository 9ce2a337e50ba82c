"""What is read from git: the base branch's revision files, what was edited, which are new."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrations_tools.autogenerate import base_branch
from migrations_tools.discovery.alembic import Environment
from migrations_tools.engines.git import find_repository
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with two revisions on main, a branch with a third, and main gone on to a fourth."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    top = tmp_path / "the shop ü"
    (top / "db" / "versions").mkdir(parents=True)
    run(top, "init", "--quiet")
    (top / "db" / "env.py").write_text("")
    commit(top, "a", "b")
    run(top, "checkout", "--quiet", "-b", "work")
    run(top, "checkout", "--quiet", "main")
    commit(top, "d", down="b")
    run(top, "checkout", "--quiet", "work")
    commit(top, "c", down="b")
    return top


def run(top: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(top), *WHO, *words], check=True, stdout=subprocess.DEVNULL)


def commit(top: Path, *names: str, down: str = "") -> None:
    for name in names:
        text = f"revision = {name!r}\ndown_revision = {down or None!r}\n"
        (top / "db" / "versions" / f"{name} ü.py").write_text(text)
        down = name
    run(top, "add", ".")
    run(top, "commit", "--quiet", "--message", names[0])


def session(root: Path, **settings: Any) -> Any:
    return SimpleNamespace(root=root, settings=Settings(**settings))


def environment(root: Path) -> Environment:
    return Environment("", (root / "db" / "versions",))


def test_the_base_branch_is_read_as_it_is_and_as_it_was_where_the_work_left_it(root: Path) -> None:
    branch = base_branch.find(session(root))
    assert branch is not None
    base = base_branch.read(branch, environment(root))
    assert base.name == "main"
    assert [(each.revision, each.down, each.file) for each in base.tip] == [
        ("a", (), "a ü.py"),
        ("b", ("a",), "b ü.py"),
        ("d", ("b",), "d ü.py"),
    ]
    assert [each.revision for each in base.before] == ["a", "b"]
    assert base.changed == {}


def test_what_was_edited_or_deleted_since_is_told_and_new_files_are_not(root: Path) -> None:
    (root / "db" / "env.py").write_text("x = 1\n")
    (root / "db" / "versions" / "a ü.py").unlink()
    (root / "db" / "versions" / "new.py").write_text("")
    branch = base_branch.find(session(root, base_branch="main"))
    assert branch is not None
    base = base_branch.read(branch, environment(root))
    assert base.changed == {"db/env.py": "edited", "db/versions/a ü.py": "deleted"}


def test_nothing_of_the_repository_is_changed_by_asking(root: Path) -> None:
    # As git counts in whole seconds.
    os.utime(root / "db" / "env.py", (time.time() + 60,) * 2)
    before = {path: path.read_bytes() for path in (root / ".git").rglob("*") if path.is_file()}
    branch = base_branch.find(session(root))
    assert branch is not None
    assert base_branch.read(branch, environment(root)).changed == {}
    assert {path: path.read_bytes() for path in (root / ".git").rglob("*") if path.is_file()} == before


def test_a_branch_that_is_asked_for_and_not_there_is_refused(root: Path) -> None:
    with pytest.raises(CannotProceed, match="neither a revision of the history nor a branch"):
        base_branch.find(session(root), "nowhere")
    with pytest.raises(CannotProceed, match="'--help' is neither"):
        base_branch.find(session(root, base_branch="--help"))


def test_a_commit_is_taken_for_a_branch(root: Path) -> None:
    branch = base_branch.find(session(root), "main~1")
    assert branch is not None
    assert [each.revision for each in base_branch.read(branch, environment(root)).tip] == ["a", "b"]


def test_a_repository_that_cannot_be_read_is_said(root: Path) -> None:
    branch = base_branch.find(session(root))
    assert branch is not None
    (root / ".git" / "index").write_bytes(b"no index")
    with pytest.raises(CannotProceed, match="The revisions of main cannot be read"):
        base_branch.read(branch, environment(root))


def test_outside_of_a_repository_there_is_no_base_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert find_repository(tmp_path) is None
    assert base_branch.find(session(tmp_path)) is None
    with pytest.raises(CannotProceed, match="in no git repository"):
        base_branch.find(session(tmp_path, base_branch="main"))


def test_without_a_git_there_is_no_base_branch(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_repository(root) is None
