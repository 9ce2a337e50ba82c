"""Where the engine is. `docker context` needs no engine; where there is no `docker`, a stand-in answers as it does."""

from __future__ import annotations

import ast
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

import migrations_tools
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.endpoint import Endpoint, machine_of
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.machine import _busy_here
from migrations_tools.engines.probe_docker import find_endpoint, identity, lasting_identity, unreachable
from migrations_tools.errors import CannotProceed
from migrations_tools.journal import Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.sandbox.compose.same_engine import refuse_another
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings

NO_SSH = {"PATH": ""}
PACKAGE = Path(migrations_tools.__file__).parent


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("unix:///var/run/docker.sock", ""),
        ("unix:///Users/ada/.docker/run/docker.sock", ""),
        ("npipe:////./pipe/docker_engine", ""),
        ("tcp://localhost:2375", ""),
        ("tcp://127.0.0.1:2375", ""),
        ("tcp://127.0.0.2:2375", ""),
        ("tcp://0.0.0.0:2375", ""),
        ("tcp://[::1]:2376", ""),
        ("tcp://engine.localhost:2375", ""),
        ("ssh://ada@localhost", ""),
        ("tcp://192.0.2.7:2376", "192.0.2.7"),
        ("tcp://[2001:db8::7]:2376", "2001:db8::7"),
        ("tcp://docker:2375", "docker"),
        ("tcp://devbox.example.org:2376/path", "devbox.example.org"),
        ("https://devbox.example.org:2376", "devbox.example.org"),
        ("ssh://devbox", "devbox"),
        ("ssh://ada@devbox.example.org:2222/run/docker.sock", "devbox.example.org"),
    ],
)
def test_published_ports_are_reached_at(address: str, host: str) -> None:
    assert machine_of(address, NO_SSH) == host


@pytest.mark.parametrize("address", ["ssh://", "tcp://:2375", "tcp://[::1", "fd://", "docker.sock", ""])
def test_an_address_without_a_host_is_no_engines(address: str) -> None:
    with pytest.raises(ValueError, match=r"no host|no engine|Invalid"):
        machine_of(address, NO_SSH)


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_an_alias_of_ssh_is_the_host_that_its_configuration_names(tmp_path: Path) -> None:
    answer = "user ada\\nhostname 192.0.2.7\\nport 22"
    _program(tmp_path, "ssh", f'[ "$*" = "-G -- devbox" ] && printf "{answer}\\n"')
    assert machine_of("ssh://devbox", {"PATH": str(tmp_path)}) == "192.0.2.7"


def test_an_alias_that_ssh_does_not_know_stays(tmp_path: Path) -> None:
    _program(tmp_path, "ssh", "echo 'no such option' >&2; exit 255")
    assert machine_of("ssh://devbox", {"PATH": str(tmp_path)}) == "devbox"


def _answering(folder: Path, address: str = "", **variables: str) -> Docker:
    """Return a runner whose `docker` answers as the real one: a context of an address, another id each time."""
    context = json.dumps([{"Name": "chosen", "Endpoints": {"docker": {"Host": address}}}])
    (folder / "context.json").write_text(context)
    _program(
        folder,
        "docker",
        f"case \"$1 $2\" in\n'context inspect') cat '{folder}/context.json' ;;\n"
        f"info*) cat '{folder}/id' ;;\n*) exit 1 ;;\nesac",
    )
    (folder / "id").write_text("engine-1\n")
    return Docker(environment={"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **variables})


def test_docker_itself_says_which_engine_it_uses(tmp_path: Path) -> None:
    found = find_endpoint(_answering(tmp_path, "tcp://192.0.2.7:2376"))
    assert found == Endpoint("tcp://192.0.2.7:2376", "chosen", "192.0.2.7")
    assert found.words() == "tcp://192.0.2.7:2376, on another machine; its published ports are reached at 192.0.2.7"
    assert find_endpoint(_answering(tmp_path, "unix:///x.sock")).words() == "unix:///x.sock (this machine)"


def test_a_context_without_a_host_is_an_error_that_shows_no_password(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed) as caught:
        find_endpoint(_answering(tmp_path, "fd://ada:sesame@"))
    assert caught.value.reasons[0] == "The Docker context in use leads to no engine."
    assert "sesame" not in str(caught.value)
    assert "docker context" in caught.value.tip


def test_every_command_keeps_to_the_context_that_was_found() -> None:
    found = Endpoint("unix:///x.sock", "chosen")
    assert found.pinned({"A": "1"}) == {"A": "1", "DOCKER_CONTEXT": "chosen"}
    assert found.pinned({"DOCKER_HOST": "", "DOCKER_CONTEXT": "chosen"}) == {
        "DOCKER_HOST": "",
        "DOCKER_CONTEXT": "chosen",
    }
    assert found.pinned({"DOCKER_HOST": "unix:///x.sock"}) == {"DOCKER_HOST": "unix:///x.sock"}


# --- the real program --------------------------------------------------------------------------------------------


@pytest.fixture
def contexts(tmp_path: Path) -> dict[str, str]:
    """Return an environment with two contexts of its own, `near` in use and `far` not."""
    if not shutil.which("docker"):
        pytest.skip("there is no docker program")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")}
    environment = {**kept, "DOCKER_CONFIG": str(tmp_path)}
    for command in (
        ["create", "near", "--docker", "host=tcp://192.0.2.1:2375"],
        ["create", "far", "--docker", "host=ssh://ada@far.example.org"],
        ["use", "near"],
    ):
        subprocess.run(["docker", "context", *command], env=environment, check=True, capture_output=True)
    return environment


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "tcp://192.0.2.1:2375"),
        ({"DOCKER_CONTEXT": "far"}, "ssh://ada@far.example.org"),
        ({"DOCKER_CONTEXT": "far", "DOCKER_HOST": "tcp://192.0.2.9:2375"}, "tcp://192.0.2.9:2375"),
        ({"DOCKER_HOST": ""}, "tcp://192.0.2.1:2375"),
        ({"DOCKER_HOST": "192.0.2.9:2375"}, "tcp://192.0.2.9:2375"),
    ],
    ids=["the context in use", "DOCKER_CONTEXT", "DOCKER_HOST first", "an empty DOCKER_HOST", "without tcp://"],
)
def test_dockers_own_order_is_followed(contexts: dict[str, str], variables: dict[str, str], address: str) -> None:
    environment = {**contexts, **variables}
    found = find_endpoint(Docker(environment=environment))
    assert found.address == address
    again = find_endpoint(Docker(environment=found.pinned(environment)))
    assert again.address == address


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"DOCKER_HOST": "tcp://[::1"}, "DOCKER_HOST is tcp://[::1, which leads to no engine."),
        ({"DOCKER_HOST": "bogus://x"}, "DOCKER_HOST is bogus://x, which leads to no engine."),
        ({"DOCKER_HOST": "ssh://"}, "DOCKER_HOST is ssh://, which leads to no engine."),
        ({"DOCKER_CONTEXT": "gone"}, "DOCKER_CONTEXT is gone, which leads to no engine."),
    ],
)
def test_what_docker_cannot_read_is_shown(contexts: dict[str, str], variables: dict[str, str], shown: str) -> None:
    for ask in (
        lambda: find_endpoint(Docker(environment={**contexts, **variables})),
        lambda: unreachable({**contexts, **variables}, Limit(20, "answer_timeout")),
    ):
        with pytest.raises(CannotProceed) as caught:
            ask()
        assert caught.value.reasons[0] == shown
        assert len(caught.value.reasons) > 1, "Docker's own words are missing"


def test_an_engine_that_does_not_answer_is_named_with_its_address(contexts: dict[str, str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        assert address in unreachable({**contexts, "DOCKER_HOST": address}, Limit(20, "answer_timeout"))


def test_compose_takes_the_engine_of_the_context_and_not_of_a_file(contexts: dict[str, str], tmp_path: Path) -> None:
    """The premise of what the tool says of a `.env`; nobody listens on these ports, so that the error tells."""
    subprocess.run(
        ["docker", "context", "create", "closed", "--docker", "host=tcp://127.0.0.1:9"],
        env=contexts,
        check=True,
        capture_output=True,
    )
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    (tmp_path / ".env").write_text("DOCKER_HOST=tcp://127.0.0.1:10\nDOCKER_CONTEXT=far\n")
    done = subprocess.run(
        ["docker", "compose", "ps"],
        cwd=tmp_path,
        env={**contexts, "DOCKER_CONTEXT": "closed"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "is not a docker command" in done.stderr:
        pytest.skip("there is no Compose plugin")
    assert "127.0.0.1:9" in done.stderr
    assert "127.0.0.1:10" not in done.stderr


# --- what hangs on it ----------------------------------------------------------------------------------------------


def test_no_command_of_the_tools_own_mounts_a_folder() -> None:
    """The engine may be on another machine, where a folder of this one does not exist."""
    trees = {path: ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}
    words = {
        (path.name, node.value)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert ("compose.py", "--no-TTY") in words
    assert [found for found in words if found[1] in ("-v", "--volume", "--mount", "--volumes-from")] == []


def test_what_this_machine_listens_on_counts_only_for_an_engine_here() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        config = {"services": {"a": {"ports": [{"published": str(port - 1)}]}}}
        assert port in _busy_here(Docker(), config)
        assert _busy_here(Docker(endpoint=Endpoint(host="192.0.2.7")), config) == frozenset()


def test_an_engines_id_is_what_it_answers_twice(tmp_path: Path) -> None:
    docker = _answering(tmp_path)
    assert lasting_identity(docker) == identity(docker) == "engine-1"
    _program(tmp_path, "docker", f"echo x >> '{tmp_path}/asked'; wc -l < '{tmp_path}/asked'")
    assert identity(docker) == "1"
    assert lasting_identity(docker) == ""


def _refusal(tmp_path: Path, now: str, **made_on: Any) -> CannotProceed | None:
    run = Run("1", "shop", "shop_temp", "compose", 1.5, "t", **made_on)
    session = Session(tmp_path, Settings(), Journal(tmp_path, "_temp"), Console())
    session.journal.begin(run)
    docker = _answering(tmp_path, now)
    docker = Docker(environment=docker.environment, endpoint=find_endpoint(docker))
    try:
        refuse_another(session, docker)
    except CannotProceed as error:
        return error
    return None


def test_a_run_goes_on_with_its_own_engine_alone(tmp_path: Path) -> None:
    here, there = "unix:///var/run/docker.sock", "tcp://192.0.2.7:2376"
    assert _refusal(tmp_path, here, endpoint=here, engine_id="engine-1") is None
    refused = _refusal(tmp_path, there, endpoint=here, engine_id="engine-1")
    assert refused is not None
    assert refused.reasons == (
        f"shop_temp was made on the Docker engine at {here}, and Docker now uses that at {there}.",
    )
    assert f"DOCKER_HOST={here}" in refused.tip
    assert str(Journal(tmp_path, "_temp").path) in refused.tip


def test_another_engine_at_the_same_address_is_told_by_its_id(tmp_path: Path) -> None:
    tunnel = "tcp://127.0.0.1:2375"
    refused = _refusal(tmp_path, tunnel, endpoint=tunnel, engine_id="engine-2")
    assert refused is not None
    assert refused.reasons == (
        f"shop_temp was made on another Docker engine than the one that answers at {tunnel} now.",
    )


def test_a_run_whose_journal_knows_no_engine_goes_on(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "unix:///var/run/docker.sock") is None
    assert _refusal(tmp_path, "tcp://127.0.0.1:2375", endpoint="tcp://127.0.0.1:2375") is None
