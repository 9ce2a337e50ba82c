"""Surroundings: no dev stack, a busy port, a misleading environment; and the tasks that change nothing."""

from __future__ import annotations

import socket

import pytest

from tests.e2e.example_copy import ExampleCopy, differences, start_task, state
from tests.support import docker

pytestmark = pytest.mark.docker

_SMALL = {"exclude_services": ["bot", "frontend"]}


def test_a_stack_that_does_not_run_is_isolated_past_a_busy_port_and_a_misleading_environment(
    kiosk: ExampleCopy,
) -> None:
    kiosk.configure(**_SMALL)
    elsewhere = kiosk.folder / "impostor.yml"
    elsewhere.write_text("name: impostor\nservices: {impostor: {image: 'redis:7-alpine'}}\n")
    misleading = {"COMPOSE_FILE": str(elsewhere), "COMPOSE_PROJECT_NAME": "impostor", "COMPOSE_PROFILES": "none"}
    before = state()
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", kiosk.ports["redis"] + 1))
        busy.listen()
        done = kiosk.invoke("isolate", env=misleading)
    assert done.code == 0, str(done)
    assert kiosk.journal()["temp_project"].endswith("_temp")
    containers = kiosk.temp_containers()
    assert set(containers) == {"api", "api-migrations", "postgres", "redis"}
    ports = {service: docker.host_port(containers[service], port) for service, port in _TARGETS.items()}
    assert ports == {service: kiosk.ports[service] + 2 for service in _TARGETS}
    assert docker.containers_of("kiosk") == docker.containers_of("impostor") == {}
    done = kiosk.invoke("cleanup")
    assert done.code == 0, str(done)
    assert differences(before) == []


_TARGETS = {"api": 8000, "postgres": 5432, "redis": 6379}


def test_the_whole_chain_works_in_a_misleading_environment(kiosk: ExampleCopy) -> None:
    kiosk.configure(exclude_services=["bot", "frontend", "api"], application_service="")
    misleading = {"COMPOSE_FILE": "nowhere.yml", "COMPOSE_PROJECT_NAME": "impostor"}
    before = state()
    done = kiosk.invoke("isolate", "generate", env=misleading)
    assert done.code == 0, str(done)
    assert len(kiosk.git_status()) == 2, "the settings and the new file"
    done = kiosk.invoke("cleanup", env=misleading)
    assert done.code == 0, str(done)
    assert differences(before) == []


def test_check_says_what_is_missing_and_leaves_nothing(fresh: ExampleCopy) -> None:
    before = state()
    done = fresh.invoke("check")
    assert done.code == 1, str(done)
    assert "email_logs" in done.err
    assert "uq_users_email" in done.err
    assert fresh.git_status() == []
    assert differences(before) == []


def test_doctor_finds_everything_and_starts_nothing(fresh: ExampleCopy) -> None:
    before = state()
    done = fresh.invoke("doctor")
    assert done.code == 0, str(done)
    found = ("shopline", "api-migrations", "alembic.ini", "versions", "postgres", "/health", "shopline_temp")
    assert [words for words in found if words not in done.out] == []
    assert differences(before) == []


def test_a_dry_isolate_shows_the_plan_and_changes_nothing(fresh: ExampleCopy) -> None:
    before, files = state(), fresh.tool_files()
    done = fresh.invoke("--dry", "isolate")
    assert done.code == 0, str(done)
    assert "shopline_postgres_data_temp" in done.out
    assert differences(before) == []
    assert fresh.tool_files() == files
    assert fresh.git_status() == []


@pytest.mark.parametrize("task", ["generate", "validate", "psql"])
def test_a_task_that_needs_a_copy_says_which_task_comes_first(fresh: ExampleCopy, task: str) -> None:
    done = fresh.invoke(task)
    assert done.code == 2, str(done)
    assert "invoke isolate" in done.err


def test_two_tasks_at_once_are_kept_apart(fresh: ExampleCopy) -> None:
    before = state()
    with start_task(fresh, "isolate") as first:
        assert first.stdout
        assert any("Building" in line for line in first.stdout), "isolate ended early"
        second = fresh.invoke("cleanup")
        first.kill()
    assert second.code == 2, str(second)
    assert "`invoke isolate`" in second.err
    assert str(first.pid) in second.err
    done = fresh.invoke("cleanup")
    assert done.code == 0, str(done)
    assert differences(before) == []


def test_status_says_when_nothing_stands(fresh: ExampleCopy) -> None:
    done = fresh.invoke("status")
    assert done.code == 0, str(done)
    assert "invoke isolate" in done.out
