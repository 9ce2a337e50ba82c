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
_APP = """import http.server
http.server.HTTPServer(("0.0.0.0", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Stall:
    """The project's folder, its Compose project's name, and the services that are the application and Alembic."""

    root: Path
    name: str
    application: str
    migrations: str

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start tasks in a process of their own; both streams come through one pipe."""
        return subprocess.Popen(
            self._command(*arguments), cwd=self.root, env=self._environment(settings), text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def invoke(self, *arguments: str, **settings: str) -> Done:
        """Run tasks to their end; settings are given by the environment."""
        return docker.run(self._command(*arguments), cwd=self.root, env=self._environment(settings), timeout=180)

    def configure(self, **settings: Any) -> None:
        """Write the project's settings."""
        known = {"application_service": self.application, "alembic_service": self.migrations, "health_path": "/"}
        (self.root / "invoke.yaml").write_text(json.dumps({"migrations_tools": {**known, **settings}}))

    def journal(self, suffix: str = "temp") -> dict[str, Any]:
        """Give the journal of a suffix's run; empty when there is none."""
        path = self.root / ".migrations_tools" / suffix / "journal.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def new_files(self) -> list[str]:
        """Give the revision files that are not the project's own."""
        known = {path.name for path in (_PROJECT / "migrations" / "versions").glob("*.py")}
        return sorted({path.name for path in (self.root / "migrations" / "versions").glob("*.py")} - known)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "migrations_tools", *arguments]

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        given = {f"INVOKE_MIGRATIONS_TOOLS_{name.upper()}": value for name, value in settings.items()}
        return {**docker.plain_environment(), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **given}


def make_stall(root: Path, name: str, port: int, application: str = "app", migrations: str = "migrate") -> Stall:
    """Make a project: a database, migrations that are a revision behind the models, and something that answers."""
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_PROJECT, root, ignore=hidden)
    shutil.copy(CHECKOUT / "compose" / "api" / "requirements.txt", root)
    (root / "Dockerfile").write_text(_DOCKERFILE)
    (root / ".dockerignore").write_text(".migrations_tools\n")
    (root / "app.py").write_text(_APP)
    (root / "docker-compose.yml").write_text(json.dumps(_compose(name, port, application, migrations)))
    stall = Stall(root, name, application, migrations)
    stall.configure()
    return stall


def _compose(name: str, port: int, application: str, migrations: str) -> dict[str, Any]:
    address = {"DATABASE_URL": "postgresql+psycopg://stall:stall@db:5432/stall"}
    check = ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U stall"]
    database = {"POSTGRES_USER": "stall", "POSTGRES_PASSWORD": "stall", "POSTGRES_DB": "stall"}
    ready = {"db": {"condition": "service_healthy"}}
    return {
        "name": name,
        "services": {
            "db": {"image": "postgres:15", "environment": database, "healthcheck": {"test": check, "interval": "1s"},
                   "volumes": ["data:/var/lib/postgresql/data"]},
            migrations: {"build": ".", "environment": address, "command": ["alembic", "upgrade", "head"],
                         "depends_on": ready},
            application: {"build": ".", "environment": address, "command": ["python", "app.py"], "depends_on": ready,
                          "ports": [f"{port}:8000"], "volumes": ["./migrations:/app/migrations"]},
        },
        "volumes": {"data": None},
    }  # fmt: skip
