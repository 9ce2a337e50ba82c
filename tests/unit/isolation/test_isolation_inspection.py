"""Created containers, networks and volumes against the plan."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from migrations_tools.isolation import LABEL, Created, IsolationPlan, ServicePlan, mismatches, one_off_mismatches, plan
from tests.unit.isolation.folders import CASES, Case


@pytest.fixture
def drawn() -> IsolationPlan:
    case = Case(CASES / "the_whole_recycling_stack")
    return plan(case.config, case.facts(case.config))


def inspected(drawn: IsolationPlan, service: ServicePlan) -> dict[str, Any]:
    """What `docker inspect` says of a container that is as planned."""
    volumes = {volume.key: volume.name for volume in drawn.volumes}
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in drawn.bound(service.service):
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
        "Id": f"id-of-{service.container_name}",
        "Name": f"/{service.container_name}",
        "Config": {"Image": service.image, "Labels": labels},
        "HostConfig": {
            "NetworkMode": (*service.networks, "none")[0],
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 10},
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


def resource(drawn: IsolationPlan, name: str, driver: str) -> dict[str, Any]:
    """What `docker network inspect` or `docker volume inspect` says of one that is as planned."""
    labels = {"com.docker.compose.project": drawn.project, LABEL: drawn.project}
    inward = drawn.internal and not (drawn.forwarder and name == drawn.forwarder.network.name)
    options = {"com.docker.network.bridge.inhibit_ipv4": "true"} if inward and driver == "bridge" else None
    return {"Name": name, "Driver": driver, "Labels": labels, "Options": options, "Internal": inward, "Containers": {}}


def everything(drawn: IsolationPlan, **other: Any) -> Created:
    """All that is as planned, with some of it replaced by `other`."""
    made = {
        "containers": [inspected(drawn, service) for service in drawn.services],
        "networks": [resource(drawn, name, "bridge") for name in drawn.network_names],
        "volumes": [resource(drawn, name, "local") for name in drawn.volume_names],
    }
    return Created(**{**made, **other})


def changed(raw: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of `raw` with another value at `path`."""
    result = copy.deepcopy(raw)
    place: Any = result
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return result


def test_what_is_as_planned_has_no_mismatch(drawn: IsolationPlan) -> None:
    assert mismatches(drawn, everything(drawn)) == ()


def test_a_container_that_was_not_created_is_named(drawn: IsolationPlan) -> None:
    missing = [each for each in everything(drawn).containers if each["Name"] != "/postgres_temp"]
    found = mismatches(drawn, everything(drawn, containers=missing))
    assert found == ("postgres: its container postgres_temp was not created.",)


def test_everything_that_is_wrong_is_said_at_once(drawn: IsolationPlan) -> None:
    assert len(mismatches(drawn, Created([], [], []))) == len(drawn.services) + 2


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
    pytest.param(("NetworkSettings", "Networks"), {}, "not attached to the network", id="no network"),
    pytest.param(("HostConfig", "NetworkMode"), "host", "network mode is host", id="host network"),
    pytest.param(
        ("HostConfig", "PidMode"),
        "container:id-of-a-stranger",
        "namespace with id-of-a-stranger",
        id="strange namespace",
    ),
    pytest.param(("Mounts",), [], "nothing is mounted at /var/lib/postgresql/data", id="no mount"),
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
    container = changed(inspected(drawn, service), path, value)
    assert sentence in "\n".join(mismatches(drawn, everything(drawn, containers=[container])))


def test_a_namespace_of_a_container_of_the_copy_is_no_mismatch(drawn: IsolationPlan) -> None:
    api, *others = [inspected(drawn, service) for service in drawn.services]
    shared = changed(api, ("HostConfig", "PidMode"), f"container:{others[0]['Id']}")
    assert mismatches(drawn, everything(drawn, containers=[shared, *others])) == ()


RESOURCES: list[Any] = [
    pytest.param(
        "networks", ("Name",), "recyclic-network", "recyclic-network was created, which was not", id="network"
    ),
    pytest.param(
        "networks", ("Name",), "other", "recyclic-network_temp was not created as the copy's", id="no network"
    ),
    pytest.param("networks", ("Labels", LABEL), "other", "is not labelled as part of", id="network's label"),
    pytest.param("networks", ("Labels",), None, "is not labelled as part of", id="network without labels"),
    pytest.param("networks", ("Driver",), "macvlan", "its driver is macvlan", id="network's driver"),
    pytest.param("networks", ("ConfigFrom",), {"Network": "lan"}, "a bridge of the copy's own", id="network's origin"),
    pytest.param(
        "networks",
        ("Options",),
        {"com.docker.network.bridge.name": "br0"},
        "bridge has a fixed name",
        id="bridge's name",
    ),
    pytest.param(
        "networks",
        ("Containers",),
        {"1a2b": {"Name": "stranger"}},
        "container stranger, which is not the copy's",
        id="network with a stranger",
    ),
    pytest.param(
        "volumes", ("Name",), "recyclic_postgres_data", "postgres_data was created, which was not", id="volume"
    ),
    pytest.param("volumes", ("Name",), "other", "postgres_data_temp was not created as the copy's", id="no volume"),
    pytest.param("volumes", ("Labels", "com.docker.compose.project"), "recyclic", "not labelled", id="volume's label"),
    pytest.param("volumes", ("Driver",), "nfs", "driver or driver options", id="volume's driver"),
    pytest.param(
        "volumes", ("Options",), {"device": "/srv", "o": "bind"}, "driver or driver options", id="volume's options"
    ),
]


@pytest.mark.parametrize(("kind", "path", "value", "sentence"), RESOURCES)
def test_a_network_or_volume_that_is_not_as_planned_is_found_out(
    drawn: IsolationPlan, kind: str, path: tuple[Any, ...], value: Any, sentence: str
) -> None:
    (made,) = getattr(everything(drawn), kind)
    assert sentence in "\n".join(mismatches(drawn, everything(drawn, **{kind: [changed(made, path, value)]})))


def test_the_copys_own_containers_may_be_attached_to_its_network(drawn: IsolationPlan) -> None:
    own = {each["Id"]: {"Name": each["Name"]} for each in everything(drawn).containers}
    attached = {**resource(drawn, drawn.network_names[0], "bridge"), "Containers": own}
    assert mismatches(drawn, everything(drawn, networks=[attached])) == ()


def test_a_volume_that_nobody_named_is_no_mismatch(drawn: IsolationPlan) -> None:
    created = everything(drawn)
    nameless = resource(drawn, "b" * 64, "local")
    assert mismatches(drawn, everything(drawn, volumes=[*created.volumes, nameless])) == ()


def test_a_built_service_runs_the_image_of_the_copy(drawn: IsolationPlan) -> None:
    service = drawn.service("api")
    assert service is not None
    container = changed(inspected(drawn, service), ("Config", "Image"), "recyclic-api:latest")
    found = mismatches(drawn, everything(drawn, containers=[container]))
    assert "does not run the image recyclic-api_temp:latest" in "\n".join(found)


def test_a_one_off_container_needs_no_ports_but_the_suffix(drawn: IsolationPlan) -> None:
    service = drawn.service("api")
    assert service is not None
    container = inspected(drawn, service)
    container["Config"]["Labels"]["com.docker.compose.oneoff"] = "True"
    container["HostConfig"]["PortBindings"] = {}
    named, unnamed = {**container, "Name": "/probe_temp"}, {**container, "Name": "/recyclic_temp-api-run-1"}
    sentence = "api (recyclic_temp-api-run-1): a one-off container's name must end in _temp."
    assert one_off_mismatches(drawn, named) == ()
    assert one_off_mismatches(drawn, unnamed) == (sentence,)
    created = everything(drawn)
    assert mismatches(drawn, everything(drawn, containers=[*created.containers, named])) == ()


def test_a_one_off_container_with_a_mount_of_its_own_is_found_out(drawn: IsolationPlan) -> None:
    service = drawn.service("api-migrations")
    assert service is not None
    container = {**inspected(drawn, service), "Name": "/probe_temp"}
    container["Config"]["Labels"]["com.docker.compose.oneoff"] = "True"
    container["Mounts"].append({"Type": "bind", "Source": "/etc", "Destination": "/host", "RW": True})
    assert "the host folder /etc is mounted at /host" in "\n".join(one_off_mismatches(drawn, container))


def test_the_ports_of_a_service_that_is_cut_off_are_published_by_the_forwarder_alone() -> None:
    case = Case(CASES / "cut_off_from_the_outside")
    drawn = plan(case.config, case.facts(case.config))
    api, forwarder = drawn.service("api"), drawn.service("forwarder")
    assert api is not None and forwarder is not None
    containers = {service.service: inspected(drawn, service) for service in drawn.services}
    containers["sidecar"]["HostConfig"]["NetworkMode"] = "container:id-of-api_temp"
    containers["idle"]["HostConfig"]["NetworkMode"] = "none"
    assert mismatches(drawn, everything(drawn, containers=list(containers.values()))) == ()
    assert drawn.entrance("api", 8000) == ("shop_forwarder_temp", 20000)
    bindings = containers["forwarder"]["HostConfig"]["PortBindings"]
    containers["api"]["HostConfig"]["PortBindings"] = {"8000/tcp": bindings.pop("20000/tcp")}
    found = "\n".join(mismatches(drawn, everything(drawn, containers=list(containers.values()))))
    assert "api (api_temp): it publishes 8000/tcp" in found
    assert "forwarder (shop_forwarder_temp): it does not publish 20000/tcp" in found


@pytest.mark.parametrize(("key", "value"), [("Internal", False), ("Options", None)])
def test_a_network_of_a_copy_that_is_cut_off_which_leads_outside_or_to_the_host_is_found_out(
    key: str, value: object
) -> None:
    case = Case(CASES / "cut_off_from_the_outside")
    drawn = plan(case.config, case.facts(case.config))
    networks = [{**raw, key: value} if raw["Name"] == "shop_back_temp" else raw for raw in everything(drawn).networks]
    found = "\n".join(mismatches(drawn, everything(drawn, networks=networks)))
    assert "The network shop_back_temp: it leads outside, or to the host." in found
