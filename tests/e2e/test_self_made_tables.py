"""An application that makes its tables itself at its start, and a service that dies: neither stops the copy."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.example_copy import CHECKOUT
from tests.support import docker
from tests.support.docker import Done

pytestmark = pytest.mark.docker

_PROJECT = Path(__file__).parent / "projects" / "makes_its_tables"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("selfmade") / "selfmade"
    shutil.copytree(_PROJECT, place, ignore=shutil.ignore_patterns("__pycache__"))
    _configure(place)
    try:
        yield place
    finally:
        _tool(place, "cleanup")


def _tool(root: Path, *tasks: str) -> Done:
    environment = {**docker.plain_environment(), "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    return docker.run([sys.executable, "-m", "migrations_tools", *tasks], cwd=root, env=environment, timeout=240)


def _configure(root: Path, **settings: object) -> None:
    (root / "invoke.yaml").write_text(json.dumps({"migrations_tools": {"engine": "compose", **settings}}))


def test_the_migrations_run_before_the_application_and_the_line_that_makes_tables_is_named(root: Path) -> None:
    done = _tool(root, "isolate")
    assert done.code == 0, str(done)
    assert "the application makes tables itself at its start (create_all at app.py:7)" in done.text
    assert "not up: bot (bot_temp) is exited 3; the original has no container of it now" in done.text
    assert "To leave it out of the copy, write `exclude_services: [bot]` in invoke.yaml." in done.text


def test_a_service_that_dies_fails_the_install_where_nothing_is_known_of_the_original(root: Path) -> None:
    done = _tool(root, "validate")
    assert done.code == 1, str(done)
    assert "bot (bot_temp) is exited 3" in done.text
    assert "0001, run by this tool before the application started, which makes tables itself" in done.text


def test_check_starts_the_database_and_nothing_else(root: Path) -> None:
    assert _tool(root, "cleanup").code == 0
    done = _tool(root, "check")
    assert done.code == 0, str(done)
    started = [line.rpartition(" start -- ")[2] for line in done.text.splitlines() if " start -- " in line]
    assert started == ["database"]
    assert "Nothing is missing" in done.text


def test_what_is_printed_as_the_way_out_leads_to_a_fresh_install_that_works(root: Path) -> None:
    _configure(root, exclude_services=["bot"])
    done = _tool(root, "isolate", "generate", "validate")
    assert done.code == 0, str(done)
    assert "Nothing is missing: no file was written." in done.text
    assert "✔ Every table, column, constraint, index and type of the models is there, and nothing else" in done.text
