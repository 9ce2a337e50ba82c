"""The server's processes: which they are, beyond doubt, and how they are ended.

A pid alone proves nothing, since the system gives it to somebody else later. A process is the server's when it runs
the very program, on the very data folder, under the cluster's random name; a recorded one must have started at the
recorded moment as well.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from migrations_tools.engines.cluster.state import ClusterState
from migrations_tools.errors import CannotProceed, CommandFailed

LAUNCHER = "/bin/sh"
GENTLY = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
AT_ONCE = GENTLY[1:]
_PROC = Path("/proc")
_PS_SECONDS = 10
_START_TIME_FIELD = 19


@dataclass(frozen=True, slots=True)
class Process:
    """A process that lives (no zombie), the moment it started, and its command line in one piece."""

    pid: int
    started: str
    command: str


def look(pid: int) -> Process | None:
    """Return a process by its pid; None when it is gone, or dead and not yet buried."""
    return next(iter(_look([pid])), None) if pid > 0 else None


def _look(pids: Sequence[int]) -> Iterator[Process]:
    return _in_proc(pids) if (_PROC / "self" / "stat").exists() else _from_ps(pids)


def _in_proc(pids: Iterable[int]) -> Iterator[Process]:
    boot = _boot()
    for pid in pids or (int(path.name) for path in _PROC.iterdir() if path.name.isdigit()):
        with suppress(OSError, IndexError):
            # proc(5): the program's name stands in parentheses and may hold anything; the fields follow the last one.
            fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
            command = (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if fields[0] not in "ZX":
                yield Process(pid, f"{boot}:{fields[_START_TIME_FIELD]}", command.strip())


def _boot() -> str:
    """Return what names this run of the machine: start times count from it."""
    with suppress(OSError):
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _from_ps(pids: Sequence[int]) -> Iterator[Process]:
    which = ["-p", ",".join(str(pid) for pid in pids)] if pids else ["-ax"]
    command = ["ps", "-ww", *which, "-o", "pid=,stat=,lstart=,command="]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False, timeout=_PS_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotProceed(f"The processes of this machine cannot be listed: {error}.") from error
    for line in done.stdout.splitlines():
        # lstart is five words: Mon Nov 23 03:26:33 2026.
        words = line.split(None, 7)
        if len(words) == 8 and not words[1].startswith("Z"):
            yield Process(int(words[0]), " ".join(words[2:7]), words[7].strip())


def is_server(process: Process | None, state: ClusterState) -> bool:
    """Return whether a process is the cluster's server (or on its way there): program, data folder and name."""
    if process is None:
        return False
    command = f"{process.command} "
    program = f"{state.binaries}/postgres "
    starts = command.startswith(program) or (command.startswith(f"{LAUNCHER} -c ") and program in command)
    return starts and f" -D {state.data} " in command and f" cluster_name={state.cluster_name} " in command


def recorded(state: ClusterState) -> Process | None:
    """Return the process that the state names, if it still is that one; None otherwise."""
    process = look(state.pid)
    same = process is not None and process.started == state.pid_started and is_server(process, state)
    return process if same else None


def is_alive(state: ClusterState) -> bool:
    """Return whether the process that was just started still lives, whatever its command line says by now."""
    process = look(state.pid)
    return process is not None and process.started == state.pid_started


def of_cluster(state: ClusterState) -> list[Process]:
    """Return every process of the cluster: the server first, then those whose title shows the cluster's name.

    Finds what no journal recorded, because the tool was killed right after the start, and what outlived a killed
    server. PostgreSQL puts `cluster_name` into the title of each of its processes (its manual, 20.8.2).
    """
    everything = list(_look(()))
    servers = [process for process in everything if is_server(process, state)]
    title = f"postgres: {state.cluster_name}: "
    return servers + [process for process in everything if process.command.startswith(title)]


def end(state: ClusterState, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """End the cluster's processes and no others, each signal given time to work before the next.

    Works when they are gone already. Raises CannotProceed when they belong to somebody who may not be signalled,
    CommandFailed when one does not end.
    """
    for number, seconds in signals:
        processes = of_cluster(state)
        if not processes:
            return
        # The server ends its own; only without it are the others signalled themselves.
        servers = [process for process in processes if is_server(process, state)]
        for process in servers or processes:
            _signal(process, number)
        _wait(processes, seconds)
    if left := of_cluster(state):
        pids = ", ".join(str(process.pid) for process in left)
        raise CommandFailed(f"The embedded PostgreSQL (process {pids}) does not end.", f"Its folder is {state.folder}.")


def _signal(process: Process, number: signal.Signals) -> None:
    now = look(process.pid)
    if now is None or now.started != process.started:
        return
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise CannotProceed(
            f"The embedded PostgreSQL (process {process.pid}) belongs to another account.",
            "Run the command as the user who started it.",
        ) from error


def _wait(processes: Sequence[Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        while (now := look(process.pid)) is not None and now.started == process.started:
            if time.monotonic() > deadline:
                return
            time.sleep(0.003)
