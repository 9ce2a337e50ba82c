from __future__ import annotations

import pytest

from migrations_tools.engines.compose import Container
from migrations_tools.engines.inventory import InventoryChange, caused, compare
from migrations_tools.engines.readiness import Expectation, Fault, expect, one_shots
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


EXPECTED = Expectation(frozenset({"api"}), frozenset({"migrations"}), frozenset({"api"}), ending=frozenset({"upgrade"}))


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
        pytest.param(_container(service="upgrade"), False, False, id="a one-shot that still migrates"),
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


def test_what_a_needed_service_depends_on_is_needed_and_what_waits_for_a_failed_one_is_held_up() -> None:
    services = {
        "db": {},
        "api": {"depends_on": {"db": {}}},
        "bot": {"depends_on": {"api": {}}},
        "panel": {"depends_on": {"bot": {}}},
    }
    found = expect({"services": services}, services, ["api"], ending=["api"])
    assert found.needed == {"api", "db"}
    assert found.ending == {"api"}
    assert found.held_up(["bot"]) == {"bot", "panel"}


def test_a_restart_fails_the_proof_that_services_are_up() -> None:
    assert stack.services_up([_container(restarts=1)], EXPECTED)[0].evidence == "api (api_temp) was restarted 1 times"
    assert stack.services_up([], EXPECTED)[0].evidence == "api has no container"
    assert stack.services_up([_container()], EXPECTED)[0].outcome == PASSED


def test_a_service_that_is_down_in_the_original_too_is_not_checked_and_one_of_which_nothing_is_known_fails() -> None:
    down = _container(service="bot", name="bot_temp", status="exited", exit_code=1)
    expected = Expectation(frozenset({"api", "bot"}), frozenset(), frozenset({"api"}))
    same = Fault(down, _container(service="bot", name="shop-bot-1", status="exited", exit_code=1))
    first, second = stack.services_up([_container(), down], expected, [same])
    assert (first.outcome, second.claim, second.outcome) == (PASSED, "The service bot works", NOT_CHECKED)
    assert second.evidence == (
        "bot (bot_temp) is exited 1, and in the original shop-bot-1 is exited 1; its log is not looked at."
        " To leave it out of the copy, write `exclude_services: [bot]` in invoke.yaml."
    )
    (only,) = stack.services_up([_container(), down], expected, [Fault(down, None)])
    assert (only.outcome, only.evidence) == (FAILED, "bot (bot_temp) is exited 1")


def test_a_database_is_new_by_its_identity_or_by_the_removal_of_its_volume() -> None:
    assert stack.database_is_new("1/5", "1/5", ["data_temp"]).outcome == FAILED
    assert stack.database_is_new("1/5", "2/5").outcome == PASSED
    assert stack.database_is_new("", "2/5", ["data_temp"]).outcome == PASSED
    assert stack.database_is_new("", "2/5").outcome == NOT_CHECKED


OWN = InventoryChange("container", "shop-db", "is gone", "shop", "4f1c2d9a8b7e6f5a4b3c")
RESTARTED = InventoryChange("container", "bot", "changed (restarts: 2 before, 7 after)", "shop", "99aa")
TAG = InventoryChange("image", "shop:latest", "changed (id: a before, b after)", "", "shop:latest")


@pytest.mark.parametrize(
    ("command", "change", "reaches"),
    [
        pytest.param(("docker", "rm", "--force", "shop-db"), OWN, True, id="by its name"),
        pytest.param(("docker", "rm", "--force", "4f1c2d9a8b7e"), OWN, True, id="by a short id"),
        pytest.param(("docker", "compose", "--project-name", "shop", "down"), OWN, True, id="by its project"),
        pytest.param(
            ("docker", "compose", "--project-name", "shop_temp", "start", "--", "bot"),
            RESTARTED,
            False,
            id="a service of the copy is called as the container is",
        ),
        pytest.param(
            ("docker", "exec", "--interactive", "--", "db_temp", "psql", "-U", "shop"),
            OWN,
            False,
            id="a role of the copy's database is called as the project is",
        ),
        pytest.param(("docker", "volume", "rm", "shop_data_temp"), OWN, False, id="another object"),
    ],
)
def test_a_command_reaches_what_it_names(command: tuple[str, ...], change: InventoryChange, reaches: bool) -> None:
    assert bool(caused([change], [command], ())) is reaches


def test_a_build_reaches_the_tag_that_leads_to_its_image() -> None:
    assert caused([TAG], [], ["shop:latest"]) == {TAG: "it leads to an image that this run has built"}
    assert caused([TAG], [], ["shop_temp:latest"]) == {}


def test_only_what_a_command_of_the_run_can_have_done_fails() -> None:
    new = InventoryChange("image", "c", "is new", "")
    failed = stack.machine_untouched([OWN, RESTARTED], {OWN: "`docker rm shop-db` of this run names it"}, "same")
    assert failed.outcome == FAILED
    assert failed.evidence == "container shop-db is gone; `docker rm shop-db` of this run names it"
    others = stack.machine_untouched([RESTARTED, new], {}, "same")
    assert others.outcome == PASSED
    assert others.evidence == (
        "1 changed meanwhile, and no command of this run names any of them; the rest: same;"
        " new on the machine meanwhile: image c"
    )
    assert others.warnings == ("container bot changed (restarts: 2 before, 7 after): not by this run",)
    assert stack.machine_untouched([], {}, "same").evidence == "same"


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
