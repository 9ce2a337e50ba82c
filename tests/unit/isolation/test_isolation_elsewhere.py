"""Copies on the engine of another machine: what is said, and what is found out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.isolation import IsolationPlan, PlanInputs, as_json, from_json, mismatches, plan, violations
from migrations_tools.isolation.listen_address import is_loopback, overlap
from migrations_tools.isolation.plan_values import PublishedPort
from tests.unit.isolation.folders import CASES, Case, Compose
from tests.unit.isolation.test_isolation_compose import spoilt
from tests.unit.isolation.test_isolation_inspection import everything

ELSEWHERE = "engine_on_another_machine"
PORTS, FOLDERS = f"{ELSEWHERE}_ports", f"{ELSEWHERE}_host_folders"


def drawn(name: str, **more: Any) -> IsolationPlan:
    case = Case(CASES / name)
    return plan(case.config, replace(case.facts(case.config), **more))


def test_it_is_said_of_every_port_from_where_it_is_reached() -> None:
    opened = "must be reached from here and is published on every address of devbox.example.org; the original's is not."
    others = "Whoever reaches devbox.example.org reaches these ports of the copy, as they do the original's"
    assert drawn(PORTS).warnings == (
        "cache: port 6381 answers on devbox.example.org alone, as the original's does.",
        f"db: port 5434 {opened}",
        f"web: port 9002 {opened}",
        "web: the port for 99 answers on devbox.example.org alone, as the original's does.",
        f"{others}: cache the port for 77, db port 9189, proxy port 8445, proxy port 8082, web port 82.",
    )


def test_a_database_without_a_password_that_others_reach_is_named() -> None:
    service = {"image": "postgres:16", "environment": {"POSTGRES_HOST_AUTH_METHOD": "trust"}}
    config = {"name": "shop", "services": {"db": service}}
    facts = PlanInputs(project="shop", database_service="db", engine_host="192.0.2.7")
    opened, entered = plan(config, facts).warnings
    assert opened.startswith("db: port 5433 must be reached from here")
    assert entered == (
        "db: whoever reaches 192.0.2.7 enters the copy's database without a password "
        "(POSTGRES_HOST_AUTH_METHOD is trust)."
    )
    assert plan(config, replace(facts, engine_host="")).warnings == ()


def test_a_service_called_as_the_machine_is_the_one_that_answers_inside_the_stack() -> None:
    ports = [{"target": 80, "published": "8000", "protocol": "tcp"}]
    variables = {"INSIDE": "http://docker:8000", "OUTSIDE": "http://localhost:8000"}
    services = {"docker": {"image": "nginx", "ports": ports}, "web": {"image": "nginx", "environment": variables}}
    copy = plan({"name": "shop", "services": services}, PlanInputs(project="shop", engine_host="docker"))
    assert copy.override["services"]["web"]["environment"] == {"OUTSIDE": "http://localhost:8001"}


def test_every_host_path_that_the_engine_looks_for_is_named_with_its_service() -> None:
    here = "is looked for on devbox, not on this machine; it must exist there."
    image = "would be looked for on devbox; the copy has what its image holds there instead."
    assert drawn(FOLDERS).warnings[1:] == (
        "The config rules is the file /project/rules.conf of devbox, not of this machine; it must exist there.",
        "The secret key is the file /project/key.txt of devbox, not of this machine; it must exist there.",
        "api: /project/shared stays shared with the original and writable, as allowed.",
        f"Each of api, only_source: /project/api/src (at /app/src) {image}",
        f"api: /project/api/settings.toml (at /app/settings.toml) {here}",
        f"api: /project/shared (at /app/shared) {here}",
        f"api: /srv/certificates (at /certificates) {here}",
        f"db: /project/initdb (at /docker-entrypoint-initdb.d) {here}",
        f"reader: /project/site (at /etc/nginx/conf.d) {here}",
    )


def test_no_host_folder_is_written_on_a_machine_of_which_nothing_is_known() -> None:
    case = Case(CASES / FOLDERS)
    facts = case.facts(case.config)
    kinds = ("tracked", "file", "other", "missing")
    for kind in kinds:
        every = dict.fromkeys(facts.bind_sources, kind)
        copy = plan(case.config, replace(facts, bind_sources=every, writable_mounts=frozenset()))
        binds = [mount for service in copy.services for mount in service.mounts if mount.kind == "bind"]
        assert [mount for mount in binds if not mount.read_only] == [], kind


@pytest.mark.parametrize("name", [f"{ELSEWHERE}_addresses", FOLDERS])
def test_nothing_of_it_is_said_or_done_when_the_engine_is_this_machine(name: str) -> None:
    copy = drawn(name, engine_host="")
    assert [line for line in copy.warnings if "devbox" in line or "looked for" in line] == []
    assert {port.host_ip for service in copy.services for port in service.ports} <= {"127.0.0.1"}
    assert "left out" not in json.dumps(as_json(copy))


def test_an_older_journals_plan_is_one_of_this_machine() -> None:
    here = drawn(FOLDERS, engine_host="")
    kept = as_json(here)
    del kept["engine_host"]
    assert from_json(kept) == here


def test_containers_that_are_as_planned_have_no_mismatch_there() -> None:
    for name in (PORTS, FOLDERS):
        copy = drawn(name)
        assert mismatches(copy, everything(copy)) == ()


SABOTAGE = [
    pytest.param(FOLDERS, "create_host_path: false", "create_host_path: true", "would create", id="folder created"),
    pytest.param(
        FOLDERS, "volumes: !override []", "init: true", "at /app/src is not what was planned", id="source kept"
    ),
    pytest.param(PORTS, '"192.0.2.7:9189:9187"', '"9189:9187"', "not the planned ones", id="port opened further"),
    pytest.param(PORTS, '"127.0.0.1:6381:6379"', '"6381:6379"', "not the planned ones", id="loopback left"),
    pytest.param(
        f"{ELSEWHERE}_addresses",
        '"http://devbox.example.org:8001"',
        '"http://devbox.example.org:8000"',
        "API names an address that the original publishes",
        id="address of the machine kept",
    ),
]


@pytest.mark.parametrize(("name", "planned", "instead", "sentence"), SABOTAGE)
def test_a_spoilt_copy_is_found_out_there(
    name: str, planned: str, instead: str, sentence: str, compose: Compose, tmp_path: Path
) -> None:
    found = spoilt(Case(CASES / name), compose, tmp_path, lambda text: text.replace(planned, instead))
    assert sentence in "\n".join(found)


def test_a_copy_that_was_planned_for_this_machine_may_not_listen_elsewhere() -> None:
    here = drawn(f"{ELSEWHERE}_addresses", engine_host="")
    case = Case(CASES / f"{ELSEWHERE}_addresses")
    copy = json.loads(json.dumps(case.config))
    copy["services"]["api"]["ports"] = [{"target": 8000, "published": "8001", "protocol": "tcp", "mode": "ingress"}]
    assert any("on another address than 127.0.0.1" in line for line in violations(case.config, copy, here))


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "192.0.2.7", False),
        ("", "192.0.2.7", True),
        ("2001:db8::7", "", True),
        ("0.0.0.0", "192.0.2.7", True),
        ("0.0.0.0", "::1", False),
        ("::", "::1", True),
        ("::", "127.0.0.1", False),
        ("", "", True),
    ],
)
def test_two_ports_of_one_number_are_in_each_others_way_on(first: str, second: str, together: bool) -> None:
    assert overlap(first, second) is overlap(second, first) is together


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.7", False),
        ("example.org", False),
    ],
)
def test_the_machine_alone_reaches_its_loopback_addresses(address: str, alone: bool) -> None:
    assert is_loopback(address) is alone


@pytest.mark.parametrize(
    ("port", "short"),
    [
        (PublishedPort("127.0.0.1", "8001", 80, "tcp", ""), "127.0.0.1:8001:80"),
        (PublishedPort("127.0.0.1", "", 80, "tcp", ""), "127.0.0.1::80"),
        (PublishedPort("", "8001", 80, "udp", ""), "8001:80/udp"),
        (PublishedPort("", "", 80, "tcp", ""), "80"),
        (PublishedPort("::1", "8001", 80, "tcp", ""), "[::1]:8001:80"),
    ],
)
def test_a_port_is_written_in_composes_short_form(port: PublishedPort, short: str) -> None:
    assert port.short() == short
