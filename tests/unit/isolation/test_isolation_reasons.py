"""What is said of a stack: once for all services that it is true of, and of names that stand for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from migrations_tools.isolation import NotIsolable, PlanInputs, plan


def _workers(number: int, **variables: str) -> dict[str, Any]:
    names = ["api", *(f"worker-{each:02}" for each in range(1, number))]
    services = {name: {"image": "team/shop", "environment": variables} for name in names}
    return {"name": "shop", "services": {**services, "db": {"image": "postgres:15"}}}


def test_a_variable_that_many_services_share_is_one_reason() -> None:
    config = _workers(50, DATABASE_URL="postgresql://u:x@db.example.com/shop")
    with pytest.raises(NotIsolable) as caught:
        plan(config, PlanInputs(project="shop"))
    (reason,) = caught.value.reasons
    assert reason == (
        "Each of api, worker-01, worker-02, worker-03, worker-04 and 45 more: DATABASE_URL names a database or broker"
        " at db.example.com, which is not a service of this stack; a migration could run there; give the copy another"
        " value (environment: <service>: DATABASE_URL), or allow the host with allow_hosts."
    )


def test_what_two_services_share_is_told_once_and_what_one_has_alone_with_its_name() -> None:
    config = _workers(2, STRIPE_API_KEY="sk_live_x")
    config["services"]["api"]["cap_add"] = ["SYS_ADMIN"]
    capabilities, key = plan(config, PlanInputs(project="shop")).warnings
    assert capabilities == "api: it has the capabilities SYS_ADMIN, which reach beyond the container."
    assert key.startswith("Each of api, worker-01: STRIPE_API_KEY may give the copy live access to outside services;")
    assert "`environment: {<service>: {STRIPE_API_KEY: ''}}`" in key
    assert "`exclude_services: [<service>]`" in key


def test_a_setting_that_names_a_service_on_a_profile_says_which_and_what_to_write() -> None:
    facts = PlanInputs(
        project="shop",
        services=frozenset({"jobs"}),
        exclude_services=frozenset({"jobs"}),
        environment={"worker-1": {}},
        wanted_profiles=frozenset({"bacth"}),
        on_profiles={"jobs": ("batch",)},
    )
    with pytest.raises(NotIsolable) as caught:
        plan(_workers(3), facts)
    assert caught.value.reasons == (
        "`migrations_tools.environment` names 'worker-1', which is no service of the stack; did you mean `worker-01`?",
        "`migrations_tools.services` names 'jobs', which is on the profile batch, and that is not active.",
        "  In invoke.yaml, under `migrations_tools:`, write `profiles: [batch]`",
        "`migrations_tools.profiles` names 'bacth', which no service is on; did you mean `batch`?",
    )


def test_a_host_that_is_allowed_and_never_named_is_told_with_the_near_one() -> None:
    config = _workers(1, DATABASE_URL="postgresql://u:x@db.example.com/shop")
    facts = PlanInputs(project="shop", allow_hosts=frozenset({"db.example.com", "db.exmaple.com", "cache"}))
    assert plan(config, facts).warnings == (
        "allow_hosts has cache, which no database or broker address of the stack names.",
        (
            "allow_hosts has db.exmaple.com, which no database or broker address of the stack names;"
            " did you mean `db.example.com`?"
        ),
    )


def _awkward() -> dict[str, Any]:
    proxy = {"image": "traefik:3", "privileged": True, "isolation": "hyperv"}
    services = {
        "api": {"image": "team/shop", "depends_on": {"db": {"condition": "service_started", "required": True}}},
        "db": {"image": "postgres:15"},
        "proxy": proxy,
        "sidecar": {"image": "team/side", "network_mode": "service:proxy"},
    }
    return {"name": "shop", "services": services}


def test_services_that_nothing_needs_are_named_where_the_rest_can_be_copied_without_them() -> None:
    facts = PlanInputs(project="shop", database_service="db", alembic_service="api")
    with pytest.raises(NotIsolable) as caught:
        plan(_awkward(), facts)
    # What cannot run without one of them goes with it.
    assert caught.value.without == {"proxy", "sidecar"}
    assert set(plan(_awkward(), replace(facts, exclude_services=caught.value.without)).excluded) == {"proxy", "sidecar"}


@pytest.mark.parametrize("needed_by", ["alembic", "application", "depends_on"])
def test_a_service_that_the_application_needs_is_never_named_to_be_left_out(needed_by: str) -> None:
    config, facts = _awkward(), PlanInputs(project="shop", database_service="db", alembic_service="api")
    if needed_by == "alembic":
        facts = replace(facts, alembic_service="proxy")
    elif needed_by == "application":
        facts = replace(facts, application=("sidecar", 80))
    else:
        config["services"]["api"]["depends_on"]["proxy"] = {"condition": "service_started", "required": True}
    with pytest.raises(NotIsolable) as caught:
        plan(config, facts)
    assert caught.value.without == frozenset()
