"""Engines that are not reached through a Unix socket: by TCP on this machine, and as if on another one.

Both lead to the one engine of these tests through a relay, so that no traffic leaves this machine.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.example_copy import ExampleCopy, differences, state
from tests.support import docker
from tests.support.relay import Relay, relay

pytestmark = pytest.mark.docker

_SMALL = {"exclude_services": ["bot", "frontend"]}
_JOB = ("isolate", "generate", "validate")


def _socket() -> str:
    address = docker.docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").strip()
    if not address.startswith("unix://"):
        pytest.skip(f"the engine of these tests is at {address}, not at a Unix socket")
    return address.removeprefix("unix://")


def _address_of_this_machine(network: str) -> str:
    """Return an address of this machine that is not the loopback one: the gateway of a network that the tests made."""
    (found,) = docker.inspect("network", [network])
    return str(found["IPAM"]["Config"][0]["Gateway"])


@contextmanager
def _engine_at(host: str) -> Iterator[tuple[Relay, dict[str, str]]]:
    """Yield the engine at an address of this machine, and the variables that lead there."""
    try:
        with relay(host, _socket()) as engine:
            yield engine, {"DOCKER_HOST": engine.url, "NO_PROXY": host, "no_proxy": host}
    except OSError as error:
        if host == "127.0.0.1":
            raise
        pytest.skip(f"{host}, the gateway of a Docker network, is no address of this machine: {error}")


def _bindings(containers: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    found = {service: item["HostConfig"]["PortBindings"] or {} for service, item in containers.items()}
    return {
        service: {binding["HostIp"] for bindings in ports.values() for binding in bindings}
        for service, ports in found.items()
        if ports
    }


def _bind_mounts(containers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [mount["Source"] for item in containers.values() for mount in item["Mounts"] if mount["Type"] == "bind"]


def _asking_for_a_mount(commands: list[list[str]]) -> list[list[str]]:
    options = ("-v", "--volume", "--mount")
    starts = tuple(f"{option}=" for option in options)
    return [command for command in commands if any(word in options or word.startswith(starts) for word in command)]


def test_the_whole_job_runs_through_tcp_on_this_machine_and_no_other_engine_is_touched(kiosk: ExampleCopy) -> None:
    kiosk.configure(**_SMALL)
    before = state()
    with _engine_at("127.0.0.1") as (engine, env):
        done = kiosk.invoke(*_JOB, env=env, timeout=400)
        assert done.code == 0, str(done)
        assert "another machine" not in done.text
        containers = kiosk.temp_containers()
        assert _bindings(containers) == {name: {"127.0.0.1"} for name in ("api", "postgres", "redis")}
        assert _bind_mounts(containers) == [str((kiosk.root / "compose/api/src").resolve())]
        standing = state()
        refused = {task: kiosk.invoke(task) for task in ("generate", "status", "isolate", "cleanup")}
        assert differences(standing) == []
        cleaned = kiosk.invoke("cleanup", env=env)
    for task, answer in refused.items():
        assert answer.code == 2, f"{task}: {answer}"
        assert f"was made on the Docker engine at {engine.url}, and Docker now uses that at unix://" in answer.err
        assert f"DOCKER_HOST={engine.url}" in answer.err
    assert cleaned.code == 0, str(cleaned)
    assert differences(before) == []
    assert [line for line in kiosk.git_status() if line.endswith("_add_email_logs.py")]
    assert engine.connections > 50
    assert len(kiosk.docker_commands()) > 50
    assert _asking_for_a_mount(kiosk.docker_commands()) == []


def test_the_whole_job_runs_on_an_engine_of_another_machine(kiosk: ExampleCopy, bystanders: str) -> None:
    host = _address_of_this_machine(bystanders)
    kiosk.configure(**_SMALL)
    ports = {"postgres": host, "redis": "127.0.0.1"}
    text = kiosk.compose_file.read_text()
    for service, address in ports.items():
        text = text.replace(f'"{kiosk.ports[service]}:', f'"{address}:{kiosk.ports[service]}:')
    kiosk.compose_file.write_text(text)
    before = state()
    with _engine_at(host) as (engine, env):
        shown = kiosk.invoke("doctor", env=env)
        done = kiosk.invoke(*_JOB, env=env, timeout=400)
        assert done.code == 0, str(done)
        containers = kiosk.temp_containers()
        postgres, api = docker.host_port(containers["postgres"], 5432), docker.host_port(containers["api"], 8000)
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", postgres), timeout=5):
            pytest.fail("the database of the copy answers on the loopback address")
        cleaned = kiosk.invoke("cleanup", env=env)
    assert shown.code == cleaned.code == 0, f"{shown}\n{cleaned}"
    told = f"{engine.url}, on another machine; its published ports are reached at {host}"
    assert [answer.text.count(told) for answer in (shown, done)] == [1, 1]
    # The API's address is the original's, which has none: every one. It was reached there, and the database at its own.
    assert _bindings(containers) == {"api": {""}, "postgres": {host}, "redis": {"127.0.0.1"}}
    assert f"http://{host}:{api}" in done.text
    assert f"redis: port {kiosk.ports['redis'] + 1} answers on {host} alone" in done.text
    # The source folder is this machine's, and is in the image: nothing of the engine's machine is mounted.
    assert _bind_mounts(containers) == []
    assert f"(at /app/src) would be looked for on {host}" in done.text
    assert differences(before) == []
    assert _asking_for_a_mount(kiosk.docker_commands()) == []
    assert engine.connections > 50


def test_compose_takes_no_engine_from_a_file_of_variables(kiosk: ExampleCopy) -> None:
    """What Compose does is the premise of what the tool says; nothing answers at the addresses of these files."""
    file = kiosk.root / "compose" / ".env"
    file.write_text(f"{file.read_text()}DOCKER_HOST=tcp://127.0.0.1:9\nCOMPOSE_PROFILES=odd\n")
    assert (
        docker.must(
            ["docker", "compose", "--file", str(kiosk.compose_file), "ps", "--all", "--quiet"],
            env=docker.plain_environment(),
            cwd=kiosk.root,
        )
        == ""
    )
    done = kiosk.invoke("doctor", env={"DOCKER_HOST": ""})
    assert done.code == 0, str(done)
    words = " ".join(done.out.split())
    assert f"DOCKER_HOST in {file} has no effect" in words
    assert f"Compose profiles, from COMPOSE_PROFILES in {file}: odd." in words


def test_an_address_that_cannot_be_read_is_an_error_that_shows_it(kiosk: ExampleCopy) -> None:
    for engine in ("auto", "compose"):
        kiosk.configure(engine=engine)
        done = kiosk.invoke("doctor", env={"DOCKER_HOST": "tcp://[::1"})
        assert done.code == 2, str(done)
        assert "DOCKER_HOST is tcp://[::1, which leads to no engine." in done.err
        assert "ssh://user@host" in done.err
