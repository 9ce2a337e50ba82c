"""Precision: on ordinary, correct migrations no rule above info speaks.

Each folder of `ordinary` is a change as real projects make them: `database.sql` and `models.py`, or a revision by hand
in `migration.py`. `operations.txt` is what it consists of; `ACCEPT_CASES=1` writes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.embedded import Server
from tests.support.reviewing import Desk, desk_on, grave, read_example

CASES = sorted(path for path in (Path(__file__).parent / "ordinary").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(postgres_server, tmp_path_factory.mktemp("project")) as found:
        yield found


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_nothing_is_said_of_an_ordinary_change(folder: Path, desk: Desk) -> None:
    outcome = desk.review(read_example(folder))
    assert [f"{item.code} {item.object}: {item.sentence}" for item in grave(outcome)] == []
    assert [line for line in outcome.notes if line.startswith("warning")] == []
    found = sorted(item.summary() for each in outcome.reviewed for item in each.operations)
    text = "".join(f"{line}\n" for line in found)
    path = folder / "operations.txt"
    if os.environ.get("ACCEPT_CASES"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_ordinary_changes_are_many_and_of_every_kind() -> None:
    lines = [line for folder in CASES for line in (folder / "operations.txt").read_text().splitlines()]
    verbs = {line.split()[0] for line in lines}
    assert len(lines) >= 150
    assert {"create", "add", "alter", "drop"} <= verbs
