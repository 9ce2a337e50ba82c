"""The real probe in a real Python: sample projects in a folder of their own, talked to through the real client."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrations_tools import operations
from migrations_tools.catalog import Catalog, read
from migrations_tools.inapp.bundle import BOOTSTRAP
from migrations_tools.inapp.probe_client import Probe, Program, Target
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.review import assessment
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Allowance, Review
from tests.support import application, warm

PROJECTS = Path(__file__).parent.parent / "integration" / "probe_projects"
TOKEN = "the token of this run"
# SQLAlchemy 1.4 does not know psycopg 3.
_KNOWS_PSYCOPG = application.has("sqlalchemy.dialects.postgresql.psycopg")
DRIVER = "psycopg" if _KNOWS_PSYCOPG else "psycopg2"
ASYNC_DRIVER = "psycopg" if _KNOWS_PSYCOPG else "asyncpg"
DRIVERS = tuple(name for name in ("psycopg", "psycopg2", "asyncpg", "pg8000") if name != "psycopg" or _KNOWS_PSYCOPG)


def copy_project(name: str, folder: Path) -> Path:
    """Copy a sample project: what all share (`_base`) and, over it, its own files."""
    for source in ("_base", name):
        shutil.copytree(PROJECTS / source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextmanager
def probing(
    project: Path, url: str, program: Program | None = None, cold: bool = False, **environment: str
) -> Iterator[Probe]:
    """Start the probe as an engine would, where the project is and with its DATABASE_URL, and end it.

    With a program of the project's own, the probe comes in with that one. The Python has imported Alembic before,
    unless `cold`.
    """
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    variables |= {"DATABASE_URL": url, "DRIVER": DRIVER, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    start = _start_cold if cold else warm.start_probe
    with Probe(start(application.PYTHON, BOOTSTRAP, project, variables), program=program) as probe:
        yield probe


def _start_cold(python: str, code: str, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-u", "-c", code],
        cwd=cwd,
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def mark(url: str, token: str = TOKEN) -> str:
    """Write the token on a database; give its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(statement.format(sql.Identifier(connection.info.dbname), sql.Literal(token)))
    return url


def run_sql(url: str, script: str) -> list[tuple[Any, ...]]:
    """Run statements; give the rows of the last one, if it has any."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(script.encode())
        return cursor.fetchall() if cursor.description else []


def catalog_of(url: str) -> Catalog:
    """Return a database's catalog."""
    with psycopg.connect(url, autocommit=True) as connection:
        return read(lambda query, params=(): connection.execute(query.encode(), params or None).fetchall())


def with_driver(url: str, driver: str = DRIVER) -> str:
    """Name SQLAlchemy's driver in a libpq URL."""
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)


def need(driver: str) -> None:
    """Skip the test when a driver is not installed."""
    if not application.has(driver):
        pytest.skip(f"the driver {driver} is not installed")
    if driver == "asyncpg":
        need_asyncio()


def need_asyncio() -> None:
    """Skip the test when SQLAlchemy lacks what its asynchronous engines need."""
    if not application.has("greenlet"):
        pytest.skip("greenlet, which SQLAlchemy's asynchronous engines need, is not installed")
    if not application.has(ASYNC_DRIVER):
        pytest.skip(f"the driver {ASYNC_DRIVER} is not installed")


def target(database: str = "", config: Sequence[str] = ("alembic.ini",), token: str = TOKEN) -> Target:
    """Return what requests carry."""
    return Target(config, token, {"": database} if database else {})


@dataclass(slots=True)
class Reviewer:
    """Answers the probe's question with the real review."""

    history: Sequence[Revision] = ()
    allowances: Sequence[Allowance] = ()
    asked: list[tuple[Operation, ...]] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)

    def answer(self, question: str, value: Any) -> Mapping[str, Any]:
        assert question == "operations"
        found = operations.parse(value["operations"])
        self.asked.append(found)
        self.reviews.append(assessment.review(ReviewContext(found, history=tuple(self.history)), self.allowances))
        kept = [item for item in found if item.id not in self.reviews[-1].hold]
        return {"hold": sorted(self.reviews[-1].hold), "message": operations.message_for(kept)}

    def lines(self) -> list[str]:
        """Return what each operation does, and which are held."""
        hold = self.reviews[-1].hold
        return [("held: " if item.id in hold else "") + item.summary() for item in self.asked[-1]]


def revise(probe: Probe, reviewer: Reviewer, database: str = "") -> dict[str, Any]:
    """Autogenerate and review; give the probe's answer."""
    answer: dict[str, Any] = probe.ask(target(database).request("revision"), "autogenerating", reviewer.answer)
    return answer


def pass_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what env.py did on the one database that it came to, without the database's name."""
    (found,) = answer["passes"]
    return {key: value for key, value in found.items() if key != "database"}


def bodies(source: str) -> str:
    """Return what a revision file does: from its upgrade() on."""
    _, define, rest = source.partition("def upgrade()")
    lines = [line for line in (define + rest).splitlines() if line.strip() and "Alembic" not in line]
    return "\n".join(lines) + "\n"


def revision_file(
    upgrade: str, downgrade: str = "pass", revision: str = "new", down: str | None = None
) -> dict[str, Any]:
    """Write a revision file as the probe gives and takes it; the body of upgrade() begins on line 9."""
    text = f"""import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    {upgrade.replace(chr(10), chr(10) + "    ")}


def downgrade():
    {downgrade}
"""
    return {"location": 0, "name": f"{revision}_.py", "text": text}
