"""The cases through a real Compose program: `config` of the original, of the copy, and of spoilt overrides.

No engine is needed. `COMPOSE_PROGRAM` names another program than the machine's own; `nox -s compose_matrix` runs
these tests with several and counts what the tests record as properties.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from migrations_tools.isolation import NotIsolable, plan, render, violations
from tests.unit.isolation.folders import CASES, PLACEHOLDER, Case, Compose

Spoil = Callable[[str], str]
Record = Callable[[str, object], None]


def spoilt(case: Case, compose: Compose, folder: Path, spoil: Spoil) -> tuple[str, ...]:
    """The violations that are found when the override of `case` is changed by `spoil`."""
    original = compose.config(case)
    drawn = plan(original, case.facts(original, str(case.folder)))
    text = render(drawn)
    assert spoil(text) != text or spoil is _nothing
    override = folder / "override.yaml"
    override.write_text(spoil(text), encoding="utf-8")
    return violations(original, compose.config(case, project=drawn.project, override=override), drawn)


def _nothing(text: str) -> str:
    return text


def _without_tags(text: str) -> str:
    """What a Compose sees that does not know the tag: the value is merged."""
    return re.sub(r"!override ?", "", text)


def _without(pattern: str) -> Spoil:
    return lambda text: re.sub(pattern, "", text, flags=re.MULTILINE)


def _with(pattern: str, replacement: str) -> Spoil:
    return lambda text: re.sub(pattern, replacement, text, flags=re.MULTILINE)


def test_compose_makes_an_isolated_copy_of_every_case(
    good_case: Case, compose: Compose, tmp_path: Path, record_property: Record
) -> None:
    assert spoilt(good_case, compose, tmp_path, _nothing) == ()
    record_property("verified", "override")


def test_compose_gives_the_same_reasons_for_every_refusal(
    refused_case: Case, compose: Compose, record_property: Record
) -> None:
    original = compose.config(refused_case)
    with pytest.raises(NotIsolable) as refused:
        plan(original, refused_case.facts(original, str(refused_case.folder)))
    actual = "".join(f"{reason}\n" for reason in refused.value.reasons).replace(str(refused_case.folder), PLACEHOLDER)
    assert actual == refused_case.expected("reasons.txt", actual)
    record_property("refused", refused_case.folder.name)


def test_the_original_is_no_copy_of_itself(good_case: Case, compose: Compose) -> None:
    original = compose.config(good_case)
    drawn = plan(original, good_case.facts(original, str(good_case.folder)))
    assert any("project is called" in sentence for sentence in violations(original, original, drawn))


SABOTAGE = [
    pytest.param("the_whole_recycling_stack", _without_tags, "host port 5432, which the original", id="ports appended"),
    pytest.param(
        "host_folders",
        _without(r"^    volumes: !override\n(?:      .*\n)+"),
        "is not what was planned",
        id="mounts kept",
    ),
    pytest.param("volumes_with_a_driver_or_options", _without_tags, "driver options", id="driver options kept"),
    pytest.param("labels_by_which_others_act", _without_tags, "label traefik.enable", id="labels kept"),
    pytest.param("extra_build_tags_and_cache_exports", _without_tags, "image tag team/api:edge", id="build tags kept"),
    pytest.param(
        "services_that_are_left_out",
        _without(r"^  proxy: !reset null\n"),
        "proxy, which was not planned",
        id="service kept",
    ),
    pytest.param(
        "restart_policies",
        _without(r"^    deploy:\n      restart_policy: !reset null\n"),
        "after a reboot",
        id="deployed policy kept",
    ),
    pytest.param(
        "stale_hosts_in_variables",
        _with("cache=127.0.0.1", "cache=10.0.0.7"),
        "cache does not lead to the container itself",
        id="a stale host led elsewhere",
    ),
    pytest.param("restart_policies", _without(r"^    restart: .*\n"), "after a reboot", id="restart kept"),
    pytest.param(
        "names_of_containers_volumes_and_networks",
        _without(r"^    container_name: .*\n"),
        "container is called",
        id="container names kept",
    ),
    pytest.param(
        "names_of_containers_volumes_and_networks",
        _without(r"^volumes:\n(?:  .*\n)+"),
        "volume data is called shop-data",
        id="volume names kept",
    ),
    pytest.param(
        "names_of_containers_volumes_and_networks",
        _without(r"^networks:\n(?:  .*\n)+"),
        "network back is called shop-backbone",
        id="network names kept",
    ),
    pytest.param(
        "images_built_here",
        _without(r"^    image: .*\n"),
        "image tag .*, which the original builds",
        id="image tags kept",
    ),
    pytest.param(
        "the_whole_recycling_stack",
        _with(r"127\.0\.0\.1:(\d+:)", r"0.0.0.0:\1"),
        "another address than",
        id="ports open to the network",
    ),
    pytest.param(
        "the_whole_recycling_stack",
        _with(r"127\.0\.0\.1:5433", "127.0.0.1:6379"),
        "host port 6379, which the original",
        id="port of another service",
    ),
    pytest.param(
        "the_whole_recycling_stack",
        _without(r"^        read_only: true\n"),
        "can write to the host folder",
        id="source folder writable",
    ),
    pytest.param(
        "the_whole_recycling_stack",
        _without(r"^        VITE_API_URL: .*\n"),
        "VITE_API_URL names an address",
        id="browser address kept",
    ),
    pytest.param("several_replicas", _without(r"^    scale: 1\n"), "container", id="replicas kept"),
    pytest.param("external_volume_and_network", _without_tags, "external", id="external volume and network kept"),
    pytest.param("fixed_addresses", _without_tags, "has fixed addresses", id="fixed addresses kept"),
    pytest.param(
        "fixed_addresses",
        _without(r"^    networks: !override\n(?:      .*\n)+"),
        "ipv4_address on network inner is fixed",
        id="addresses of services kept",
    ),
    pytest.param(
        "cut_off_from_the_outside", _without(r"^    internal: true\n"), "front leads outside", id="networks not cut off"
    ),
    pytest.param(
        "cut_off_from_the_outside",
        _with(r'(inhibit_ipv4): "true"', r'\1: "false"'),
        "front leads outside, or to the host",
        id="the host not cut off",
    ),
    pytest.param(
        "cut_off_from_the_outside",
        _with(r'^    container_name: "db_temp"\n', '    container_name: "db_temp"\n    networks: {outside: {}}\n'),
        "where the forwarder alone belongs",
        id="a way out for a service",
    ),
    pytest.param(
        "cut_off_from_the_outside",
        _with(r"^    ports: !override \[\]\n", '    ports: !override ["127.0.0.1:8002:8000"]\n'),
        "not the planned ones",
        id="a port that is forwarded published beside",
    ),
    pytest.param(
        "the_whole_recycling_stack",
        _with(r"(migrations_tools\.project): .*", r'\1: ""'),
        "does not carry the copy's label",
        id="labels forgotten",
    ),
]


@pytest.mark.parametrize(("name", "spoil", "sentence"), SABOTAGE)
def test_a_spoilt_override_is_found_out(
    name: str, spoil: Spoil, sentence: str, compose: Compose, tmp_path: Path
) -> None:
    try:
        found = spoilt(Case(CASES / name), compose, tmp_path, spoil)
    except AssertionError as refusal:
        # Compose itself may refuse what is left (a name and two replicas, an undefined volume).
        found = (str(refusal),)
    assert re.search(sentence, "\n".join(found)), found
