"""A booth: a stall whose own stack runs, with rows, where every fault is played; and what must be as it was."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from migrations_tools.journal import Journal
from tests.e2e.example_copy import contents
from tests.e2e.minimal_stack import CHECKOUT, MinimalStack, make_minimal_stack
from tests.support import docker
from tests.support.docker import Done, Engine
from tests.support.faulty import Trap, make_trap

PREFIXES = ("boothstall",)
_PORT = 27000
_DATABASE_PORT = 27001
# What fills the small disk.
BALLAST = "ballast"
_KEPT = frozenset({"project.json", "temp/last-run.json"})
_ROWS = """
CREATE TABLE takings (day date PRIMARY KEY, amount numeric);
INSERT INTO takings VALUES ('2024-05-01', 12.5), ('2024-05-02', 99), ('2024-05-03', 0);
"""


@dataclass(frozen=True, slots=True)
class Before:
    """What was there before a fault: the engine, the rows, the files' bytes."""

    engine: Engine
    rows: Mapping[str, tuple[int, str]]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FaultStack:
    """The stall, the trap that its runs go through, the folders for their caches and temporary files."""

    minimal_stack: MinimalStack
    trap: Trap
    cache: Path
    temporary: Path
    variables: Mapping[str, str]

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.minimal_stack.root

    @property
    def tool_folder(self) -> Path:
        """Where the tool keeps its own files."""
        return Journal(self.root, "_temp").folder.parent

    def reached_by(self, address: str) -> FaultStack:
        """Return the same booth with its engine at another address."""
        return replace(self, variables={**self.variables, "DOCKER_HOST": address})

    def invoke(self, task: str) -> Done:
        """Run a task to its end, undisturbed."""
        environment = self.environment()
        return docker.run(self.minimal_stack.command(task), cwd=self.root, env=environment, timeout=180)

    def start(self, task: str, log: Path, **variables: str) -> subprocess.Popen[bytes]:
        """Start a task as a terminal does: in a process group of its own, which Ctrl-C reaches."""
        # A process whose parent ignores the signal ignores it too.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with log.open("wb") as file:
                return subprocess.Popen(
                    self.minimal_stack.command(task),
                    cwd=self.root,
                    env=self.environment(**variables),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        finally:
            signal.signal(signal.SIGINT, before)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of a run: the trap before all else, temporary files where they are counted."""
        plain = docker.plain_environment()
        path = f"{self.trap.programs}:{plain['PATH']}"
        code = f"{self.trap.modules}{os.pathsep}{CHECKOUT}"
        own = {"PATH": path, "PYTHONPATH": code, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        places = {"XDG_CACHE_HOME": str(self.cache), "TMPDIR": str(self.temporary)}
        return {**plain, **own, **places, **self.variables, **more}

    # --- what must be as it was ----------------------------------------------------------------------------------

    def before(self) -> Before:
        """Take what must be as it was after every fault."""
        return Before(docker.engine(PREFIXES), self.rows(), self.files())

    def rows(self) -> Mapping[str, tuple[int, str]]:
        """Return the tables of the original's database with their number of rows and a digest of them."""
        names = self.minimal_stack.names
        with psycopg.connect(
            host="127.0.0.1", port=_DATABASE_PORT, user=names.user, password=names.password, dbname=names.database
        ) as connection:
            return contents(connection)

    def files(self) -> dict[str, str]:
        """Return the sha256 of every file of the project; the tool's own folder is looked at by itself."""
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    def changed_files(self, before: Before) -> list[str]:
        """Return which files are not as they were; a whole new revision file is the user's, and is taken away here."""
        now = self.files()
        changed = [name for name, digest in before.files.items() if now.get(name) != digest]
        new = [name for name in now.keys() - before.files.keys() if not self._is_revision(name)]
        for name in self.minimal_stack.new_files():
            (self.root / "migrations" / "versions" / name).unlink()
        return [
            *(f"the file {name} is not as it was" for name in changed),
            *(f"the file {name} is new" for name in new),
        ]

    def own_files(self) -> list[str]:
        """Return what the tool left in its own folder, in the user's cache and among temporary files."""
        found = [f"in the tool's folder: {name}" for name in _below(self.tool_folder) if name not in _KEPT]
        found += [f"in the cache: {name}" for name in _below(self.cache)]
        return found + [f"among temporary files: {name}" for name in _below(self.temporary)]

    def forget_own_files(self) -> None:
        """Empty the cache and the temporary files, so that what one fault left is not put to the next one's account."""
        for place in (self.cache, self.temporary):
            shutil.rmtree(place)
            place.mkdir()

    def _is_revision(self, name: str) -> bool:
        path = self.root / name
        if path.parent != self.root / "migrations" / "versions" or path.suffix != ".py" or path.name.startswith("."):
            return False
        compile(path.read_text(), name, "exec")
        return True


def _below(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if not path.is_dir() and path.name != BALLAST)
    return sorted(str(path.relative_to(folder)) for path in found)


@contextmanager
def running_fault_stack(folder: Path) -> Iterator[FaultStack]:
    """Yield a booth whose stack runs and holds rows; it is taken down by exact names at the end."""
    fault_stack = _make(folder)
    file = ("compose", "--file", str(fault_stack.root / "docker-compose.yml"))
    try:
        docker.docker(*file, "up", "--detach", "--build", timeout=240)
        _wait_until_migrated(fault_stack)
        names = fault_stack.minimal_stack.names
        address = f"host=127.0.0.1 port={_DATABASE_PORT} user={names.user} password={names.password}"
        with psycopg.connect(f"{address} dbname={names.database}") as connection:
            connection.execute(_ROWS.encode())
        yield fault_stack
    finally:
        _take_down(file)


def _make(folder: Path) -> FaultStack:
    minimal_stack = make_minimal_stack(folder / "boothstall", PREFIXES[0], _PORT)
    path = minimal_stack.root / "docker-compose.yml"
    config = json.loads(path.read_text())
    services = config["services"]
    services["db"]["healthcheck"]["retries"] = 60
    services["db"]["ports"] = [f"{_DATABASE_PORT}:5432"]
    # An image with a volume that nobody names.
    services["cache"] = {"image": "redis:7-alpine"}
    for service in ("db", "cache", minimal_stack.names.application):
        services[service]["restart"] = "unless-stopped"
    path.write_text(json.dumps(config))
    cache, temporary = folder / "cache", folder / "temporary"
    for place in (cache, temporary):
        place.mkdir()
    trap = make_trap(folder / "trap", (minimal_stack.root, cache, temporary))
    return FaultStack(minimal_stack, trap, cache, temporary, {})


def _wait_until_migrated(fault_stack: FaultStack, seconds: float = 60) -> None:
    end, name = time.monotonic() + seconds, f"{PREFIXES[0]}-{fault_stack.minimal_stack.names.migrations}-1"
    while time.monotonic() < end:
        (found,) = docker.inspect("container", [name])
        if found["State"]["Status"] == "exited":
            assert found["State"]["ExitCode"] == 0, docker.docker("logs", name)
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} did not end within {seconds} s")


def _take_down(file: tuple[str, ...]) -> None:
    containers = docker.containers_of(PREFIXES[0]).values()
    anonymous = [name for item in containers for name in docker.anonymous_volumes(item)]
    docker.docker(*file, "down", "--timeout", "0", timeout=120)
    volumes = set(docker.docker_lines("volume", "ls", "--quiet"))
    for name in sorted({f"{PREFIXES[0]}_data", *anonymous} & volumes):
        docker.docker("volume", "rm", name)
    tags = docker.docker_lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    for tag in sorted({f"{PREFIXES[0]}-{service}:latest" for service in ("app", "migrate")} & set(tags)):
        docker.docker("image", "rm", tag)


def wait_for_rows(fault_stack: FaultStack, seconds: float = 60) -> Mapping[str, tuple[int, str]]:
    """Return the rows of the original's database as soon as it answers again."""
    end = time.monotonic() + seconds
    while True:
        try:
            return fault_stack.rows()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
