"""A small project in a folder of its own, the real commands run in it, and what they left on the machine.

Nothing here uses the tool under test: processes are looked up in /proc, databases are asked with psycopg.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from migrations_tools.journal import Journal
from tests.support.docker import Done, plain_environment, run
from tests.support.embedded import Server, open_folder
from tests.support.warm import run_tool

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECTS = CHECKOUT / "tests" / "integration" / "local_projects"
_NOT_OURS = ("PG", "DATABASE_", "INVOKE_", "COMPOSE_", "DOCKER_", "POSTGRES_")
_LONGEST = 180.0
# What is in the project's state folder after `cleanup`.
LEFT = ["project.json", "temp"]
LEFT_AFTER_VALIDATE = [*LEFT, "temp/last-run.json"]


@dataclass(frozen=True, slots=True)
class LocalProject:
    """A project's folder and the variables that its commands get besides the usual ones."""

    root: Path
    more: Mapping[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list, repr=False)
    leaks: list[str] = field(default_factory=list)

    # --- the tool ------------------------------------------------------------------------------------------------

    @property
    def tool_folder(self) -> Path:
        """Where the tool keeps its own files."""
        return Journal(self.root, "_temp").folder.parent

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the commands: this checkout's code, no database and no Docker of anybody's."""
        kept = {key: value for key, value in plain_environment().items() if not key.startswith(_NOT_OURS)}
        kept.pop("VIRTUAL_ENV", None)
        return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(CHECKOUT), **self.more, **more}

    def invoke(self, *arguments: str, **more: str) -> Done:
        """Run tasks to their end; wherever a secret shows is noted in `leaks`."""
        done = run_tool(arguments, self.root, self.environment(**more), _LONGEST)
        for secret in self._all_secrets():
            if secret in done.text:
                self.leaks.append(f"the output of {' '.join(arguments)}")
            self.leaks.extend(f"{path} after {' '.join(arguments)}" for path in self._files_with(secret))
        return done

    def run_python(self, *words: str) -> Done:
        """Run a Python of this checkout's in the project's folder."""
        return run([sys.executable, *words], cwd=self.root, env=self.environment(), timeout=_LONGEST)

    def kill_when(self, moment: Callable[[LocalProject], bool], *arguments: str) -> bool:
        """Start tasks and kill them, as `kill -9` does, at a moment; False when they ended before it came."""
        started = subprocess.Popen(
            _command(*arguments),
            cwd=self.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + _LONGEST
        try:
            while started.poll() is None and time.monotonic() < end:
                if moment(self):
                    return started.poll() is None
                time.sleep(0.004)
            return False
        finally:
            with suppress(ProcessLookupError):
                started.send_signal(signal.SIGKILL)
            started.wait()

    def configure(self, **settings: Any) -> None:
        """Write `invoke.yaml`, with this Python as the project's own."""
        (self.root / "invoke.yaml").write_text(json.dumps({"migrations_tools": {"python": sys.executable, **settings}}))

    # --- files ---------------------------------------------------------------------------------------------------

    def journal(self) -> dict[str, Any]:
        """Return the tool's journal; empty when there is none."""
        try:
            found: dict[str, Any] = json.loads((self.tool_folder / "temp" / "journal.json").read_text())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return found

    def cluster(self) -> dict[str, Any]:
        """Return what the journal says of the embedded cluster; empty when it says nothing."""
        found: dict[str, Any] = self.journal().get("plan", {}).get("cluster", {})
        return found

    def cluster_url(self, database: str) -> str:
        """Return the superuser's URL of a database of the embedded cluster."""
        state = self.cluster()
        secret = (Path(state["folder"]) / "password").read_text()
        return f"postgresql://{state['superuser']}:{secret}@127.0.0.1:{state['port']}/{database}"

    def tool_files(self) -> list[str]:
        """Return the files and folders in the tool's own folder, those of the cluster by its folder's name alone."""
        found = (path.relative_to(self.tool_folder) for path in self.tool_folder.rglob("*"))
        return sorted(str(path) for path in found if "cluster" not in path.parts[:-1])

    def contents(self) -> dict[str, bytes]:
        """Return every file of the project by its path."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}

    def _all_secrets(self) -> list[str]:
        with suppress(KeyError, OSError):
            secret = (Path(self.cluster()["folder"]) / "password").read_text()
            if secret not in self.secrets:
                self.secrets.append(secret)
        return self.secrets

    def _files_with(self, secret: str) -> Iterator[str]:
        own = Path(self.cluster().get("folder", "/nowhere")) / "password"
        for path in self.tool_folder.rglob("*"):
            with suppress(OSError):
                if path != own and path.is_file() and secret.encode() in path.read_bytes():
                    yield str(path.relative_to(self.tool_folder))

    # --- processes -----------------------------------------------------------------------------------------------

    def processes(self, *words: str) -> list[str]:
        """Return the processes that work in the project's folder, name it, or name (or carry) one of `words`."""
        needles = [word.encode() for word in (str(self.root), *words)]
        return [_shown(folder) for folder in _processes() if any(word in _all_of(folder) for word in needles)]

    def traces(self) -> list[str]:
        """Return what a process of the standing run would carry: the run's mark, the cluster's name."""
        run, cluster = self.journal().get("id"), self.cluster().get("id")
        return [*([f"MIGRATIONS_TOOLS_RUN={run}"] if run else []), *([f"mt-{cluster}"] if cluster else [])]


@contextmanager
def local_project(name: str, more: Mapping[str, str] | None = None, **settings: Any) -> Iterator[LocalProject]:
    """Copy a sample project, what all share (`_base`) and over it its own files, and configure it.

    The folder is one that the server's account can pass through; whatever still runs in it is ended.
    """
    with open_folder() as folder:
        project = LocalProject(folder / name, more or {})
        for source in ("_base", name):
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECTS / source, project.root, dirs_exist_ok=True, ignore=hidden)
        project.configure(**settings)
        try:
            yield project
        finally:
            if project.journal():
                project.invoke("cleanup")


@contextmanager
def path_without_docker() -> Iterator[str]:
    """Yield a PATH on which everything is but Docker."""
    with open_folder() as folder:
        yield os.pathsep.join(_without_docker(Path(part), folder) for part in os.environ["PATH"].split(os.pathsep))


def _without_docker(part: Path, folder: Path) -> str:
    if not any((part / name).exists() for name in ("docker", "docker-compose")):
        return str(part)
    stand_in = folder / str(part).replace("/", "-")
    stand_in.mkdir(exist_ok=True)
    for program in part.iterdir():
        link = stand_in / program.name
        if not program.name.startswith("docker") and not link.is_symlink():
            link.symlink_to(program)
    return str(stand_in)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "migrations_tools", *arguments]


def _processes() -> Iterator[Path]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            yield entry


def _all_of(folder: Path) -> bytes:
    """Return a process's command line, environment and working directory in one piece."""
    parts = []
    with suppress(OSError):
        parts.append((folder / "cmdline").read_bytes())
        parts.append(os.fsencode(os.readlink(folder / "cwd")))  # noqa: PTH115 - it may be deleted
        parts.append((folder / "environ").read_bytes())
    return b"\0".join(parts)


def _shown(folder: Path) -> str:
    with suppress(OSError):
        return f"{folder.name}: {(folder / 'cmdline').read_bytes().replace(bytes(1), b' ').decode(errors='replace')}"
    return folder.name


# --- databases -------------------------------------------------------------------------------------------------------


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Return what a query answers."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def names(url: str, query: str) -> set[str]:
    """Return the one column that a query answers with."""
    return {str(name) for (name,) in rows(url, query)}


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"


def databases(server: Server) -> dict[str, str | None]:
    """Return the databases of a server with their comments."""
    query = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
    return {str(name): comment for name, comment in rows(server.url(), query)}


@contextmanager
def role(server: Server, name: str, password: str, *, createdb: bool) -> Iterator[str]:
    """Make a role that is no superuser; give the URL of the server for it, which names no database."""
    words = sql.SQL("CREATEDB" if createdb else "NOCREATEDB")
    create = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER {} PASSWORD {}")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), words, sql.Literal(password)))
        try:
            yield f"postgresql://{name}:{quote(password, safe='')}@{server.host}:{server.port}"
        finally:
            owned = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s"
            for (left,) in connection.execute(owned, [name]).fetchall():
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(left)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
