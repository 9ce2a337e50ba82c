"""What `generate` adds to plain Alembic's autogenerate, on schemas of 10, 100 and 1000 tables with one change.

`python bench/generate.py [tables ...]` in an environment with the `dev` extra. Both are whole commands on databases of
one server, one of each a round, so that what else the machine does falls on both alike; each writes its file, which is
taken away again. Beyond what Alembic does, ours reviews the file and executes it up, down and up again, with rows in
every table. Exit code 1 when it adds more than `LIMIT` seconds at 100 tables, or grows faster than Alembic.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness import Took, bare_environment, keep, machine, medians, run, table

from tests.support.embedded import Server, running_server
from tests.support.probing import with_driver

LIMIT = 1.0  # seconds at 100 tables
SIZES = (10, 100, 1000)
ROUNDS = {10: 7, 100: 7, 1000: 3}
PLAIN, OURS = "alembic revision --autogenerate", "migrations-tools generate"
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


def furnish(folder: Path, tables: int) -> None:
    """Write a project with the models of so many tables, and nothing migrated yet."""
    shutil.copytree(ROOT / "tests" / "integration" / "review_project", folder, dirs_exist_ok=True)
    (folder / "migrations" / "env.py").write_text(ENV)
    (folder / "migrations" / "versions").mkdir()
    models = (TABLE.format(number, max(number - 1, 0), number % 10) for number in range(tables))
    (folder / "models.py").write_text(BASE + "".join(models))
    (folder / "invoke.yaml").write_text("migrations_tools:\n  engine: server\n")


def environment(server: Server) -> dict[str, str]:
    """Return the variables of both commands."""
    return {
        **bare_environment(),
        "DATABASE_URL": with_driver(server.url("plain")),
        "PYTHONPATH": str(ROOT),
        "INVOKE_MIGRATIONS_TOOLS_SERVER_URL": server.url("review_temp"),
        "INVOKE_MIGRATIONS_TOOLS_PYTHON": sys.executable,
    }


class Project:
    """The project's folder, and the commands that are run in it."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        """Take the folder and the commands' variables."""
        self.folder = folder
        self.variables = dict(variables)
        self.versions = folder / "migrations" / "versions"

    def run(self, *words: str) -> Took:
        """Run a command of this Python's packages to its end. Raises RuntimeError when it fails."""
        return run([sys.executable, "-m", *words], self.folder, self.variables)

    def time(self, *words: str) -> Took:
        """Time a command that writes a revision file, and take the file away."""
        before = set(self.versions.glob("*.py"))
        took = self.run(*words)
        written = set(self.versions.glob("*.py")) - before
        if len(written) != 1:
            raise RuntimeError(f"{' '.join(words)} wrote {len(written)} files instead of one.")
        for path in written:
            path.unlink()
        return took


COMMANDS = {
    PLAIN: ("alembic", "revision", "--autogenerate", "-m", "change"),
    OURS: ("migrations_tools", "generate", "--message", "change"),
}


def prepare(project: Project) -> None:
    """Bring both databases to the schema of the models, then change the models."""
    project.run("alembic", "revision", "--autogenerate", "-m", "first")
    project.run("alembic", "upgrade", "head")
    project.run("migrations_tools", "isolate")
    models = project.folder / "models.py"
    models.write_text(models.read_text() + CHANGE)


def measure(tables: int) -> dict[str, list[Took]]:
    """Return what both commands take with so many tables, round by round, after one round that is thrown away."""
    taken: dict[str, list[Took]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as name, running_server() as server:
        furnish(Path(name), tables)
        project = Project(Path(name), environment(server))
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE plain")
        try:
            prepare(project)
            for _ in range(ROUNDS.get(tables, 3) + 1):
                for command, words in COMMANDS.items():
                    taken[command].append(project.time(*words))
        finally:
            project.run("migrations_tools", "cleanup")
    return {command: rounds[1:] for command, rounds in taken.items()}


def main(arguments: Sequence[str]) -> int:
    """Measure, print, keep; say with the exit code whether the limits are kept."""
    results = {size: measure(size) for size in map(int, arguments or map(str, SIZES))}
    added = {size: medians(each[OURS]).seconds - medians(each[PLAIN]).seconds for size, each in results.items()}
    lines = ["# generate against plain autogenerate", "", machine()]
    for size, each in results.items():
        lines += ["", f"## {size} tables", "", table(each, PLAIN), "", f"generate adds {added[size]:.2f} s."]
    good = added.get(100, 0.0) <= LIMIT
    if {100, 1000} <= results.keys():
        growth = {name: medians(results[1000][name]).seconds / medians(results[100][name]).seconds for name in COMMANDS}
        lines += ["", f"From 100 to 1000 tables Alembic takes {growth[PLAIN]:.1f} x, generate {growth[OURS]:.1f} x."]
        good = good and growth[OURS] <= growth[PLAIN]
    keep("generate", "\n".join([*lines, "", f"The limit is {LIMIT:g} s added at 100 tables."]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
