"""What the probe generates in real projects, and that the files go up, down and up again without a trace.

Each folder of `probe_projects` that holds `operations.txt` is one case. It holds what Alembic found, with what the
review holds back marked; `bodies.txt`, where there is one, is what was written, from `upgrade()` on.
`allow.txt` lists the drops that are allowed.
"""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest

from migrations_tools.catalog import Catalog, compare
from migrations_tools.inapp.probe_client import Probe
from migrations_tools.review.findings import parse_allowances
from tests.support import application
from tests.support.probing import (
    ASYNC_DRIVER,
    DRIVER,
    PROJECTS,
    Reviewer,
    bodies,
    catalog_of,
    copy_project,
    mark,
    need_asyncio,
    pass_of,
    probing,
    revise,
    run_sql,
    target,
    with_driver,
)

CASES = sorted(path.parent for path in PROJECTS.glob("*/operations.txt"))

# What an older Alembic cannot do or does otherwise.
NEEDS = {
    "files_in_folders_by_year": (1, 18),  # makes the folders that file_template names
    "drops_of_every_kind": (1, 12),  # PostgreSQL indexes on expressions are compared
    "drops_that_are_allowed": (1, 12),
    "tables_columns_and_indexes": (1, 12),
}
READS_EXPRESSIONS = ("drops_of_every_kind", "drops_that_are_allowed", "tables_columns_and_indexes")


def reviewer_for(case: Path) -> Reviewer:
    allowed = case / "allow.txt"
    lines = allowed.read_text().splitlines() if allowed.exists() else []
    return Reviewer(allowances=parse_allowances(lines, datetime.date(2026, 1, 1)))


def versions_folders(project: Path) -> list[Path]:
    return [project / "migrations" / "versions", project / "more" / "billing"]


def write(project: Path, files: list[dict[str, object]]) -> None:
    for file in files:
        path = versions_folders(project)[int(str(file["location"]))] / str(file["name"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(file["text"]))


def go(probe: Probe, verb: str, revision: str) -> list[str]:
    answer = probe.ask(target().request(verb, revision=revision), f"taking it through {verb}")
    current: list[str] = pass_of(answer)["current"]
    return current


def differences(actual: Catalog, expected: Catalog) -> list[str]:
    """Compare, but for Alembic's version table: whether it stays when nothing is installed is Alembic's affair."""
    tables = ("alembic_version", "history")
    return [item.sentence() for item in compare(actual, expected) if item.table not in tables]


def _nobody_else_is_connected(url: str) -> bool:
    """Return whether the probe has let go; the server needs a moment to see that a connection was closed."""
    for _ in range(40):
        if run_sql(url, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()") == [(1,)]:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_generated_goes_up_and_down_without_a_trace(case: Path, database: str, tmp_path: Path) -> None:
    if application.version("alembic") < NEEDS.get(case.name, (0, 0)):
        pytest.skip(f"Alembic {application.facts()['alembic']} does not do this")
    if case.name in READS_EXPRESSIONS and application.version("sqlalchemy") < (2,):
        pytest.skip(f"SQLAlchemy {application.facts()['sqlalchemy']} does not read indexes of expressions")
    project, reviewer, url = copy_project(case.name, tmp_path), reviewer_for(case), mark(database)
    (project / "migrations" / "versions").mkdir(exist_ok=True)
    driver = DRIVER
    if case.name == "async_environment":
        need_asyncio()
        driver = ASYNC_DRIVER
    with probing(project, with_driver(url, driver)) as probe:
        standing = go(probe, "upgrade", "heads")
        before = catalog_of(url)
        answer = revise(probe, reviewer)

        # Alembic goes through sets of objects: the order of like operations differs from run to run.
        assert sorted(reviewer.lines()) == sorted((case / "operations.txt").read_text().splitlines())
        written = "\n".join(bodies(file["text"]) for file in answer["files"])
        if (case / "bodies.txt").exists():
            assert written == (case / "bodies.txt").read_text()
        assert catalog_of(url) == before

        write(project, answer["files"])
        made = [file["revision"] for file in answer["files"]]
        assert go(probe, "upgrade", "heads") == (made[-1:] or standing)
        after = catalog_of(url)
        assert go(probe, "downgrade", standing[0] if standing else "base") == standing
        assert differences(catalog_of(url), before) == []
        go(probe, "upgrade", "heads")
        assert differences(catalog_of(url), after) == []

        # What is still found is what was held back; a hook of the project's own adds to it whenever it is asked.
        held = [line for line in reviewer.lines() if line.startswith("held: ")]
        again = revise(probe, reviewer)
        if not case.name.startswith("own_hook"):
            assert again["files"] == []
            assert len(reviewer.asked) == 1 or sorted(reviewer.lines()) == sorted(held)
    assert _nobody_else_is_connected(url)
