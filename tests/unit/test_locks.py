"""The lock, with real processes: one holder at a time, however they come, go and die; and what the others are told."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrations_tools import process_lock
from migrations_tools.errors import CannotProceed
from migrations_tools.journal import Journal

_PROCESSES = 4
_SECONDS = 1.5
# Takes and lets go of the lock as fast as it can; who finds somebody inside counts it.
_CONTENDER = """
    import os, sys, time
    from pathlib import Path
    from migrations_tools.errors import CannotProceed
    from migrations_tools.journal import Journal
    root, end = Path(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    journal, held, met = Journal(root, "_temp"), 0, 0
    while time.monotonic() < end:
        try:
            with journal.lock("contend"):
                held += 1
                try:
                    os.close(os.open(root / "inside", os.O_CREAT | os.O_EXCL))
                    os.unlink(root / "inside")
                except FileExistsError:
                    met += 1
        except CannotProceed as error:
            assert "is at work on this project" in error.reasons[0], error
    print(held, met)
"""
_HOLDER = """
    import sys
    from pathlib import Path
    from migrations_tools.journal import Journal
    with Journal(Path(sys.argv[1]), "_temp").lock("isolate"):
        print("held", flush=True)
        sys.stdin.readline()
"""


def _start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@contextmanager
def _holding(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that holds the project's lock; it is killed at the end."""
    with _start(_HOLDER, root) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def _refused(root: Path, task: str = "generate") -> CannotProceed:
    with pytest.raises(CannotProceed) as caught, Journal(root, "_temp").lock(task):
        pytest.fail("two hold the project")
    return caught.value


def _lock_of(root: Path) -> Path:
    path = Journal(root, "_temp").lock_path
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_no_two_processes_hold_it_however_fast_they_take_it_and_let_go(tmp_path: Path) -> None:
    contenders = [_start(_CONTENDER, tmp_path, _SECONDS) for _ in range(_PROCESSES)]
    answers = [contender.communicate()[0].split() for contender in contenders]
    assert [contender.returncode for contender in contenders] == [0] * _PROCESSES
    held, met = (sum(int(answer[place]) for answer in answers) for place in (0, 1))
    assert held > 10 * _PROCESSES
    assert met == 0
    assert list(_lock_of(tmp_path).parent.iterdir()) == []


def test_the_second_is_told_who_holds_it_since_when_and_what_to_do(tmp_path: Path) -> None:
    with _holding(tmp_path) as holder:
        refused = _refused(tmp_path)
        today = time.strftime("%Y-%m-%d")
        said = rf"`invoke isolate` \(process {holder.pid}, since {today} \d\d:\d\d:\d\d\) is at work on this project\."
        assert re.fullmatch(said, refused.reasons[0]), refused
        assert f"kill {holder.pid}" in refused.tip
        assert "invoke cleanup" in refused.tip


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with _holding(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert _lock_of(tmp_path).exists(), "the kill left no record, so that this proves nothing"
    with Journal(tmp_path, "_temp").lock("generate"):
        assert json.loads(_lock_of(tmp_path).read_text())["task"] == "generate"
    assert not _lock_of(tmp_path).exists()


def test_the_record_of_a_dead_holder_whose_number_another_process_has_by_now_keeps_nobody_out(tmp_path: Path) -> None:
    record = {"task": "isolate", "pid": os.getppid(), "host": socket.gethostname(), "since": 1.5}
    _lock_of(tmp_path).write_text(json.dumps(record))
    with Journal(tmp_path, "_temp").lock("generate"):
        pass


def test_a_record_from_another_machine_is_not_taken_over_but_explained(tmp_path: Path) -> None:
    path = _lock_of(tmp_path)
    record = {"task": "isolate", "pid": 4711, "host": "the-other-one", "since": 1.5}
    path.write_text(json.dumps(record))
    refused = _refused(tmp_path)
    assert "`invoke isolate` (process 4711 on the-other-one, since 1970-01-0" in refused.reasons[0]
    assert f"remove {path}" in refused.tip
    assert json.loads(path.read_text()) == record
    path.unlink()
    with Journal(tmp_path, "_temp").lock("generate"):
        pass


@pytest.mark.parametrize(
    "elsewhere", [{"host": "the-other-one"}, {"numbers": "pid:[1]"}], ids=["a machine", "a container"]
)
def test_a_living_holder_elsewhere_is_named_and_nobody_is_told_to_kill_a_process_here(
    tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    with _holding(tmp_path) as holder:
        path = _lock_of(tmp_path)
        record = {**json.loads(path.read_text()), **elsewhere}
        path.write_text(json.dumps(record))
        refused = _refused(tmp_path)
        assert f"`invoke isolate` (process {holder.pid} on {record['host']}, since 2" in refused.reasons[0]
        assert f"kill {holder.pid} there, not here: this is {socket.gethostname()}" in refused.tip
        assert "a process that died holds nothing" in refused.tip


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"pid": "x", "since": 1, "task": "a"}', '{"pid": 1}', "\udcff", "{" * 9],
    ids=["empty", "torn", "a list", "no number", "no time", "no text", "noise"],
)
def test_a_record_that_cannot_be_read_neither_hinders_nor_misleads(tmp_path: Path, content: str) -> None:
    path = _lock_of(tmp_path)
    path.write_bytes(os.fsencode(content))
    with Journal(tmp_path, "_temp").lock("generate"):
        path.write_bytes(os.fsencode(content))
        assert _from_another_process(tmp_path) == ["Another task is at work on this project."]
    assert not path.exists()


def _from_another_process(root: Path) -> list[str]:
    code = """
        import sys
        from pathlib import Path
        from migrations_tools.errors import CannotProceed
        from migrations_tools.journal import Journal
        try:
            with Journal(Path(sys.argv[1]), "_temp").lock("validate"):
                print("held")
        except CannotProceed as error:
            print(*error.reasons, sep="\\n")
    """
    return _start(code, root).communicate()[0].splitlines()


def test_who_lets_go_removes_no_lock_but_his_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    with journal.lock("isolate"):
        # Somebody clears the tool's folder away in the middle of a task, and another task begins.
        shutil.rmtree(journal.folder)
        with _holding(tmp_path):
            assert journal.lock_path.exists()
            before = journal.lock_path.stat().st_ino
            assert _refused(tmp_path)
            assert journal.lock_path.stat().st_ino == before
    assert journal.lock_path.exists()


@pytest.mark.parametrize("what", ["link", "folder"])
def test_what_is_no_file_of_ours_is_not_locked(tmp_path: Path, what: str) -> None:
    path, victim = _lock_of(tmp_path), tmp_path / "victim"
    victim.write_text("kept")
    path.symlink_to(victim) if what == "link" else path.mkdir()
    assert "cannot be taken" in _refused(tmp_path).reasons[0]
    assert victim.read_text() == "kept"


def test_looking_says_who_is_at_work_and_takes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    assert journal.at_work() == ""
    with _holding(tmp_path) as holder:
        assert journal.at_work().startswith(f"`invoke isolate` (process {holder.pid}, since ")
    assert journal.at_work() == "", "a dead holder is at work on nothing"
    with journal.lock("generate"):
        assert journal.at_work() == "", "a task is told of others, not of itself"


def test_more_can_be_noted_for_others_to_read(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from migrations_tools import process_lock
        print(process_lock.holder(Path(sys.argv[1])).get("ports"))
    """
    with process_lock.held(tmp_path / "lock", "isolate", "a copy", folder="/a") as lock:
        lock.note(ports=[1, 2])
        assert _start(code, tmp_path / "lock").communicate()[0] == "[1, 2]\n"
