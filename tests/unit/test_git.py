"""What git tells of the base branch, on real repositories; and why it cannot, in words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from migrations_tools.engines import git
from migrations_tools.engines.git import Unavailable


def run(folder: Path, *words: str) -> None:
    identity = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env={**os.environ, **identity})


def commit(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / "api" / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(folder, "add", "-A")
    run(folder, "commit", "-m", "one more")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository whose branch `topic` has changed a model since it left `main`."""
    run(tmp_path, "init", "-b", "main")
    commit(tmp_path, app__models_py="email = 'unique é'\n", picture="not python")
    run(tmp_path, "checkout", "-b", "topic")
    commit(tmp_path, app__models_py="email = None\n")
    run(tmp_path, "checkout", "main")
    commit(tmp_path, app__later_py="")
    run(tmp_path, "checkout", "topic")
    return tmp_path


def test_a_folder_is_read_as_the_base_branch_had_it_where_this_branch_left_it(repository: Path) -> None:
    found = git.base_commit(repository / "api", "")
    assert found.branch == "main"
    assert git.files(repository / "api", found) == {"app/models.py": "email = 'unique é'\n"}
    assert not git.is_unchanged(repository / "api", found)


def test_a_detached_checkout_and_a_named_branch_serve_as_well(repository: Path) -> None:
    run(repository, "checkout", "--detach")
    assert git.base_commit(repository, "").branch == "main"
    assert git.base_commit(repository, "topic").branch == "topic"


def test_origins_default_branch_comes_before_the_usual_names(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run(repository, "branch", "-m", "main", "trunk")
    run(repository, "checkout", "trunk")
    run(tmp_path, "clone", str(repository), str(clone))
    assert git.base_commit(clone, "").branch == "origin/trunk"


def test_unchanged_files_are_told_and_a_new_module_is_a_change(repository: Path) -> None:
    base = git.base_commit(repository, "topic")
    assert git.is_unchanged(repository / "api", base)
    (repository / "api" / "notes.bin").write_text("no module")
    assert git.is_unchanged(repository / "api", base)
    (repository / "api" / "versions").mkdir()
    (repository / "api" / "versions" / "new.py").write_text("")
    assert not git.is_unchanged(repository / "api", base)
    assert git.is_unchanged(repository / "api", base, [repository / "api" / "versions", repository / "elsewhere"])
    (repository / "api" / "new.py").write_text("")
    assert not git.is_unchanged(repository / "api", base, [repository / "api" / "versions"])


def test_the_names_of_a_folders_files_are_those_of_the_base_branch(repository: Path) -> None:
    base = git.base_commit(repository, "")
    assert git.names(repository / "api", base) == {"models.py", "picture"}
    assert git.names(repository / "nowhere", base) == frozenset()


def test_what_cannot_be_had_has_its_reason(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable, match="git knows no branch nowhere"):
        git.base_commit(repository, "nowhere")
    with pytest.raises(Unavailable, match="no git repository is there"):
        git.base_commit(tmp_path_factory.mktemp("elsewhere"), "")
    empty = tmp_path_factory.mktemp("empty")
    run(empty, "init", "-b", "other")
    with pytest.raises(Unavailable, match="neither origin's branch nor main"):
        git.base_commit(empty, "")
    (repository / "docs").mkdir()
    with pytest.raises(Unavailable, match="has no files in"):
        git.files(repository / "docs", git.base_commit(repository, "main"))
    monkeypatch.setenv("PATH", str(empty))
    with pytest.raises(Unavailable, match="git cannot be started"):
        git.base_commit(repository, "")
