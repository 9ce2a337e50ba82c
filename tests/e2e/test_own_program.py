"""A stack whose Alembic is started by a program of its own, on two databases of one server."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.example_copy import CHECKOUT
from tests.support import docker
from tests.support.docker import Done, Engine

pytestmark = pytest.mark.docker

_PROJECT = Path(__file__).parent / "projects" / "twodb"
_PREFIXES = ("twodb",)


@dataclass(frozen=True, slots=True)
class Story:
    """The whole job, then a fresh install by the program's own command, then cleanup."""

    done: Done
    new_files: list[str]
    installed: Done
    cleaned: Done
    differences: list[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("twodb") / "twodb"
    shutil.copytree(_PROJECT, root, ignore=shutil.ignore_patterns("__pycache__"))
    before, files = docker.engine(_PREFIXES), _python_files(root)
    try:
        done = _tool(root, "isolate", "generate", "validate")
        new = sorted(_python_files(root) - files)
        settings = {"alembic_service": "tools", "alembic_command": "python -m keeper upgrade"}
        _configure(root, **settings, install_command="python -m keeper install")
        installed = _tool(root, "validate")
    finally:
        cleaned = _tool(root, "cleanup")
    yield Story(done, new, installed, cleaned, _differences(before))


def _tool(root: Path, *tasks: str) -> Done:
    environment = {**docker.plain_environment(), "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    return docker.run([sys.executable, "-m", "migrations_tools", *tasks], cwd=root, env=environment, timeout=240)


def _configure(root: Path, **settings: str) -> None:
    (root / "invoke.yaml").write_text(json.dumps({"migrations_tools": {"engine": "compose", **settings}}))


def _python_files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*.py")}


def _differences(before: Engine) -> list[str]:
    """Return what is different on the engine; the layers of a build stay in its cache, as after any build."""
    found = docker.lasting_differences(before, _PREFIXES)
    return [line for line in found if not (line.startswith("images: ") and line.endswith("() is new"))]


def test_the_program_is_taken_over_and_its_file_covers_both_databases(story: Story) -> None:
    assert story.done.code == 0, str(story.done)
    assert "In the database shop: 0 operations" in story.done.text
    assert "In the database billing: 1 operations" in story.done.text
    (name,) = story.new_files
    assert re.fullmatch(r"tools/keeper/schema/versions/[0-9a-f]{12}_add_payments\.py", name)


def test_each_database_is_compared_with_its_own_models(story: Story) -> None:
    claim = "Every table, column, constraint, index and type of the models is there, and nothing else"
    assert f"✔ {claim} (shop)" in story.done.out
    assert f"✔ {claim} (billing)" in story.done.out


def test_the_install_command_makes_the_fresh_database(story: Story) -> None:
    assert story.installed.code == 0, str(story.installed)
    assert "made by `python -m keeper install`" in story.installed.out
    assert "✔ The history makes the schema from nothing" in story.installed.out


def test_nothing_is_left(story: Story) -> None:
    assert story.cleaned.code == 0, str(story.cleaned)
    assert story.differences == []
