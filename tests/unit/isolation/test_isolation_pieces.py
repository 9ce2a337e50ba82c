"""The small readers that planning stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_tools.compose_tags import Override
from migrations_tools.isolation import PlanInputs, host_paths
from migrations_tools.isolation.hosts import UNREADABLE, foreign, url_hosts
from migrations_tools.isolation.loopback_addresses import LoopbackAddresses
from migrations_tools.isolation.names import names, reference
from migrations_tools.isolation.plan_values import merged
from migrations_tools.isolation.resolved import doubled, seconds, stack, undoubled, within


@pytest.mark.parametrize(
    ("image", "canonical"),
    [
        ("api", "api:latest"),
        ("library/api:1", "api:1"),
        ("docker.io/library/api", "api:latest"),
        ("docker.io/team/api", "team/api:latest"),
        ("localhost:5000/api", "localhost:5000/api:latest"),
        ("localhost:5000/team/api:2@sha256:abc", "localhost:5000/team/api:2"),
    ],
)
def test_an_image_reference_is_read_in_its_parts(image: str, canonical: str) -> None:
    assert reference(image).canonical == canonical


@pytest.mark.parametrize(
    ("kind", "original", "copy"),
    [
        ("networks", "shop-net", "shop-net_temp"),
        ("networks", "my net; rm -rf ~", "shop_my_net_rm_-rf__temp"),
        ("networks", "--help", "shop_--help_temp"),
        ("networks", "[red]x[/red]\n$(id)", "shop__red_x_red_id__temp"),
        ("volumes", "--force", "shop_--force_temp"),
    ],
)
def test_a_name_that_a_command_could_read_otherwise_gets_one_that_none_can(kind: str, original: str, copy: str) -> None:
    config = {"name": "shop", "services": {}, kind: {"x": {"name": original}}}
    found = names(stack(config), PlanInputs("shop", "_temp", "db"))
    (resource,) = getattr(found, kind)
    assert (resource.original, resource.name, found.reasons) == (original, copy, ())


@pytest.mark.parametrize(
    ("duration", "expected"), [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600), ("1.5s", 1.5), ("0s", 0)]
)
def test_a_duration_is_read_as_go_writes_it(duration: str, expected: float) -> None:
    assert seconds(duration) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("postgresql+asyncpg://u:p@db:5432/x", ["db"]),
        ("postgres://u:p%40@db/x", ["db"]),
        ("postgres://u:p@a@db/x", ["db"]),
        ("mongodb://u:p@a:1,b:2/x?replicaSet=r", ["a", "b"]),
        ("redis://:p@[::1]:6379", ["::1"]),
        ("jdbc:postgresql://db:5432/x", ["db"]),
        ("postgresql:///x?host=far&port=1", ["", "far"]),
        ("postgres://u:p/w@db/x", [UNREADABLE]),
        ("https://example.com/postgres", []),
        ("see postgres://one and redis://two", ["one", "two"]),
    ],
)
def test_the_hosts_of_database_addresses_are_read(value: str, hosts: list[str]) -> None:
    assert list(url_hosts(value)) == hosts


@pytest.mark.parametrize(
    ("variable", "value", "hosts"),
    [
        ("DB_HOST", "far", ["far"]),
        ("DB_HOST", "db:5432", []),
        ("PGHOST", "/var/run/postgresql", []),
        ("POSTGRES_HOST_AUTH_METHOD", "trust", []),
        ("ANY", "host=far dbname=x", ["far"]),
        ("ANY", "host=far is a sentence", []),
        ("CELERY_BROKER_HOST", "", []),
        ("REDIS_HOST", "127.0.0.1", []),
    ],
)
def test_hosts_outside_the_stack_are_told_from_those_inside(variable: str, value: str, hosts: list[str]) -> None:
    assert foreign(variable, value, frozenset({"db"})) == hosts


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("URL", "http://localhost:8000/x", "http://localhost:8001/x"),
        ("URL", "HTTP://LocalHost:8000", "HTTP://LocalHost:8001"),
        ("URL", "http://u:p@localhost:8000", "http://u:p@localhost:8001"),
        ("URL", "http://localhost:80000", "http://localhost:80000"),
        ("URL", "http://localhost:8000.", "http://localhost:8001."),
        ("URL", "http://api.localhost:8000", "http://api.localhost:8000"),
        ("URL", "http://localhost", "http://localhost"),
        ("URL", "redis://localhost:8000", "redis://localhost:8000"),
        ("BIND", "0.0.0.0:8000", "0.0.0.0:8000"),
        ("OWN", "localhost:9000", "localhost:9000"),
        ("OWN", "http://localhost:9000", "http://localhost:9001"),
        ("HEALTH_URL", "http://localhost:9000", "http://localhost:9000"),
    ],
)
def test_only_what_a_browser_would_call_is_moved(variable: str, value: str, expected: str) -> None:
    local = LoopbackAddresses({8000: 8001, 9000: 9001}, frozenset({9000}))
    assert local.rewritten(variable, value) == expected


@given(st.text())
def test_doubling_dollars_can_be_taken_back(text: str) -> None:
    assert undoubled(doubled(text)) == text


def test_keys_are_not_doubled_since_compose_does_not_interpolate_them() -> None:
    assert doubled({"$key": "$value"}) == {"$key": "$$value"}
    assert undoubled({"$$key": ["$$value"]}) == {"$key": ["$value"]}


def test_a_path_is_within_a_folder_only_by_whole_components() -> None:
    assert within("/data/x", "/data") and within("/data/", "/data") and within("/data", "/")
    assert not within("/database", "/data")


def test_a_replacement_is_not_merged_with_what_it_replaces() -> None:
    assert merged({"labels": {"a": 1}}, {"labels": Override({"b": 2})}) == {"labels": Override({"b": 2})}
    assert merged({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}


def test_the_paths_whose_kind_matters_are_sources_and_the_places_inside_them() -> None:
    volumes = [
        {"type": "bind", "source": "/project/web", "target": "/app"},
        {"type": "volume", "target": "/app/node_modules"},
    ]
    config = {"name": "shop", "services": {"web": {"image": "node", "volumes": volumes}}}
    assert host_paths(config) == {"/project/web", "/project/web/node_modules"}
