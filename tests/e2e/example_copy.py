"""A shop: a copy of the bundled example in a git repository of its own, with names and ports of its own."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from migrations_tools.journal import Journal
from tests.support import docker
from tests.support.docker import Done, Engine

CHECKOUT = Path(__file__).resolve().parents[2]
PREFIXES = ("shopline", "kiosk", "impostor", "harbour")
_PUBLISHED = {"postgres": 5432, "redis": 6379, "api": 8000, "frontend": 4444}
_DEFINITIONS = """
SELECT format('column %s.%s %s %s', table_name, column_name, udt_name, is_nullable)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT format('enum %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
"""
_SHIM = """#!/bin/sh
# Notes the argument list as one line, then becomes the real program.
line=$(for word in "$@"; do printf '%s\\037' "$word"; done | tr '\\n' ' ')
printf '%s\\n' "$line" >> "$(dirname "$0")/../docker.log"
exec {program} "$@"
"""


@dataclass(frozen=True, slots=True)
class ExampleCopy:
    """The folder, the Compose project's name, its published ports by service, its database's password."""

    folder: Path
    name: str
    ports: Mapping[str, int]
    password: str = field(repr=False)
    leaks: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The project's folder, which is the root of its git repository."""
        return self.folder / "project"

    @property
    def temp_name(self) -> str:
        """The Compose project name of the copy."""
        return f"{self.name}_temp"

    @property
    def compose_file(self) -> Path:
        """The original's Compose file."""
        return self.root / "compose" / "docker-compose.yml"

    @property
    def versions(self) -> Path:
        """The folder of the revision files."""
        return self.root / "compose" / "api" / "migrations" / "versions"

    @property
    def tool_folder(self) -> Path:
        """Where the tool keeps its own files."""
        return Journal(self.root, "_temp").folder.parent

    # --- the tool ------------------------------------------------------------------------------------------------

    def command(self, *arguments: str) -> list[str]:
        """Return the argument list of the tool, as `invoke …` runs it."""
        return [sys.executable, "-m", "invoke", *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment that the tool runs in: this checkout's code, and Docker under observation."""
        plain = docker.plain_environment()
        path = f"{self.folder / 'bin'}:{plain['PATH']}"
        quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(CHECKOUT)}
        return {**plain, **quiet, "PATH": path, **more}

    def invoke(self, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 180) -> Done:
        """Run tasks and give how they ended; whatever shows the password is noted in `leaks`."""
        done = docker.run(self.command(*arguments), cwd=self.root, env=self.environment(**(env or {})), timeout=timeout)
        self._look_for_leaks(" ".join(arguments), done)
        return done

    def _look_for_leaks(self, tasks: str, done: Done) -> None:
        if self.password in done.text:
            self.leaks.append(f"the output of `invoke {tasks}`")
        for path in self.tool_files():
            if self.password in (self.tool_folder / path).read_text(errors="replace"):
                self.leaks.append(f"{path} after `invoke {tasks}`")
        if self.password in "".join(map(" ".join, self.docker_commands())):
            self.leaks.append(f"an argument of a docker command of `invoke {tasks}`")

    def docker_commands(self) -> list[list[str]]:
        """Return every argument list that the tool gave to `docker`, oldest first."""
        log = self.folder / "docker.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split("\x1f")[:-1] for line in lines]

    def journal(self) -> dict[str, Any]:
        """Return the tool's journal, which knows what the copy's parts are called."""
        found: dict[str, Any] = json.loads((self.tool_folder / "temp" / "journal.json").read_text())
        return found

    def tool_files(self) -> list[str]:
        """Return the files in the tool's own folder."""
        return sorted(str(path.relative_to(self.tool_folder)) for path in self.tool_folder.rglob("*") if path.is_file())

    def configure(self, *compose_files: str, **settings: Any) -> None:
        """Write `invoke.yaml` with more Compose files (beside the original's) and settings."""
        files = ["compose/docker-compose.yml", *compose_files]
        section = {"compose_files": files, **settings}
        (self.root / "invoke.yaml").write_text(json.dumps({"migrations_tools": section}))

    # --- the files -----------------------------------------------------------------------------------------------

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / path).write_text(text)

    def git_status(self) -> list[str]:
        """Return what git sees as changed or new, each new file by itself."""
        return self._git("status", "--porcelain", "--untracked-files=all").splitlines()

    def reset(self) -> None:
        """Put the project's files back to the commit; the ignored `.env` stays."""
        self._git("checkout", "--quiet", "--", ".")
        self._git("clean", "--quiet", "--force", "-d")

    def revision_files(self) -> dict[str, str]:
        """Return the sha256 of every file in the versions folder, hidden ones too."""
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.versions.iterdir()}

    def _git(self, *arguments: str) -> str:
        return docker.must(["git", *arguments], cwd=self.root)

    # --- the engine and the databases ------------------------------------------------------------------------------

    def dev(self, *arguments: str, timeout: float = 240) -> str:
        """Run `docker compose` on the original's stack."""
        command = ["docker", "compose", "--file", str(self.compose_file), *arguments]
        return docker.must(command, cwd=self.root, env=docker.plain_environment(), timeout=timeout)

    def temp_containers(self) -> dict[str, dict[str, Any]]:
        """Return `docker inspect` of the copy's containers by service."""
        found = docker.containers_of(self.journal()["temp_project"])
        return {item["Config"]["Labels"][docker.SERVICE_LABEL]: item for item in found.values()}

    def connect(self, port: int) -> psycopg.Connection[Any]:
        """Open a connection to the shop's database, dev's or the copy's."""
        return psycopg.connect(
            host="127.0.0.1", port=port, user="recyclic", password=self.password, dbname="recyclic", autocommit=True
        )

    def dev_contents(self) -> dict[str, tuple[int, str]]:
        """Return each table of the dev database with its number of rows and a digest of them."""
        with self.connect(self.ports["postgres"]) as connection:
            return contents(connection)


# --- making one ------------------------------------------------------------------------------------------------------


def make_example_copy(folder: Path, name: str, first_port: int, password: str) -> ExampleCopy:
    """Copy the example into a new git repository, under a name and ports of its own."""
    example_copy = ExampleCopy(
        folder, name, {service: first_port + port for service, port in _PUBLISHED.items()}, password
    )
    shutil.copytree(
        CHECKOUT / "compose", example_copy.root / "compose", ignore=shutil.ignore_patterns("__pycache__", ".env")
    )
    shutil.copy(CHECKOUT / "tasks.py", example_copy.root)
    example_copy.compose_file.write_text(_renamed(example_copy.compose_file.read_text(), example_copy))
    example_copy.configure()
    example_copy.write("compose/.env", f"POSTGRES_PASSWORD={password}\n")
    _make_shim(folder / "bin" / "docker")
    _commit(example_copy.root)
    return example_copy


def _renamed(text: str, example_copy: ExampleCopy) -> str:
    text = text.replace("name: recyclic\n", f"name: {example_copy.name}\n", 1)
    text = text.replace("recyclic-network", f"{example_copy.name}-network")
    text = text.replace("recyclic-api:latest", f"{example_copy.name}-api:latest")
    for service, port in _PUBLISHED.items():
        text = text.replace(f'"{port}:{port}"', f'"{example_copy.ports[service]}:{port}"')
        text = text.replace(f"http://localhost:{port}}}", f"http://localhost:{example_copy.ports[service]}}}")
    return text


def _make_shim(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(_SHIM.replace("{program}", shlex.quote(str(shutil.which("docker")))))
    path.chmod(0o755)


def _commit(root: Path) -> None:
    who = ["-c", "user.name=Shop", "-c", "user.email=shop@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "The shop"]):
        docker.must(["git", *arguments], cwd=root)


# --- looking ---------------------------------------------------------------------------------------------------------


def state() -> Engine:
    """Return the engine's state, other people's Compose projects left out."""
    return docker.engine(PREFIXES)


def differences(before: Engine) -> list[str]:
    """Return what on the engine is not as it was before."""
    return docker.lasting_differences(before, PREFIXES)


def contents(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, str]]:
    """Return each table with its number of rows and a digest of them."""
    return {name: _digest(connection, name) for name in tables(connection)}


def tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the names of the tables."""
    rows = connection.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [name for (name,) in rows]


def _digest(connection: psycopg.Connection[Any], table: str) -> tuple[int, str]:
    query = "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
    row = connection.execute(sql.SQL(query).format(sql.Identifier(table))).fetchone()
    assert row
    return int(row[0]), str(row[1])


def definitions(connection: psycopg.Connection[Any]) -> set[str]:
    """Return columns, constraints, indexes and enum labels as text, straight from the system catalogs."""
    return {text for (text,) in connection.execute(_DEFINITIONS)}


def http_status(url: str) -> int:
    """Return the status that a GET answers with."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def wait_until_up(example_copy: ExampleCopy, seconds: float = 90) -> None:
    """Wait until the original's application answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if http_status(f"http://127.0.0.1:{example_copy.ports['api']}/health") == 200:
                return
        except OSError:
            pass  # nobody listens yet
        time.sleep(0.5)
    raise AssertionError(
        f"the dev stack did not come up:\n{example_copy.dev('ps', '--all')}\n{example_copy.dev('logs', '--tail', '20')}"
    )


def start_task(example_copy: ExampleCopy, *arguments: str) -> subprocess.Popen[str]:
    """Start tasks in a process of their own; both streams come through one pipe."""
    return subprocess.Popen(
        example_copy.command(*arguments),
        cwd=example_copy.root,
        env=example_copy.environment(),
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def words_of(commands: Sequence[Sequence[str]], *start: str) -> list[list[str]]:
    """Return what follows `start` in every command that begins with it."""
    return [list(command[len(start) :]) for command in commands if tuple(command[: len(start)]) == start]
