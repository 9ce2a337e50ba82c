"""A harbour: a small running dev stack that has many hazards of isolation at once.

It was started with two Compose files, a profile and an environment file that no setting names; a database in a host
folder, folders that it writes to, a network and a volume of others, fixed addresses, labels for a proxy, links to
container names, and several containers of one service.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.example_copy import CHECKOUT
from tests.support import docker
from tests.support.docker import Done

NAME = "harbour"
SHARED = "harbour_shared"
ARCHIVE = "harbour_archive"
PEER = "harbour_peer"
IMAGE = "harbour-app:latest"
APP_PORT, WORKER_PORT = 30800, 30810
#: The image that the harbour's own is made from: it has Alembic and a driver.
BASE = "shopline-api:latest"

_COMPOSE = f"""
services:
  db:
    image: postgres:15
    container_name: harbour-db
    environment: {{POSTGRES_USER: harbour, POSTGRES_PASSWORD: "${{HARBOUR_PASSWORD:?}}"}}
    volumes: ["./pgdata:/var/lib/postgresql/data"]
    networks:
      inner: {{ipv4_address: 10.213.251.10}}
      shared:
    healthcheck: {{test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U harbour"], interval: 1s, retries: 60}}
    stop_signal: SIGKILL
  app:
    build: ./app
    image: {IMAGE}
    container_name: harbour-app
    environment:
      DATABASE_URL: "postgresql+psycopg://harbour:${{HARBOUR_PASSWORD}}@database/harbour"
      PUBLIC_URL: http://localhost:{APP_PORT}
    links: ["db:database"]
    labels: ["traefik.enable=true", "traefik.http.routers.harbour.rule=Host(`harbour.example.org`)"]
    volumes: ["./uploads:/uploads", "archive:/archive"]
    ports: ["{APP_PORT}:8000"]
    networks:
      inner: {{ipv4_address: 10.213.251.11}}
      shared:
    depends_on: {{db: {{condition: service_healthy}}}}
    restart: always
    stop_signal: SIGKILL
networks:
  inner: {{ipam: {{config: [{{subnet: 10.213.251.0/24}}]}}}}
  shared: {{external: true, name: {SHARED}}}
volumes:
  archive: {{external: true, name: {ARCHIVE}}}
"""
_MORE = f"""
services:
  worker:
    image: {IMAGE}
    deploy: {{replicas: 2}}
    ports: ["{WORKER_PORT}-{WORKER_PORT + 1}:8000"]
    networks: [inner]
    stop_signal: SIGKILL
  tools:
    image: {IMAGE}
    profiles: [tools]
    networks: [inner]
    stop_signal: SIGKILL
  never:
    image: {IMAGE}
    profiles: [never]
    ports: ["{APP_PORT + 1}:8000"]
"""
_FILES = {
    "compose.yaml": _COMPOSE,
    "compose.dev.yaml": _MORE,
    "harbour.env": "HARBOUR_PASSWORD=harbour-secret\n",
    ".gitignore": "/pgdata/\n/uploads/\n",
    "app/Dockerfile": f'FROM {BASE}\nUSER root\nWORKDIR /harbour\nCOPY . .\nCMD ["python", "serve.py"]\n',
    "app/alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n",
    "app/models.py": """
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Ship(Base):
    __tablename__ = "ships"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(50), nullable=False)
""",
    "app/migrations/env.py": """
import os

from alembic import context
from sqlalchemy import create_engine

from models import Base

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
""",
    "app/migrations/versions/0001_ships.py": """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    name = sa.Column("name", sa.String(50), nullable=False)
    op.create_table("ships", sa.Column("id", sa.Integer, primary_key=True), name)


def downgrade() -> None:
    op.drop_table("ships")
""",
    # Leaves a mark in every folder that it may write to, then answers.
    "app/serve.py": """
import http.server
import pathlib
import socket

for folder in ("/uploads", "/archive"):
    if pathlib.Path(folder).is_dir():
        pathlib.Path(folder, socket.gethostname()).write_text("was here")
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)
""",
}


@dataclass(frozen=True, slots=True)
class HazardStack:
    """The project's folder; its dev stack runs."""

    root: Path

    def invoke(self, *arguments: str, timeout: float = 180) -> Done:
        """Run tasks of the tool in the project, and give how they ended."""
        quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-m", "invoke", *arguments]
        return docker.run(command, cwd=self.root, env={**docker.plain_environment(), **quiet}, timeout=timeout)

    def configure(self, text: str) -> None:
        """Write the settings, as YAML below `migrations_tools:`."""
        (self.root / "invoke.yaml").write_text(f"migrations_tools:\n{text}")

    def dev(self, *arguments: str) -> str:
        """Run `docker compose` on the dev stack as somebody started it."""
        files = ("--file", "compose.yaml", "--file", "compose.dev.yaml", "--env-file", "harbour.env")
        command = ["docker", "compose", *files, "--profile", "tools", *arguments]
        return docker.must(command, cwd=self.root, env=docker.plain_environment(), timeout=180)

    def written(self) -> dict[str, str]:
        """Return what is in the folder and the volume that the application writes to."""
        kept = {path.name: path.read_text() for path in (self.root / "uploads").iterdir()}
        archived = docker.docker("run", "--rm", "--volume", f"{ARCHIVE}:/a:ro", IMAGE, "ls", "/a").split()
        return {**kept, "the archive": " ".join(sorted(archived))}

    def database(self) -> str:
        """Return what tells the dev database from any other, and its rows."""
        query = "SELECT system_identifier, (SELECT string_agg(name, ',') FROM ferries) FROM pg_control_system()"
        return docker.docker("exec", "harbour-db", "psql", "-U", "harbour", "-Atc", query)


def make_harbour(folder: Path) -> HazardStack:
    """Write the project, make what belongs to others, and start the dev stack with rows in it."""
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
    (folder / "tasks.py").write_text((CHECKOUT / "tasks.py").read_text())
    (folder / "uploads").mkdir()
    _commit(folder)
    made = HazardStack(folder)
    docker.docker("network", "create", SHARED)
    docker.docker("volume", "create", ARCHIVE)
    made.dev("build")
    made.dev("up", "--detach", "--wait")
    keep = ("sleep", "infinity")
    docker.docker("run", "--detach", "--name", PEER, "--network", SHARED, "--stop-signal", "SIGKILL", IMAGE, *keep)
    docker.docker("exec", "harbour-db", "psql", "-U", "harbour", "-qc", "CREATE TABLE ferries AS SELECT 'Elbe' AS name")
    return made


def take_down(folder: Path) -> None:
    """Remove the dev stack and what belongs to others, by name."""
    containers = docker.docker_lines("ps", "--all", "--format", "{{.Names}}")
    if PEER in containers:
        docker.docker("rm", "--force", PEER)
    docker.docker("compose", "--project-name", folder.name, "down", "--timeout", "0", timeout=120)
    if IMAGE in docker.docker_lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"):
        # The database's files belong to a user of the container.
        docker.docker("run", "--rm", "--volume", f"{folder}:/x", IMAGE, "rm", "-rf", "/x/pgdata", "/x/uploads")
        docker.docker("image", "rm", IMAGE)
    if ARCHIVE in docker.docker_lines("volume", "ls", "--quiet"):
        docker.docker("volume", "rm", ARCHIVE)
    if SHARED in docker.docker_lines("network", "ls", "--format", "{{.Name}}"):
        docker.docker("network", "rm", SHARED)


def addresses(container: Mapping[str, Any]) -> set[str]:
    """Return the addresses that a container has."""
    return {network["IPAddress"] for network in container["NetworkSettings"]["Networks"].values()}


def resolve(container: str, *names: str) -> dict[str, set[str]]:
    """Ask, inside a container, for the addresses of names; none where a name leads nowhere."""
    code = """
import socket, sys
for name in sys.argv[1:]:
    try:
        print(name, *{each[4][0] for each in socket.getaddrinfo(name, None, socket.AF_INET)})
    except OSError:
        print(name)
"""
    lines = docker.docker_lines("exec", container, "python", "-c", code, *names)
    return {name: set(found) for name, *found in map(str.split, lines)}


def reached(container: str, *places: tuple[str, int]) -> set[tuple[str, int]]:
    """Try, from inside a container and all at once, to connect to places; give those where somebody answers."""
    code = """
import concurrent.futures, socket, sys
def reach(place):
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return ""
    return place
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(*pool.map(reach, sys.argv[1:]))
"""
    found = docker.docker("exec", container, "python", "-c", code, *(f"{host}:{port}" for host, port in places))
    return {(host, int(port)) for host, _, port in (place.rpartition(":") for place in found.split())}


def _commit(folder: Path) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for arguments in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "A harbour")):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
