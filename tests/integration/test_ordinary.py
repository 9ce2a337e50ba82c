"""Precision: on ordinary, correct migrations no rule above info speaks.

Each folder of `ordinary` is a change as real projects make them: `database.sql` and `models.py`, or a revision by hand
in `migration.py`. `operations.txt` is what it consists of; `ACCEPT_CASES=1` writes it.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.embedded import Server
from tests.support.reviewing import Desk, desk_on, grave, mended, read_example

ALL = sorted(path for path in (Path(__file__).parent / "ordinary").iterdir() if path.is_dir())
# Those by hand want the review of revisions that exist.
CASES = [path for path in ALL if find_spec("migrations_tools.commands.review") or not (path / "migration.py").exists()]


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(postgres_server, tmp_path_factory.mktemp("project")) as found:
        yield found


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_nothing_is_said_of_an_ordinary_change(folder: Path, desk: Desk) -> None:
    example = read_example(folder)
    with desk.laid_out(example):
        if example.by_hand:
            said, found = desk.review_by_hand(example), operations_in(example.migration)
        else:
            outcome = desk.generate(example)
            assert [line for line in outcome.notes if line.startswith("warning")] == []
            said = outcome.findings
            found = sorted(item.summary() for each in outcome.reviewed for item in each.operations)
    assert [f"{item.code} {item.object}: {item.sentence}" for item in grave(said) if not mended(item)] == []
    text = "".join(f"{line}\n" for line in found)
    path = folder / "operations.txt"
    if os.environ.get("ACCEPT_CASES"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def operations_in(source: str) -> list[str]:
    """Return the operations of a revision's upgrade(), as they are written there."""
    tree = ast.parse(source)
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    calls = [
        node
        for node in ast.walk(upgrade)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("op.", "batch."))
    ]
    return sorted(ast.unparse(call).splitlines()[0][:100] for call in calls if "get_" not in ast.unparse(call.func))


def test_the_ordinary_changes_are_many_and_of_every_kind() -> None:
    lines = [line for folder in CASES for line in (folder / "operations.txt").read_text().splitlines()]
    verbs = {re.split("[ _(]", line.removeprefix("op."))[0] for line in lines}
    assert len(lines) >= 150
    assert {"create", "add", "alter", "drop"} <= verbs
