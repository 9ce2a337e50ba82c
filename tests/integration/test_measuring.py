"""What the probe measures while a revision runs: operations, statements, locks, rewritten relations, errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrations_tools import executed
from migrations_tools.executed import Pass, Statement
from migrations_tools.inapp.client import Probe
from tests.support.probing import (
    DRIVERS,
    PROJECTS,
    copy_project,
    mark,
    need,
    probing,
    target,
    with_driver,
)

PROJECT = "revisions_that_are_measured"
MEASURED = PROJECTS / PROJECT / "measured.txt"


def run(probe: Probe, revision: str, direction: str = "upgrade", **more: Any) -> Pass:
    request = target().request("execute", revision=revision, direction=direction, **more)
    (found,) = executed.parse(probe.ask(request, "executing"))
    return found


def lines_of(found: Pass) -> Iterator[str]:
    """Write a pass as lines: a step with its line, and under it what each statement did to tables."""
    yield f"{found.direction} {found.revision}"
    for step in found.steps:
        yield f"  {step.file}:{step.line} {step.operation.summary() if step.operation else '-'}"
        yield from (f"    {words_of(statement)}" for statement in step.statements)
    if failure := found.failure:
        yield f"  failed at {failure.file}:{failure.line}, step {failure.step}: {failure.message}"


def words_of(statement: Statement) -> str:
    # Which locks it takes besides the strongest, and which on indexes, differs from one version to another.
    locks = sorted({lock.relation.qualified_name for lock in statement.locks if lock.relation.kind == "table"})
    words = ", ".join(f"{strongest(statement, name)} {name}" for name in locks)
    rewritten = ", ".join(relation.qualified_name for relation in statement.rewritten if relation.kind == "table")
    parts = [
        statement.sort + (f" ×{statement.times}" if statement.times != 1 else ""),
        "failed" if statement.failed else "",
        "in autocommit" if statement.autocommit else "",
        f"locks {words}" if words else "",
        f"rewrites {rewritten}" if rewritten else "",
    ]
    return "; ".join(filter(None, parts))


# PostgreSQL manual, "Explicit Locking": from the weakest to the strongest.
MODES = (
    "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE", "ACCESS EXCLUSIVE",
)  # fmt: skip


def strongest(statement: Statement, table: str) -> str:
    return max((lock.mode for lock in statement.locks if lock.relation.qualified_name == table), key=MODES.index)


# SQLAlchemy's pg8000 cannot leave a transaction for the time of an autocommit_block().
@pytest.mark.parametrize("driver", [name for name in DRIVERS if name != "pg8000"])
def test_each_revision_is_measured(driver: str, database: str, tmp_path: Path) -> None:
    need(driver)
    project = copy_project(PROJECT, tmp_path)
    with probing(project, with_driver(mark(database), driver)) as probe:
        passes = []
        for revision in "abcde":
            passes += [run(probe, revision), run(probe, revision, "downgrade"), run(probe, revision)]
        passes += [run(probe, "f"), run(probe, "g"), run(probe, "g", "downgrade")]
    written = "\n".join(dict.fromkeys("\n".join(lines_of(each)) for each in passes)) + "\n"
    if os.environ.get("ACCEPT_CASES"):
        MEASURED.write_text(written)
    assert written == MEASURED.read_text()
