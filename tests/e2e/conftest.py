"""The stacks of the end-to-end tests: a dev stack with rows in it, bystanders, and a shop that never ran."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.example_copy import PREFIXES, ExampleCopy, make_example_copy, wait_until_up
from tests.support import docker
from tests.support.docker import PROJECT_LABEL

_BYSTANDER = "shopline_bystander_temp"
_ROWS = """
INSERT INTO users (email, full_name) VALUES
  ('ada@example.org', 'Ada'), ('grace@example.org', 'Grace'), ('edsger@example.org', 'Edsger');
INSERT INTO sites (name, kind, address) VALUES ('Old Mill', 'shop', 'Mill Lane 1'), ('Depot', 'warehouse', NULL);
"""


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    if reason := docker.why_no_engine():
        pytest.skip(f"no Docker engine: {reason}")


@pytest.fixture(scope="session")
def bystanders(_engine: None) -> Iterator[str]:
    """Make a container, a volume, a network and a tag that look like the tool's and are not; give their name."""
    docker.docker("volume", "create", _BYSTANDER)
    docker.docker("network", "create", _BYSTANDER)
    docker.docker("create", "--name", _BYSTANDER, "--volume", f"{_BYSTANDER}:/kept", "redis:7-alpine")
    docker.docker("tag", "redis:7-alpine", f"{_BYSTANDER}:latest")
    (container,) = docker.inspect("container", [_BYSTANDER])
    yield _BYSTANDER
    docker.docker("rm", _BYSTANDER)
    docker.docker("network", "rm", _BYSTANDER)
    docker.docker("volume", "rm", _BYSTANDER, *docker.anonymous_volumes(container))
    docker.docker("image", "rm", f"{_BYSTANDER}:latest")


@pytest.fixture(scope="session")
def example_copy(_engine: None, bystanders: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExampleCopy]:
    """Yield a shop whose dev stack runs and holds rows; taken down by exact names at the end."""
    made = make_example_copy(tmp_path_factory.mktemp("shop"), "shopline", 10000, f"pw-{secrets.token_hex(12)}")
    _refuse_a_stack_of_somebody_else(made)
    try:
        made.dev("up", "--detach", "--build")
        wait_until_up(made)
        with made.connect(made.ports["postgres"]) as connection:
            connection.execute(_ROWS.encode())
        yield made
    finally:
        left = take_down_copies()
        _take_down_dev(made)
    assert not left, f"the tests had to remove what the tool left behind: {left}"
    assert not made.leaks, f"the password showed in: {made.leaks}"


@pytest.fixture
def kiosk(_engine: None, bystanders: str, tmp_path: Path) -> Iterator[ExampleCopy]:
    """Yield a shop whose own stack was never started."""
    made = make_example_copy(tmp_path, "kiosk", 20000, f"pw-{secrets.token_hex(12)}")
    _refuse_a_stack_of_somebody_else(made)
    yield made
    left = take_down_copies()
    assert not left, f"the tests had to remove what the tool left behind: {left}"
    assert not made.leaks, f"the password showed in: {made.leaks}"


@pytest.fixture
def fresh(example_copy: ExampleCopy) -> Iterator[ExampleCopy]:
    """Yield the shop with its committed files and without a copy; both are put back afterwards."""
    yield example_copy
    done = example_copy.invoke("cleanup")
    example_copy.reset()
    assert done.code == 0, str(done)


def _refuse_a_stack_of_somebody_else(made: ExampleCopy) -> None:
    found = [
        name
        for project in (made.name, made.temp_name)
        for kind in ("container", "volume", "network")
        for name in _labelled(kind, project)
    ]
    if found:
        pytest.fail(f"a stack called {made.name} is on this engine already; it was not touched: {', '.join(found)}")
    for port in made.ports.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pytest.fail(f"port {port} is in use, which the dev stack of these tests needs")


def _labelled(kind: str, project: str) -> list[str]:
    everything = ("--all",) if kind == "container" else ()
    form = "{{.Names}}" if kind == "container" else "{{.Name}}"
    label = f"label={PROJECT_LABEL}={project}"
    return docker.docker_lines(kind, "ls", *everything, "--filter", label, "--format", form)


def _take_down_dev(made: ExampleCopy) -> None:
    containers = docker.containers_of(made.name).values()
    anonymous = [name for item in containers for name in docker.anonymous_volumes(item)]
    docker.docker("compose", "--project-name", made.name, "down", "--timeout", "0", timeout=120)
    volumes = docker.docker_lines("volume", "ls", "--quiet")
    for name in (f"{made.name}_postgres_data", *anonymous):
        if name in volumes:
            docker.docker("volume", "rm", name)
    tags = docker.docker_lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    for service in ("api", "api-migrations", "bot", "frontend"):
        if f"{made.name}-{service}:latest" in tags:
            docker.docker("image", "rm", f"{made.name}-{service}:latest")


def take_down_copies() -> list[str]:
    """Remove, by exact name, what a failing tool left of the copies; give what that was."""
    left = []
    for project in (f"{prefix}_temp" for prefix in PREFIXES):
        containers = docker.containers_of(project)
        anonymous = [name for item in containers.values() for name in docker.anonymous_volumes(item)]
        if containers:
            docker.docker("rm", "--force", *containers)
        volumes, networks = [*_labelled("volume", project), *anonymous], _labelled("network", project)
        if volumes:
            docker.docker("volume", "rm", *volumes)
        if networks:
            docker.docker("network", "rm", *networks)
        form = ("--no-trunc", "--filter", f"label={PROJECT_LABEL}={project}", "--quiet")
        images = sorted(set(docker.docker_lines("image", "ls", *form)))
        if images:
            docker.docker("image", "rm", "--force", *images)
        left += [*containers, *volumes, *networks, *images]
    return left
