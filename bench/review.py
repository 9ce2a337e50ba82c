"""What one review costs: `generate` on a schema of 100 tables with one change, against plain Alembic's autogenerate.

Run it in an environment with the `dev` extra: `python bench/review.py [rounds]`. Both are whole commands on databases
of one server, one of each a round, so that what else the machine does falls on both alike; each writes its file, which
is taken away again. Exit code 1 when `generate` takes more than `LIMIT` times as long.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.embedded import Server, running_server
from tests.support.probing import with_driver

LIMIT = 10.0
ROUNDS = 7
TABLES = 100
BASE = """\
from sqlalchemy import *

metadata = MetaData()
"""
TABLE = """
Table(
    "table_{0}",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("parent_id", ForeignKey("table_{1}.id"), index=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("state", Enum("new", "old", name="state_{2}"), nullable=False),
    Column("amount", Numeric(12, 2), server_default="0", nullable=False),
    Column("active", Boolean, server_default="true", nullable=False),
    Column("made_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    Index("ix_table_{0}_state_made_at", "state", "made_at"),
)
"""
CHANGE = 'metadata.tables["table_7"].append_column(Column("note", String))\n'
ENV = """\
import os

import models
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, target_metadata=models.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""


def furnish(folder: Path) -> None:
    """Write a project with the models, and nothing migrated yet."""
    shutil.copytree(ROOT / "tests" / "integration" / "review_project", folder, dirs_exist_ok=True)
    (folder / "migrations" / "env.py").write_text(ENV)
    (folder / "migrations" / "versions").mkdir()
    tables = (TABLE.format(number, max(number - 1, 0), number % 10) for number in range(TABLES))
    (folder / "models.py").write_text(BASE + "".join(tables))
    (folder / "invoke.yaml").write_text("migrations_tools:\n  engine: server\n")


def environment(server: Server) -> dict[str, str]:
    """Give the variables of both commands."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PG", "COMPOSE", "INVOKE", "DATABASE"))
    }
    return {
        **kept, "DATABASE_URL": with_driver(server.url("plain")), "PYTHONPATH": str(ROOT),
        "INVOKE_MIGRATIONS_TOOLS_SERVER_URL": server.url("review_temp"),
        "INVOKE_MIGRATIONS_TOOLS_PYTHON": sys.executable,
    }  # fmt: skip


class Project:
    """The project's folder, and the commands that are run in it."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        """Take the folder and the commands' variables."""
        self.folder = folder
        self.variables = dict(variables)
        self.versions = folder / "migrations" / "versions"

    def run(self, *words: str) -> float:
        """Run a command to its end; give the seconds that it took. Raises RuntimeError when it fails."""
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - begun

    def time(self, *words: str) -> float:
        """Time a command that writes a revision file, and take the file away."""
        before = set(self.versions.glob("*.py"))
        seconds = self.run(*words)
        written = set(self.versions.glob("*.py")) - before
        if len(written) != 1:
            raise RuntimeError(f"{' '.join(words)} wrote {len(written)} files instead of one.")
        for path in written:
            path.unlink()
        return seconds


COMMANDS = {
    "alembic revision --autogenerate": ("alembic", "revision", "--autogenerate", "-m", "change"),
    "migrations-tools generate": ("migrations_tools", "generate", "--message", "change"),
}


def prepare(project: Project) -> None:
    """Bring both databases to the schema of the models, then change the models."""
    project.run("alembic", "revision", "--autogenerate", "-m", "first")
    project.run("alembic", "upgrade", "head")
    project.run("migrations_tools", "isolate")
    models = project.folder / "models.py"
    models.write_text(models.read_text() + CHANGE)


def measure(project: Project, rounds: int) -> dict[str, list[float]]:
    """Give the seconds of both commands, round by round, after one round that is thrown away."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds + 1):
        for name, words in COMMANDS.items():
            seconds[name].append(project.time(*words))
    return {name: taken[1:] for name, taken in seconds.items()}


def report(seconds: Mapping[str, Sequence[float]], rounds: int) -> tuple[str, float]:
    """Give the table as Markdown, and how many times as long `generate` takes."""
    plain, ours = (statistics.median(taken) for taken in seconds.values())
    versions = ", ".join(f"{name} {version(name)}" for name in ("alembic", "sqlalchemy"))
    rows = [
        f"{TABLES} tables, {versions}, Python {platform.python_version()}, {os.cpu_count()} cores, {rounds} rounds",
        "",
    ]
    rows += ["| command | median | fastest | ratio |", "|---|---|---|---|"]
    rows += [
        f"| {name} | {statistics.median(taken):.2f} s | {min(taken):.2f} s | {statistics.median(taken) / plain:.2f} |"
        for name, taken in seconds.items()
    ]
    return "\n".join(rows), ours / plain


def main() -> int:
    """Measure, print, and say with the exit code whether the limit is kept."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as name, running_server() as server:
        folder = Path(name)
        furnish(folder)
        project = Project(folder, environment(server))
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE plain")
        prepare(project)
        try:
            text, ratio = report(measure(project, rounds), rounds)
        finally:
            project.run("migrations_tools", "cleanup")
    sys.stdout.write(f"{text}\n\ngenerate: {ratio:.2f} x, the limit is {LIMIT} x.\n")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
