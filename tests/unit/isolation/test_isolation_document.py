"""docs/isolation.md names every case and no test that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.isolation.folders import CASES

_TESTS = Path(__file__).parents[2]
_PAGE = (_TESTS.parent / "docs" / "isolation.md").read_text(encoding="utf-8")
_HAZARDS = _PAGE.partition("## Compose programs tried")[0]
_ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in _HAZARDS.splitlines()
    if line.startswith("| ") and not line.startswith(("| feature", "| fault", "|--"))
]
_CASES = {folder.name for folder in CASES.iterdir() if folder.is_dir()}


def _named() -> set[str]:
    return {name for row in _ROWS for name in re.findall(r"`(\w+)`", row[3])}


def _tests() -> set[str]:
    return {
        name
        for path in _TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }


def test_every_row_has_its_four_cells_and_something_that_holds_it() -> None:
    assert len(_ROWS) > 50
    assert [row[0] for row in _ROWS if len(row) != 4 or not re.search(r"`\w+`", row[3])] == []


def test_every_case_is_named_in_a_row() -> None:
    assert sorted(_CASES - _named()) == []


def test_everything_that_is_named_exists() -> None:
    assert sorted(_named() - _CASES - _tests()) == []
