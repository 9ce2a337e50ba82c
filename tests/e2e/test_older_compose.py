"""The whole job with a Compose that ignores `!override`, as all before 2.24.4 do: one whole file, private, deleted."""

from __future__ import annotations

import stat

import pytest

from tests.e2e.example_copy import ExampleCopy, differences, state
from tests.support import docker
from tests.support.older import make_older

pytestmark = pytest.mark.docker


def test_a_compose_that_ignores_the_tag_does_the_whole_job_from_one_whole_file(kiosk: ExampleCopy) -> None:
    kiosk.configure(exclude_services=["bot", "frontend"])
    older = make_older(kiosk.folder / "older" / "docker", [str(kiosk.folder / "bin" / "docker")])
    environment = {"PATH": f"{older.parent}:{kiosk.environment()['PATH']}"}
    whole = kiosk.tool_folder / "temp" / "whole.yaml"
    before = state()
    done = kiosk.invoke("isolate", "generate", "validate", env=environment, timeout=240)
    assert done.code == 0, str(done)
    assert f"does not obey `!override`, so that the copy is one whole file: {whole}" in done.out
    assert "✘" not in done.out
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600
    containers = kiosk.temp_containers()
    origins = {item["Config"]["Labels"]["com.docker.compose.project.config_files"] for item in containers.values()}
    assert origins == {str(whole)}
    ports = {service: docker.host_port(containers[service], port) for service, port in _TARGETS.items()}
    assert ports == {service: kiosk.ports[service] + 1 for service in _TARGETS}
    (new,) = [line for line in kiosk.git_status() if line.startswith("??")]
    assert new.endswith("_add_email_logs.py")
    done = kiosk.invoke("cleanup", env=environment)
    assert done.code == 0, str(done)
    assert kiosk.tool_files() == [".gitignore", "temp/last-run.json"]
    assert differences(before) == []


_TARGETS = {"api": 8000, "postgres": 5432, "redis": 6379}
