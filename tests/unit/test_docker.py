"""How Docker is called: which Compose program, which arguments, what is shown. The programs here are stand-ins."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrations_tools.engines import probe_docker
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.guard import Scope
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.probe_docker import find_compose, unreachable
from migrations_tools.errors import CannotProceed, CommandFailed, ForbiddenCommand

OPTIONS = ("--project-directory", "/p", "--file", "/p/a.yml")
DOWN = ("compose", "--project-name", "shop_temp", "down", "--remove-orphans", "--timeout", "0")
SCOPE = Scope("shop_temp", OPTIONS, frozenset({("volume", "shop_data_temp"), ("container", "db_temp")}))


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _soon(seconds: float = 20) -> Limit:
    return Limit(seconds, "answer_timeout")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return an environment in which only this folder's programs are found."""
    monkeypatch.setattr(probe_docker, "OF_THE_WHEEL", str(tmp_path / "wheel" / "docker-compose"))
    return {"PATH": str(tmp_path)}


def test_the_plugin_comes_first(tmp_path: Path, programs: dict[str, str]) -> None:
    _program(tmp_path, "docker", 'echo "v2.26.1"')
    _program(tmp_path, "docker-compose", 'echo "2.40.0"')
    assert find_compose(programs, _soon()) == ("docker", "compose")


def test_a_standalone_program_of_version_2_serves_where_there_is_no_plugin(
    tmp_path: Path, programs: dict[str, str]
) -> None:
    _program(tmp_path, "docker", "echo \"docker: 'compose' is not a docker command.\" >&2; exit 1")
    _program(tmp_path, "docker-compose", 'echo "2.40.0"')
    assert find_compose(programs, _soon()) == ("docker-compose",)


def test_what_is_asked_of_programs_passes_the_guard(programs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    _program(Path(programs["PATH"]), "docker", "echo Docker Compose version v2.26.1")
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr("migrations_tools.engines.docker.check_query", lambda words: asked.append(tuple(words)))
    find_compose(programs, _soon())
    assert unreachable(programs, _soon()) == ""
    assert asked == [("compose", "version"), ("version", "--format", "{{.Server.Version}}")]


TOO_OLD = ", which does not obey `!override`: a copy would keep the original's ports"
VERSION_1 = "docker-compose version 1.29.2, build unknown\\ndocker-py version: 5.0.3"


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        pytest.param(VERSION_1, f"version 1.29.2{TOO_OLD}", id="version 1"),
        pytest.param("Docker Compose version v2.24.3", f"version 2.24.3{TOO_OLD}", id="the last before !override"),
        pytest.param(
            "podman-compose version 1.6.0\\npodman version 5.0.0",
            "podman-compose 1.6.0, which does not give the resolved configuration as JSON",
            id="podman-compose",
        ),
        pytest.param(
            "nerdctl Compose version v2.0.3",
            "nerdctl 2.0.3, which does not give the resolved configuration as JSON",
            id="nerdctl",
        ),
    ],
)
@pytest.mark.parametrize(("name", "words"), [("docker", "docker compose"), ("docker-compose", "docker-compose")])
def test_a_program_that_cannot_serve_is_refused_with_the_reason(
    tmp_path: Path, programs: dict[str, str], name: str, words: str, about: str, reason: str
) -> None:
    _program(tmp_path, name, f'printf "{about}\\n"')
    with pytest.raises(CannotProceed) as caught:
        find_compose(programs, _soon())
    assert caught.value.reasons == (f"`{words}` is {reason}.",)
    assert "Compose plugin, 2.24.4 or newer" in caught.value.tip


def test_every_program_that_cannot_serve_is_named_at_once(tmp_path: Path, programs: dict[str, str]) -> None:
    _program(tmp_path, "docker", "echo podman-compose version 1.6.0")
    _program(tmp_path, "docker-compose", f'printf "{VERSION_1}\\n"')
    with pytest.raises(CannotProceed) as caught:
        find_compose(programs, _soon())
    assert [reason.split()[0] for reason in caught.value.reasons] == ["`docker", "`docker-compose`"]


def test_a_program_that_cannot_serve_does_not_hide_one_that_can(tmp_path: Path, programs: dict[str, str]) -> None:
    _program(tmp_path, "docker", "echo podman-compose version 1.6.0")
    _program(tmp_path, "docker-compose", "echo Docker Compose version 2.26.1-4")
    assert find_compose(programs, _soon()) == ("docker-compose",)


def test_no_compose_at_all_is_an_error_that_says_what_to_install(programs: dict[str, str]) -> None:
    with pytest.raises(CannotProceed) as caught:
        find_compose(programs, _soon())
    assert caught.value.reasons == ("There is no Compose program: neither `docker compose` nor `docker-compose`.",)
    assert "Compose plugin, 2.24.4 or newer" in caught.value.tip
    assert "pip install 'migrations-tools[compose]'" in caught.value.tip


def test_the_wheels_program_serves_where_there_is_no_other(tmp_path: Path, programs: dict[str, str]) -> None:
    (tmp_path / "wheel").mkdir()
    _program(tmp_path / "wheel", "docker-compose", 'echo "Docker Compose version v5.6.1"')
    assert find_compose(programs, _soon()) == (str(tmp_path / "wheel" / "docker-compose"),)


def _docker(tmp_path: Path, shown: list[str], **more: object) -> Docker:
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    return Docker(environment=environment, show=shown.append, **more)  # type: ignore[arg-type]


def test_arguments_arrive_as_they_are_and_changes_are_shown(tmp_path: Path) -> None:
    _program(tmp_path, "docker", f'printf "%s\\n" "$@" > {tmp_path}/arguments')
    shown: list[str] = []
    _docker(tmp_path, shown).change(SCOPE, "exec", "--interactive", "--", "db_temp", "sh", "-c", "echo 'a b'; $(id)")
    lines = (tmp_path / "arguments").read_text().splitlines()
    assert lines == ["exec", "--interactive", "--", "db_temp", "sh", "-c", "echo 'a b'; $(id)"]
    assert shown == ["""docker exec --interactive -- db_temp sh -c 'echo '"'"'a b'"'"'; $(id)'"""]


def test_a_standalone_compose_gets_its_arguments_without_the_word_compose(tmp_path: Path) -> None:
    _program(tmp_path, "docker-compose", f'printf "%s\\n" "$@" > {tmp_path}/arguments; echo built')
    shown: list[str] = []
    printed: list[str] = []
    docker = _docker(tmp_path, shown, compose=("docker-compose",), progress=printed.append, abbreviate=OPTIONS)
    docker.stream(SCOPE, "compose", "--project-name", "shop_temp", *OPTIONS, "build", "--", "api")
    assert (tmp_path / "arguments").read_text().split() == [
        "--project-name",
        "shop_temp",
        *OPTIONS,
        "build",
        "--",
        "api",
    ]
    assert shown == ["docker-compose --project-name shop_temp … build -- api"]
    assert printed == ["built"]


def test_a_dry_run_shows_changes_and_makes_none_but_asks_all_the_same(tmp_path: Path) -> None:
    _program(tmp_path, "docker", f"echo asked; touch {tmp_path}/$1")
    shown: list[str] = []
    docker = _docker(tmp_path, shown, dry=True)
    docker.change(SCOPE, "volume", "rm", "shop_data_temp")
    docker.stream(SCOPE, *DOWN)
    assert docker.query("ps") == "asked\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docker", "ps"]
    assert len(shown) == 2


def test_what_the_guard_does_not_know_never_reaches_the_program(tmp_path: Path) -> None:
    _program(tmp_path, "docker", f"touch {tmp_path}/ran")
    shown: list[str] = []
    docker = _docker(tmp_path, shown)
    for call in (docker.change, docker.stream, docker.pipe, docker.foreground):
        with pytest.raises(ForbiddenCommand):
            call(SCOPE, "volume", "rm", "shop_data")
    with pytest.raises(ForbiddenCommand):
        docker.query("volume", "rm", "shop_data")
    assert not (tmp_path / "ran").exists()
    assert shown == []


def test_a_failure_keeps_the_programs_last_words(tmp_path: Path) -> None:
    _program(tmp_path, "docker", "for i in $(seq 100); do echo line $i; done; exit 3")
    docker = _docker(tmp_path, [])
    with pytest.raises(CommandFailed) as caught:
        docker.stream(SCOPE, *DOWN)
    assert caught.value.output.splitlines() == [f"line {number}" for number in range(61, 101)]
    assert caught.value.reasons[0].endswith("failed with exit code 3.")


def test_a_command_that_hangs_is_ended_and_the_setting_is_named(tmp_path: Path) -> None:
    _program(tmp_path, "docker", "echo begun; exec sleep 60")
    docker = _docker(tmp_path, [], timeout=1)
    late = r"took longer than 1 seconds \(the setting `command_timeout`\) and was ended"
    with pytest.raises(CommandFailed, match=late) as caught:
        docker.stream(SCOPE, *DOWN)
    assert caught.value.output == "begun"
    docker, late = _docker(tmp_path, [], timeout=0.2), late.replace("than 1", "than 0.2")
    with pytest.raises(CommandFailed, match=late):
        docker.change(SCOPE, "volume", "rm", "shop_data_temp")
    with pytest.raises(CommandFailed, match=late):
        docker.query("ps")
    with pytest.raises(CommandFailed, match=late):
        docker.query_both("logs", "db_temp")


def test_a_limit_of_its_own_is_shared_by_the_commands_of_a_phase(tmp_path: Path) -> None:
    _program(tmp_path, "docker", "exec sleep 60")
    docker, limit = _docker(tmp_path, []), Limit(0.5, "start_timeout")
    begun = time.monotonic()
    for call in (docker.change, docker.stream):
        with pytest.raises(CommandFailed, match="the setting `start_timeout`"):
            call(SCOPE, *DOWN, limit=limit)
    assert time.monotonic() - begun < 3


def test_bytes_are_turned_by_a_command_of_the_runs_own_alone(tmp_path: Path) -> None:
    _program(tmp_path, "docker", 'echo "$@" >&2; exec /bin/cat')
    shown: list[str] = []
    docker = Docker(environment={"PATH": str(tmp_path)}, show=shown.append)
    with (tmp_path / "said").open("w+b") as errors:
        with pytest.raises(ForbiddenCommand):
            docker.turn(SCOPE, ["exec", "--interactive", "--", "db", "cat"], subprocess.PIPE, errors)
        process = docker.turn(SCOPE, ["exec", "--interactive", "--", "db_temp", "cat"], subprocess.PIPE, errors)
        assert process.communicate(b"\xff\x00\r\n") == (b"\xff\x00\r\n", None)
        errors.seek(0)
        assert errors.read() == b"exec --interactive -- db_temp cat\n"
    assert shown == ["docker exec --interactive -- db_temp cat"]


def test_a_child_that_keeps_the_pipe_open_keeps_nobody_waiting(tmp_path: Path) -> None:
    _program(tmp_path, "docker", "echo begun; sleep 60 & echo $! > $(dirname $0)/pid; wait")
    docker = _docker(tmp_path, [], timeout=1)
    begun = time.monotonic()
    try:
        with pytest.raises(CommandFailed, match="took longer than 1 seconds") as caught:
            docker.stream(SCOPE, *DOWN)
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert time.monotonic() - begun < 10
    assert caught.value.output == "begun"


def test_programs_that_do_not_say_their_version_are_not_waited_for(tmp_path: Path, programs: dict[str, str]) -> None:
    _program(tmp_path, "docker", "exec /bin/sleep 60")
    with pytest.raises(CannotProceed) as caught:
        find_compose(programs, _soon(0.2))
    late = "did not answer within 0.2 seconds (the setting `answer_timeout`)"
    assert caught.value.reasons == (f"`docker compose version` {late}.",)
    assert unreachable(programs, _soon(0.2)) == f"the Docker engine {late}"


def test_a_child_ends_with_a_tool_that_was_killed(tmp_path: Path) -> None:
    _program(tmp_path, "docker", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    code = (
        "import os, sys; sys.path[:0] = sys.argv[2].split(os.pathsep)\n"
        "from migrations_tools.engines.docker import Docker, bound_to_us\n"
        "from tests.unit.test_docker import SCOPE\n"
        "print(bool(bound_to_us()), flush=True)\n"
        "Docker(environment={'PATH': sys.argv[1] + os.pathsep + os.environ['PATH']})"
        ".change(SCOPE, 'volume', 'rm', 'shop_data_temp')"
    )
    root = str(Path(__file__).parents[2])
    tool = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), root], stdout=subprocess.PIPE, text=True)
    with tool:
        assert tool.stdout
        if tool.stdout.readline().strip() != "True":
            tool.kill()
            pytest.skip("this machine has no setpriv with --pdeathsig")
        pid = _appears(tmp_path / "pid")
        tool.kill()
    assert _is_gone(pid)


def _appears(path: Path) -> int:
    for _ in range(100):
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        _pause()
    raise AssertionError(f"{path} did not appear")


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z"):
            return True
        _pause()
    return False


def _pause() -> None:
    time.sleep(0.05)
