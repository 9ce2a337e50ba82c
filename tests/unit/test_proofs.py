from __future__ import annotations

import pytest

from migrations_tools.engines.compose import Container, Expectation, one_shots
from migrations_tools.engines.inventory import InventoryChange, compare
from migrations_tools.errors import CannotProceed
from migrations_tools.proofs import stack
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, attempted


def _container(**more: object) -> Container:
    values: dict[str, object] = {
        "id": "1",
        "name": "api_temp",
        "service": "api",
        "one_off": False,
        "status": "running",
        "health": "",
        "exit_code": 0,
        "restarts": 0,
        "started": "",
        "finished": "",
        "restart_policy": "no",
        "labels": {},
        "anonymous_volumes": (),
        "published": {},
    }
    return Container(**{**values, **more})  # type: ignore[arg-type]


EXPECTED = Expectation(frozenset({"api"}), frozenset({"migrations"}))


@pytest.mark.parametrize(
    ("container", "ready", "failed"),
    [
        pytest.param(_container(), True, False, id="running"),
        pytest.param(_container(health="healthy"), True, False, id="healthy"),
        pytest.param(_container(health="starting"), False, False, id="starting"),
        pytest.param(_container(health="unhealthy"), False, True, id="unhealthy"),
        pytest.param(_container(status="created"), False, False, id="created"),
        pytest.param(_container(status="restarting", exit_code=1), False, False, id="restarting"),
        pytest.param(_container(status="exited", exit_code=1), False, True, id="exited with an error"),
        pytest.param(_container(status="exited"), False, True, id="a server that exited 0"),
        pytest.param(_container(status="exited", service="migrations"), True, False, id="a one-shot that exited 0"),
        pytest.param(
            _container(status="exited", service="migrations", exit_code=2), False, True, id="a one-shot that failed"
        ),
    ],
)
def test_a_container_is_ready_or_failed_or_coming(container: Container, ready: bool, failed: bool) -> None:
    assert (EXPECTED.is_ready(container), EXPECTED.has_failed(container)) == (ready, failed)


def test_services_that_may_end_are_those_that_nothing_would_start_again() -> None:
    services = {
        "once": {},
        "no": {"restart": "no"},
        "retry": {"restart": "on-failure:3"},
        "always": {"restart": "always"},
        "unless": {"restart": "unless-stopped"},
        "checked": {"healthcheck": {"test": ["CMD", "true"]}},
        "swarm": {"deploy": {"restart_policy": {"condition": "any"}}},
    }
    assert one_shots({"services": services}) == {"once", "no", "retry"}


def test_a_restart_fails_the_proof_that_services_are_up() -> None:
    assert stack.services_up([_container(restarts=1)], EXPECTED).evidence == "api (api_temp) was restarted 1 times"
    assert stack.services_up([], EXPECTED).evidence == "api has no container"
    assert stack.services_up([_container()], EXPECTED).outcome == PASSED


def test_a_database_is_new_by_its_identity_or_by_the_removal_of_its_volume() -> None:
    assert stack.database_is_new("1/5", "1/5", ["data_temp"]).outcome == FAILED
    assert stack.database_is_new("1/5", "2/5").outcome == PASSED
    assert stack.database_is_new("", "2/5", ["data_temp"]).outcome == PASSED
    assert stack.database_is_new("", "2/5").outcome == NOT_CHECKED


def test_only_a_change_of_the_original_itself_fails() -> None:
    own, other, new = (
        InventoryChange("container", "a", "is gone", "shop"),
        InventoryChange("container", "b", "is gone", ""),
        InventoryChange("image", "c", "is new", ""),
    )
    assert stack.machine_untouched([own, other], "shop", "same").outcome == FAILED
    assert stack.machine_untouched([other], "shop", "same").outcome == NOT_CHECKED
    assert stack.machine_untouched([new], "shop", "same").evidence == "same; new on the machine meanwhile: image c"


def test_the_inventories_are_compared_by_identity_and_state() -> None:
    before = {
        "container": {
            "1": {"name": "db", "started-at": "x", "project": "shop"},
            "2": {"name": "api", "started-at": "x", "project": ""},
        }
    }
    after = {
        "container": {
            "1": {"name": "db", "started-at": "y", "project": "shop"},
            "3": {"name": "db_temp"},
            "4": {"name": "new"},
        }
    }
    assert [change.sentence() for change in compare(before, after, [("container", "db_temp")])] == [
        "container api is gone",
        "container db changed (started-at: x before, y after)",
        "container new is new",
    ]


def test_what_the_tool_could_not_check_is_not_green() -> None:
    def fail() -> stack.Proof:
        raise CannotProceed(["no answer", "more"])

    proof = attempted("It works", fail)
    assert (proof.outcome, proof.evidence, proof.details) == (NOT_CHECKED, "no answer", ("more",))
