"""Hazards on the real engine: a running stack that shares what it can, and its copy that shares nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.e2e import hazard_stack as hazard_stack_module
from tests.e2e.conftest import take_down_copies
from tests.e2e.example_copy import ExampleCopy, differences, http_status, state
from tests.e2e.hazard_stack import APP_PORT, PEER, SHARED, WORKER_PORT, HazardStack, addresses, reached, resolve
from tests.support import docker

pytestmark = pytest.mark.docker

_NAMES = ("db", "database", "harbour-db", "app", "harbour-app", "worker", "tools")


@pytest.fixture(scope="module")
def running(example_copy: ExampleCopy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HazardStack]:
    """Yield a harbour whose dev stack runs; its image is made from the shop's, so that building it takes no time."""
    folder = tmp_path_factory.mktemp("harbours") / hazard_stack_module.NAME
    try:
        yield hazard_stack_module.make_harbour(folder)
    finally:
        left = take_down_copies()
        hazard_stack_module.take_down(folder)
    assert not left, f"the tests had to remove what the tool left behind: {left}"


@pytest.fixture
def hazard_stack(running: HazardStack) -> Iterator[HazardStack]:
    """Yield the running harbour without a copy."""
    yield running
    done = running.invoke("cleanup")
    assert done.code == 0, str(done)


def test_a_stack_that_shares_with_the_world_gets_a_copy_that_shares_nothing(hazard_stack: HazardStack) -> None:
    before, database, written = state(), hazard_stack.database(), hazard_stack.written()
    dev = docker.containers_of("harbour")
    peer = resolve(PEER, *_NAMES)
    assert peer["db"] == {dev["harbour-db"]["NetworkSettings"]["Networks"][SHARED]["IPAddress"]}

    done = hazard_stack.invoke("isolate")
    assert done.code == 0, str(done)
    copy = docker.containers_of("harbour_temp")

    # As somebody started it: both files, the environment file, and of the profiles' services the one that runs.
    assert "as the running stack harbour was started" in done.out
    assert {item["Config"]["Labels"][docker.SERVICE_LABEL] for item in copy.values()} == {
        "db",
        "app",
        "worker",
        "tools",
    }
    # Names inside lead inside, and nowhere else.
    own = {address for item in copy.values() for address in addresses(item)}
    for name, found in resolve("harbour-app_temp", *_NAMES).items():
        assert found, f"{name} leads nowhere"
        assert found <= own, f"{name} leads out of the copy"
    # On the network of others, dev's names still lead to dev alone.
    assert resolve(PEER, *_NAMES) == peer
    assert not any(SHARED in item["NetworkSettings"]["Networks"] for item in copy.values())
    # What the application wrote went to volumes of the copy; dev's folders, volume and database are as they were.
    mounts = [mount for item in copy.values() for mount in item["Mounts"]]
    assert [mount for mount in mounts if mount["Type"] != "volume"] == []
    assert {"harbour_pgdata_temp", "harbour_uploads_temp", "harbour_archive_temp"} <= {m["Name"] for m in mounts}
    assert hazard_stack.written() == written
    assert hazard_stack.database() == database
    # One container of each, on ports that nobody else declares, without labels that a proxy acts on.
    assert len(copy) == 4
    ports = [docker.host_port(copy[name], 8000) for name in ("harbour-app_temp", "worker_temp")]
    assert ports[0] == APP_PORT + 2
    assert ports[1] in (WORKER_PORT + 2, WORKER_PORT + 3)
    assert docker.docker_lines("ps", "--filter", "label=traefik.enable=true", "--format", "{{.Names}}") == [
        "harbour-app"
    ]
    assert [_answer(port) for port in ports] == [200, 200]

    done = hazard_stack.invoke("cleanup")
    assert done.code == 0, str(done)
    assert differences(before) == []
    assert hazard_stack.written() == written
    assert hazard_stack.database() == database
    assert resolve(PEER, *_NAMES) == peer


def test_a_copy_of_another_checkout_is_refused_and_its_folder_named(hazard_stack: HazardStack) -> None:
    labels = {docker.PROJECT_LABEL: "harbour_temp", f"{docker.PROJECT_LABEL}.working_dir": "/elsewhere/harbour"}
    options = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    docker.docker("create", "--name", "harbour_stranger", *options, hazard_stack_module.IMAGE)
    try:
        before = state()
        done = hazard_stack.invoke("isolate")
        assert done.code == 2, str(done)
        assert "harbour_stranger, started from /elsewhere/harbour" in done.err
        assert differences(before) == []
    finally:
        docker.docker("rm", "harbour_stranger")


def test_a_copy_that_is_cut_off_reaches_nothing_outside_and_still_answers(hazard_stack: HazardStack) -> None:
    hazard_stack.configure("  internal: true\n  services: [app]\n")
    before = state()
    with _listening() as (host, port):
        # Else the test would prove nothing.
        assert reached("harbour-app", (host, port)) == {(host, port)}
        done = hazard_stack.invoke("isolate", "validate")
        assert done.code == 0, str(done)
        copy = docker.containers_of("harbour_temp")
        assert {item["Config"]["Labels"][docker.SERVICE_LABEL] for item in copy.values()} == {"db", "app", "forwarder"}
        forwarder = copy["harbour_forwarder_temp"]
        gateways = {each["Gateway"] for each in copy["harbour-app_temp"]["NetworkSettings"]["Networks"].values()}
        outside = {(each, port) for each in (host, *gateways, *addresses(forwarder))}
        # Nor is there a passage between the networks through the forwarder, which is on all of them.
        through = {(each, listening) for each in addresses(forwarder) for listening in (20000, 20001)}
        assert reached("harbour-app_temp", *outside, *through, ("db", 5432)) == {("db", 5432)}
        # No name outside is asked for: the servers of names are none.
        assert copy["harbour-app_temp"]["HostConfig"]["Dns"] == ["203.0.113.1"]
        assert resolve("harbour-app_temp", "db", "example.org")["example.org"] == set()
        # And yet the published ports answer.
        assert _answer(docker.host_port(forwarder, 20000)) == 200
        with psycopg.connect(_url(docker.host_port(forwarder, 20001))) as connection:
            assert connection.execute("SELECT count(*) FROM ships").fetchone() == (0,)
    done = hazard_stack.invoke("cleanup")
    assert done.code == 0, str(done)
    assert differences(before) == []


def _answer(port: int) -> int:
    """Return the status that the application answers with, as soon as it does."""
    end = time.monotonic() + 20
    while True:
        try:
            return http_status(f"http://127.0.0.1:{port}/")
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


@contextmanager
def _listening() -> Iterator[tuple[str, int]]:
    """Listen on this machine, on all of its addresses; give one that is on no network of the copy, and the port."""
    (network,) = docker.inspect("network", [SHARED])
    with socket.create_server(("0.0.0.0", 0)) as server:
        yield network["IPAM"]["Config"][0]["Gateway"], server.getsockname()[1]


def _url(port: int) -> str:
    return f"postgresql://harbour:harbour-secret@127.0.0.1:{port}/harbour"
