"""What is waited for, how long, and what is said when it does not come. The engine here is a stand-in that answers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from migrations_tools.engines import readiness
from migrations_tools.engines.compose import TempStack
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.readiness import Expectation
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.journal import Run
from migrations_tools.sandbox.compose import one_off, temp_database
from migrations_tools.sandbox.compose.copy import Copy

OPTIONS = ("--file", "/p/a.yml")
JOURNAL: Any = SimpleNamespace(run=Run("1", "shop", "shop_temp", "compose", 0.0, "token"))
EXPECTED = Expectation(frozenset({"db", "api"}), frozenset(), frozenset({"db", "api"}))
_ENGINE = """#!/bin/sh
case "$1" in
  ps) echo some-id ;;
  inspect) cat "$(dirname "$0")/containers.json" ;;
  logs) echo "still counting" ;;
  compose) {compose} ;;
esac
"""
Engine = Callable[..., TempStack]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return what makes a stack whose containers stand as they are said to."""

    def make(compose: str = ":", **states: tuple[str, str]) -> TempStack:
        program = tmp_path / "docker"
        program.write_text(_ENGINE.format(compose=compose))
        program.chmod(0o755)
        containers = [_container(service, *state) for service, state in states.items()]
        (tmp_path / "containers.json").write_text(json.dumps(containers))
        environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        return TempStack(Docker(environment=environment), JOURNAL, OPTIONS)

    return make


def _container(service: str, status: str, health: str) -> dict[str, Any]:
    state = {"Status": status, "Health": {"Status": health}, "ExitCode": 1, "StartedAt": "", "FinishedAt": ""}
    return {
        "Id": f"{service}-id",
        "Name": f"/{service}_temp",
        "State": state,
        "HostConfig": {},
        "NetworkSettings": {},
        "Config": {"Labels": {"com.docker.compose.service": service}},
    }


def _limit(seconds: float = 0.3) -> Limit:
    return Limit(seconds, "start_timeout")


def test_what_is_not_ready_in_time_is_named_with_its_setting_and_its_last_words(engine: Engine) -> None:
    stack = engine(db=("running", "healthy"), api=("running", "starting"))
    told: list[str] = []
    with pytest.raises(CannotProceed) as caught:
        readiness.wait_ready(stack, EXPECTED, _limit(), told.append)
    assert caught.value.reasons == (
        "Neither healthy nor done within 0.3 seconds (the setting `start_timeout`): api.",
        "The service api (api_temp) is running, starting. Its last log lines:",
        "  still counting",
    )
    assert set(told) == {"waiting for api"}


def test_a_service_that_nothing_needs_may_fail_and_is_waited_for_no_longer(engine: Engine) -> None:
    stack = engine(db=("running", "healthy"), api=("running", "healthy"), bot=("exited", ""), panel=("created", ""))
    config = {"services": {"db": {}, "api": {}, "bot": {}, "panel": {"depends_on": {"bot": {}}}}}
    some = readiness.expect(config, config["services"], ["api", "db"])
    found = readiness.wait_ready(stack, some, _limit(60), lambda _: None)
    assert [item.service for item in found if not some.is_ready(item)] == ["bot", "panel"]
    with pytest.raises(CannotProceed) as caught:
        readiness.wait_ready(stack, replace(some, needed=some.services), _limit(60), lambda _: None)
    assert caught.value.reasons[0] == "The service bot (bot_temp) is exited 1. Its last log lines:"


def test_a_service_that_keeps_crashing_is_given_up_once_all_else_is_up(engine: Engine, tmp_path: Path) -> None:
    stack = engine(db=("running", "healthy"), api=("restarting", ""))
    written = json.loads((tmp_path / "containers.json").read_text())
    looks = iter(range(1, 100))

    def crash_again(_: str) -> None:
        api = next(item for item in written if item["Id"] == "api-id")
        api["RestartCount"] = next(looks)
        (tmp_path / "containers.json").write_text(json.dumps(written))

    begun = time.monotonic()
    with pytest.raises(CannotProceed) as caught:
        readiness.wait_ready(stack, EXPECTED, _limit(60), crash_again)
    assert time.monotonic() - begun < 20
    assert caught.value.reasons[0] == "The service api (api_temp) is restarting. Its last log lines:"
    assert next(looks) == 5  # one restart while the rest was looked at, and three more


def test_what_compose_waits_for_too_long_is_named_with_its_setting(engine: Engine) -> None:
    stack = engine("exec sleep 60", db=("running", "starting"), api=("created", ""))
    begun = time.monotonic()
    with pytest.raises(CannotProceed) as caught:
        readiness.start(stack, ["api", "db"], EXPECTED, _limit())
    assert time.monotonic() - begun < 10
    assert caught.value.reasons[:2] == (
        "Neither healthy nor done within 0.3 seconds (the setting `start_timeout`): db.",
        "The service db (db_temp) is running, starting. Its last log lines:",
    )


def test_a_service_that_failed_is_named_rather_than_the_time(engine: Engine) -> None:
    stack = engine("exec sleep 60", db=("exited", ""), api=("created", ""))
    with pytest.raises(CannotProceed) as caught:
        readiness.start(stack, ["api", "db"], EXPECTED, _limit())
    assert caught.value.reasons[0] == "The service db (db_temp) is exited 1. Its last log lines:"


def test_where_compose_gives_up_by_itself_its_last_words_are_kept_without_passwords(engine: Engine) -> None:
    stack = engine("echo no space left in postgresql://me:secret@db/shop; exit 3", db=("created", ""))
    with pytest.raises(CannotProceed) as caught:
        readiness.start(stack, ["db"], EXPECTED, _limit(30))
    assert "failed with exit code 3" in caught.value.reasons[0]
    assert caught.value.reasons[1] == "no space left in postgresql://me:***@db/shop"


def test_one_limit_serves_several_waits(engine: Engine) -> None:
    limit = _limit(0.4)
    time.sleep(0.2)
    assert 0 < limit.left < 0.3
    time.sleep(0.3)
    assert limit.left == 0


def _copy(stack: TempStack, seconds: float = 0.3) -> Copy:
    """Return as much of a copy as waiting needs."""
    project = SimpleNamespace(database=SimpleNamespace(service="db"))
    return cast("Copy", SimpleNamespace(stack=stack, project=project, patience=_limit(seconds)))


def test_a_database_that_accepts_no_connection_in_time_is_named_with_its_setting(engine: Engine) -> None:
    refused = CommandFailed("psql failed.", output="the database system is starting up")
    copy = _copy(engine(db=("running", "")))
    temp_database._still_coming(copy, refused, _limit(30))
    with pytest.raises(CannotProceed) as caught:
        temp_database._still_coming(copy, refused, _limit(0))
    late = "The temp database accepted no connection within 0 seconds (the setting `start_timeout`)"
    assert caught.value.reasons[0] == f"{late}: the database system is starting up"
    assert caught.value.reasons[2] == "  still counting"


def test_a_one_off_container_that_is_never_created_is_named_with_its_setting(engine: Engine) -> None:
    copy = _copy(engine())
    with subprocess.Popen(["sleep", "60"], text=True) as process:
        with pytest.raises(CannotProceed) as caught:
            one_off._appeared(copy, process, "probe_temp")
        process.kill()
    late = "was not created within 0.3 seconds (the setting `start_timeout`)"
    assert caught.value.reasons == (f"The container probe_temp {late}.",)


def test_a_python_that_is_sent_away_ends_by_itself_when_its_input_does() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(["cat"], text=True, **pipes)
    one_off._dismiss(process)
    assert process.returncode == 0


def test_a_one_off_container_whose_command_ended_is_not_waited_for(engine: Engine) -> None:
    with subprocess.Popen(["true"], text=True) as process:
        process.wait()
        assert one_off._appeared(_copy(engine(), 60), process, "probe_temp") == {}
