"""A stall: the smallest stack that has everything, in a folder and with names that try to be more than names."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.journal import Journal
from tests.support import docker
from tests.support.docker import Done

CHECKOUT = Path(__file__).resolve().parents[2]
_PROJECT = CHECKOUT / "tests" / "integration" / "local_projects" / "_base"
# The first lines are those of the example's API, so that the engine has them already.
_DOCKERFILE = """FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \\
    PYTHONUNBUFFERED=1

WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
"""
_ENV = """import os

from alembic import context
from models import Base
from sqlalchemy import URL, create_engine

parts = (os.environ[name] for name in ("DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME"))
user, password, host, port, name = parts
with create_engine(URL.create("postgresql+psycopg", user, password, host, int(port), name)).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
_APP = """import http.server
http.server.HTTPServer(("0.0.0.0", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Names:
    """What everything in a stall is called."""

    application: str = "app"
    migrations: str = "migrate"
    user: str = "stall"
    password: str = "stall"
    database: str = "stall"
    network: str = "stall-network"


@dataclass(frozen=True, slots=True)
class MinimalStack:
    """The project's folder, its Compose project's name, and what the rest is called."""

    root: Path
    name: str
    names: Names

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start tasks in a process of their own; both streams come through one pipe."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=self._environment(settings),
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def invoke(self, *arguments: str, **settings: str) -> Done:
        """Run tasks to their end; settings are given by the environment."""
        return docker.run(self.command(*arguments), cwd=self.root, env=self._environment(settings), timeout=180)

    def run_python(self, *words: str) -> Done:
        """Run a Python of this checkout's in the project's folder."""
        return docker.run([sys.executable, *words], cwd=self.root, env=self._environment({}), timeout=60)

    def configure(self, **settings: Any) -> None:
        """Write the project's settings."""
        names = self.names
        known = {"application_service": names.application, "alembic_service": names.migrations, "health_path": "/"}
        (self.root / "invoke.yaml").write_text(json.dumps({"migrations_tools": {**known, **settings}}))

    def journal(self, suffix: str = "temp") -> dict[str, Any]:
        """Return the journal of a suffix's run; empty when there is none."""
        path = Journal(self.root, f"_{suffix}").path
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def new_files(self) -> list[str]:
        """Return the revision files that are not the project's own."""
        known = {path.name for path in (_PROJECT / "migrations" / "versions").glob("*.py")}
        return sorted({path.name for path in (self.root / "migrations" / "versions").glob("*.py")} - known)

    def command(self, *arguments: str) -> list[str]:
        """Return the argument list of the tool, as its own program."""
        return [sys.executable, "-m", "migrations_tools", *arguments]

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        given = {f"INVOKE_MIGRATIONS_TOOLS_{name.upper()}": value for name, value in settings.items()}
        return {**docker.plain_environment(), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **given}


def make_minimal_stack(root: Path, name: str, port: int, names: Names = Names()) -> MinimalStack:
    """Make a project: a database, migrations that are a revision behind the models, and something that answers."""
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_PROJECT, root, ignore=hidden)
    shutil.copy(CHECKOUT / "compose" / "api" / "requirements.txt", root)
    texts = {"Dockerfile": _DOCKERFILE, "app.py": _APP, "migrations/env.py": _ENV}
    texts["docker-compose.yml"] = json.dumps(_compose(name, port, names))
    for path, text in texts.items():
        (root / path).write_text(text)
    minimal_stack = MinimalStack(root, name, names)
    minimal_stack.configure()
    return minimal_stack


def _compose(name: str, port: int, names: Names) -> dict[str, Any]:
    access = {"DB_USER": names.user, "DB_PASSWORD": names.password, "DB_NAME": names.database}
    address = _doubled({**access, "DB_HOST": "db", "DB_PORT": "5432"})
    database = {f"POSTGRES_{key.removeprefix('DB_').replace('NAME', 'DB')}": value for key, value in access.items()}
    check = {"test": ["CMD-SHELL", "pg_isready -h 127.0.0.1"], "interval": "1s"}
    image = {"build": ".", "environment": address, "depends_on": {"db": {"condition": "service_healthy"}}}
    return {
        "name": name,
        "services": {
            "db": {
                "image": "postgres:15",
                "environment": _doubled(database),
                "healthcheck": check,
                "volumes": ["data:/var/lib/postgresql/data"],
            },
            names.migrations: {**image, "command": ["alembic", "upgrade", "head"]},
            names.application: {
                **image,
                "command": ["python", "app.py"],
                "ports": [f"{port}:8000"],
                "volumes": ["./migrations:/app/migrations"],
            },
        },
        "volumes": {"data": None},
        "networks": {"default": {"name": names.network}},
    }


def _doubled(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value.replace("$", "$$") for key, value in values.items()}
