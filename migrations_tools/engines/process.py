"""Processes on this machine that a run starts: a Python to talk to, and the application.

Each carries the run's mark in its environment, which what it starts inherits. So they are found again after any
crash, and no other process is ever mistaken for one of them, whatever its id.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from migrations_tools.engines.docker import bound_to_us
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed

MARK = "MIGRATIONS_TOOLS_RUN"
_PROC = Path("/proc")
_USUAL_LIMIT = Limit(5, "stop_timeout")
_PS_SECONDS = 10.0


def start_python(
    command: Sequence[str], code: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a Python that runs code and whose standard streams are the caller's; it ends when this process does.

    It leads a group of its own, so that what it starts can be ended with it.
    Raises CannotProceed when there is no such program.
    """
    try:
        return subprocess.Popen(
            [*bound_to_us(), *command, "-u", "-c", code],
            cwd=folder,
            env=dict(environment),
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotProceed(f"The interpreter `{' '.join(command)}` cannot be started: {error}.") from error


def start_detached(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program that outlives this process, its output in a log.

    Raises CannotProceed when there is no such program.
    """
    try:
        return subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotProceed(f"`{' '.join(command)}` cannot be started: {error}.") from error


def marked(value: str) -> list[int]:
    """Return the processes whose environment carries a run's mark (proc(5), /proc/pid/environ; elsewhere `ps`)."""
    if not (_PROC / "self" / "environ").exists():
        return _marked_by_ps(value)
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return sorted(pid for pid in pids if f"{MARK}={value}" in _environment_of(pid))


def end_marked(value: str, limit: Limit = _USUAL_LIMIT) -> int:
    """End the processes of a run, first politely; return how many there were.

    Each way is given the limit's seconds. Raises CannotProceed when one does not end, not even by force.
    """
    count = len(marked(value))
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + limit.seconds
        for pid in marked(value):
            _signal(pid, number)
        while marked(value) and time.monotonic() < end:
            time.sleep(0.02)
    left = marked(value)
    if left:
        raise CannotProceed(
            f"These processes of the run have not ended {limit.words()} after they were ended by force:"
            f" {', '.join(map(str, left))}.",
            tip="One that waits for a disk that does not answer cannot be ended; run `invoke cleanup` again later.",
        )
    return count


def _environment_of(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []  # it ended meanwhile, or is another user's


def _marked_by_ps(value: str) -> list[int]:
    command = ["ps", "-axwwE", "-o", "pid=,command="]
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_PS_SECONDS).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotProceed(f"The processes of this machine cannot be listed: {error}.") from error
    pairs = (line.strip().partition(" ") for line in lines.splitlines())
    return [int(pid) for pid, _, words in pairs if f"{MARK}={value}" in words.split()]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended between the look and the signal
