"""The table of `nox -s compose_matrix`: what the tests recorded about each Compose program, from their JUnit files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

_COLUMNS = ("version", "verified", "refused", "failed", "skipped")


def row(path: Path) -> tuple[str, ...]:
    """Return the table's row for one program; the file is named after its version."""
    tests = list(ElementTree.parse(path).getroot().iter("testcase"))
    said = Counter(str(item.get("name")) for test in tests for item in test.iter("property"))
    failed = sum(test.find("failure") is not None or test.find("error") is not None for test in tests)
    skipped = sum(test.find("skipped") is not None for test in tests)
    return (path.stem, *map(str, (said["verified"], said["refused"], failed, skipped)))


def table(paths: Sequence[Path]) -> list[str]:
    """Return the lines of the table, a line for each program."""
    rows = [_COLUMNS, *map(row, paths)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(each, widths, strict=True)).rstrip() for each in rows]


if __name__ == "__main__":
    print("\n".join(table([Path(argument) for argument in sys.argv[1:]])))
