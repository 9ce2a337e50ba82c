"""Created containers against the plan."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from migrations_tools.isolation import LABEL, IsolationPlan, ServicePlan, mismatches, plan
from tests.unit.isolation.folders import CASES, Case


@pytest.fixture
def drawn() -> IsolationPlan:
    case = Case(CASES / "the_whole_recycling_stack")
    return plan(case.config, case.facts(case.config))


def inspected(drawn: IsolationPlan, service: ServicePlan) -> dict[str, Any]:
    """What ``docker inspect`` says of a container that is as planned."""
    volumes = {volume.key: volume.name for volume in drawn.volumes}
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in service.ports:
        binding = {"HostIp": port.host_ip, "HostPort": port.published}
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(binding)
    mounts = [
        {
            "Type": mount.kind,
            "Name": volumes.get(mount.source, "a" * 64),
            "Source": mount.source if mount.kind == "bind" else "",
            "Destination": mount.target,
            "RW": not mount.read_only,
        }
        for mount in service.mounts
    ]
    labels = {
        "com.docker.compose.project": drawn.project,
        "com.docker.compose.service": service.service,
        "com.docker.compose.oneoff": "False",
        LABEL: drawn.project,
    }
    return {
        "Name": f"/{service.container_name}",
        "Config": {"Image": service.image, "Labels": labels},
        "HostConfig": {
            "NetworkMode": service.networks[0],
            "RestartPolicy": {"Name": service.restart.partition(":")[0], "MaximumRetryCount": 10},
            "PortBindings": bindings,
            "Privileged": False,
            "Devices": None,
            "PidMode": "",
            "IpcMode": "private",
            "CgroupnsMode": "host",
        },
        "NetworkSettings": {"Networks": {name: {} for name in service.networks}},
        "Mounts": mounts,
    }


def everything(drawn: IsolationPlan) -> list[dict[str, Any]]:
    return [inspected(drawn, service) for service in drawn.services]


def test_containers_that_are_as_planned_have_no_mismatch(drawn: IsolationPlan) -> None:
    assert mismatches(drawn, everything(drawn)) == ()


def test_a_container_that_was_not_created_is_named(drawn: IsolationPlan) -> None:
    missing = [each for each in everything(drawn) if each["Name"] != "/postgres_temp"]
    assert mismatches(drawn, missing) == ("postgres: its container postgres_temp was not created.",)


CHANGES: list[Any] = [
    pytest.param(("Name",), "/postgres", "should be called postgres_temp", id="name"),
    pytest.param(("Config", "Labels", "com.docker.compose.project"), "recyclic", "not labelled", id="project"),
    pytest.param(("Config", "Labels", LABEL), "other", "not labelled", id="label"),
    pytest.param(("Config", "Labels", "com.docker.compose.service"), "other", "no planned service", id="service"),
    pytest.param(("HostConfig", "RestartPolicy", "Name"), "always", "after a reboot", id="restart"),
    pytest.param(("HostConfig", "PortBindings"), {}, "does not publish 5432/tcp", id="port missing"),
    pytest.param(
        ("HostConfig", "PortBindings", "5432/tcp"),
        [{"HostIp": "", "HostPort": "5432"}],
        "publishes 5432/tcp at :5432",
        id="port of the original",
    ),
    pytest.param(("NetworkSettings", "Networks", "recyclic-network"), {}, "network recyclic-network", id="network"),
    pytest.param(("HostConfig", "NetworkMode"), "host", "network mode is host", id="host network"),
    pytest.param(("Mounts", 0, "Name"), "recyclic_postgres_data", "volume recyclic_postgres_data", id="volume"),
    pytest.param(
        ("Mounts", 0),
        {"Type": "bind", "Source": "/srv/pg", "Destination": "/var/lib/postgresql/data", "RW": True},
        "host folder /srv/pg is mounted",
        id="writable folder",
    ),
    pytest.param(
        ("Mounts", 0),
        {"Type": "bind", "Source": "/srv/pg", "Destination": "/var/lib/postgresql/data", "RW": False},
        "where a volume of the copy was planned",
        id="folder for a volume",
    ),
    pytest.param(
        ("Mounts", 0),
        {"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/x", "RW": False},
        "socket of the host",
        id="socket",
    ),
    pytest.param(("HostConfig", "Privileged"), True, "is privileged", id="privileged"),
    pytest.param(("HostConfig", "Devices"), [{"PathOnHost": "/dev/fuse"}], "devices", id="devices"),
    pytest.param(("HostConfig", "PidMode"), "host", "namespace with the host", id="pid"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), CHANGES)
def test_a_container_that_is_not_as_planned_is_found_out(
    drawn: IsolationPlan, path: tuple[Any, ...], value: Any, sentence: str
) -> None:
    service = drawn.service("postgres")
    assert service is not None
    container = copy.deepcopy(inspected(drawn, service))
    place: Any = container
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert sentence in "\n".join(mismatches(drawn, [container]))


def test_a_built_service_runs_the_image_of_the_copy(drawn: IsolationPlan) -> None:
    service = drawn.service("api")
    assert service is not None
    container = inspected(drawn, service)
    container["Config"]["Image"] = "recyclic-api:latest"
    assert "does not run the image recyclic-api_temp:latest" in "\n".join(mismatches(drawn, [container]))


def test_a_one_off_container_needs_no_ports_but_the_suffix(drawn: IsolationPlan) -> None:
    service = drawn.service("api")
    assert service is not None
    container = inspected(drawn, service)
    container["Config"]["Labels"]["com.docker.compose.oneoff"] = "True"
    container["HostConfig"]["PortBindings"] = {}
    named = mismatches(drawn, [*everything(drawn), {**container, "Name": "/probe_temp"}])
    unnamed = mismatches(drawn, [*everything(drawn), {**container, "Name": "/recyclic_temp-api-run-1"}])
    assert named == ()
    assert unnamed == ("api (recyclic_temp-api-run-1): a one-off container's name must end in _temp.",)
