"""Containers are removed by name; what the engine removes by itself is waited for. The program here is a stand-in."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrations_tools.engines.compose import TempStack
from migrations_tools.engines.docker import Docker
from migrations_tools.errors import CommandFailed

JOURNAL: Any = SimpleNamespace(
    run=SimpleNamespace(temp_project="shop_temp", made=(("container", "run_temp"), ("container", "db_temp")))
)
GOING = "Error response from daemon: removal of container run_temp is already in progress"
GONE = "Error: No such container: run_temp"
FACTS = {
    "Id": "1",
    "Name": "/run_temp",
    "RestartCount": 0,
    "Mounts": [],
    "NetworkSettings": {"Ports": {}},
    "Config": {"Labels": {"com.docker.compose.service": "migrate", "com.docker.compose.oneoff": "True"}},
    "HostConfig": {"RestartPolicy": {"Name": "no"}},
    "State": {"Status": "removing", "ExitCode": 0, "StartedAt": "", "FinishedAt": ""},
}


def _stack(folder: Path, said: str, looks: int) -> TempStack:
    """Return a stack of an engine whose `rm` fails with these words, and whose container is seen so many times."""
    (folder / "facts.json").write_text(json.dumps([FACTS]))
    (folder / "said").write_text(said)
    (folder / "looks").write_text(str(looks))
    program = folder / "docker"
    program.write_text(
        "#!/bin/sh\n"
        f"cd {folder}\n"
        'echo "$@" >> asked\n'
        "case $1 in\n"
        "rm) cat said >&2; exit 1 ;;\n"
        'ps) read -r n < looks; [ "$n" -gt 0 ] && echo 1; echo $((n - 1)) > looks; exit 0 ;;\n'
        "inspect) cat facts.json ;;\n"
        "esac\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return TempStack(Docker(environment={"PATH": f"{folder}:/usr/bin:/bin"}, timeout=20), JOURNAL)


@pytest.mark.parametrize(("said", "looks"), [(GOING, 2), (GONE, 0), (f"{GOING}\n{GONE}", 1)])
def test_a_container_that_the_engine_removes_is_waited_for(said: str, looks: int, tmp_path: Path) -> None:
    _stack(tmp_path, said, looks).remove(["run_temp", "db_temp"])
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "rm --force run_temp db_temp"
    assert [line.partition(" ")[0] for line in asked].count("ps") == looks + 1


@pytest.mark.parametrize("said", ["Error response from daemon: permission denied", f"{GOING}\nError: no space", ""])
def test_any_other_failure_is_told(said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="failed with exit code 1"):
        _stack(tmp_path, said, 0).remove(["run_temp"])


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    stack = _stack(tmp_path, GOING, 10_000)
    short = TempStack(Docker(environment=stack.docker.environment, timeout=1), JOURNAL)
    with pytest.raises(CommandFailed) as caught:
        short.remove(["run_temp"])
    assert caught.value.output == GOING
