"""A run's processes are known by their mark: they and their children are found and ended, nobody else's."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrations_tools.engines import process
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed

Start = Callable[..., "subprocess.Popen[bytes]"]

_SLEEP = "import time; print('up', flush=True); time.sleep(60)"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEP}"
_PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_SLEEP!r}]); {_SLEEP}"


@pytest.fixture
def run() -> str:
    return secrets.token_hex(8)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Yield a function that starts a run's Python (or none's) and waits until it and its child say that they run."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(code: str, mark: str | None, ups: int = 1) -> subprocess.Popen[bytes]:
        path = tmp_path / f"log-{len(started)}"
        environment = {**os.environ, **({process.MARK: mark} if mark is not None else {})}
        with path.open("wb") as log:
            started.append(process.start_detached([sys.executable, "-c", code], tmp_path, environment, log))
        _wait_for(lambda: path.read_bytes().count(b"up") == ups)
        return started[-1]

    yield begin
    for one in started:
        one.kill()
        one.wait()


def test_a_process_that_carries_the_mark_is_found(start: Start, run: str) -> None:
    assert process.marked(run) == []
    one, two = start(_SLEEP, run), start(_SLEEP, run)
    assert process.marked(run) == sorted([one.pid, two.pid])


def test_ending_a_run_ends_its_processes_and_says_how_many(start: Start, run: str) -> None:
    one, two = start(_SLEEP, run), start(_SLEEP, run)
    assert process.end_marked(run) == 2
    assert (one.wait(5), two.wait(5)) == (-15, -15)
    assert process.marked(run) == []


def test_a_child_inherits_the_mark_and_ends_too(start: Start, run: str) -> None:
    parent = start(_PARENT, run, ups=2)
    assert parent.pid in process.marked(run)
    assert len(process.marked(run)) == 2
    assert process.end_marked(run) == 2
    assert process.marked(run) == []


def test_a_child_whose_parent_has_ended_is_ended_all_the_same(start: Start, run: str) -> None:
    parent = start(_PARENT, run, ups=2)
    parent.kill()
    parent.wait()
    orphans = process.marked(run)
    assert len(orphans) == 1
    assert process.end_marked(run) == 1
    assert process.marked(run) == []


def test_processes_of_another_run_and_of_none_are_left_alone(start: Start, run: str) -> None:
    other = secrets.token_hex(8)
    ours = start(_SLEEP, run)
    strangers = [start(_SLEEP, mark) for mark in (other, f"{run}0", run[:-1], None)]
    assert process.end_marked(run) == 1
    assert ours.wait(5) == -15
    assert [stranger.poll() for stranger in strangers] == [None] * 4
    assert process.marked(other) == [strangers[0].pid]


def test_a_mark_in_an_argument_is_no_mark(start: Start, run: str) -> None:
    stranger = start(f"{_SLEEP}  # {process.MARK}={run}", None)
    assert process.marked(run) == []
    assert process.end_marked(run) == 0
    assert stranger.poll() is None


def test_ending_a_run_twice_does_nothing_the_second_time(start: Start, run: str) -> None:
    start(_SLEEP, run)
    assert [process.end_marked(run), process.end_marked(run)] == [1, 0]


def test_a_process_that_refuses_to_end_is_killed(start: Start, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = start(_STUBBORN, run)
    assert process.end_marked(run, Limit(0.3, "stop_timeout")) == 1
    assert stubborn.wait(5) == -9


def test_a_program_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, pytest.raises(CannotProceed, match="`no-such-program --port 1` cannot"):
        process.start_detached(["no-such-program", "--port", "1"], tmp_path, {}, log)


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
