"""A Python that has imported already what every run imports, and forks: a new process each time, without the start.

What such a process gets (folder, variables, streams, arguments, code) is its own, and it ends as any Python does. Only
what the kernel noted when the first one began, its command line and first variables, is the first one's. Where starting
itself is what a test is about, or a variable is for Python itself, a new one is started.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO

from tests.support.docker import Done

CHECKOUT = Path(__file__).resolve().parents[2]
_WIDTH = 20
# For Python 3.8 and newer: the application's Python may be another one.
_SERVER = """
import array, gc, importlib, json, os, signal, socket, sys

def receive(control):
    size = array.array("i").itemsize
    text, more, _, _ = control.recvmsg(1 << 20, socket.CMSG_SPACE(4 * size))
    files = array.array("i")
    for _, _, data in more:
        files.frombytes(data[: len(data) - len(data) % size])
    while text and not text.endswith(b"\\n"):
        text += control.recv(1 << 20)
    return (json.loads(text) if text else None), list(files)

def serve(control):
    while True:
        request, files = receive(control)
        if request is None:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            return watch(request, files)
        for each in files:
            os.close(each)

def watch(request, files):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = files.pop()
    worker = os.fork()
    if worker == 0:
        os.close(status)
        return furnish(request, files)
    for each in (*files, 0, 1, 2):
        os.close(each)
    os.write(status, b"%20d" % worker)
    os.write(status, b"%20d" % os.waitpid(worker, 0)[1])
    os._exit(0)

def furnish(request, files):
    for number, each in enumerate(files):
        os.dup2(each, number)
        os.close(each)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv[1:] = request["argv"]
    return request["code"]

control = socket.socket(fileno=int(sys.argv[1]))
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
gc.freeze()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
exec(serve(control), {"__name__": "__main__"})
"""


class Warm:
    """One Python that waits for what to do."""

    def __init__(self, python: Sequence[str], modules: Sequence[str], path: str = "") -> None:
        self._control, other = socket.socketpair()
        self._lock = threading.Lock()
        variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self._server = subprocess.Popen(
            [*python, "-c", _SERVER, str(other.fileno()), *modules],
            pass_fds=[other.fileno()],
            cwd="/",
            env={**variables, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": path},
            # Python asks its streams at the start whether they can seek; those of the forked ones are pipes.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        other.close()
        atexit.register(self._end)

    def _end(self) -> None:
        self._control.close()
        self._server.communicate()

    def start(self, code: str, arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> WarmProcess:
        """Start a process that runs code, with three pipes."""
        pipes = [os.pipe() for _ in range(4)]
        (stdin, ours), (out, stdout), (err, stderr), (status, told) = pipes
        document = {"code": code, "argv": list(arguments), "cwd": str(cwd), "env": dict(env)}
        data = json.dumps(document).encode() + b"\n"
        with self._lock:
            sent = socket.send_fds(self._control, [data], [stdin, stdout, stderr, told])
            self._control.sendall(data[sent:])
            for each in (stdin, stdout, stderr, told):
                os.close(each)
            return WarmProcess(ours, out, err, status)  # once it has said which process it is


class WarmProcess:
    """A process that was forked, with what a `subprocess.Popen` of three pipes has."""

    def __init__(self, stdin: int, stdout: int, stderr: int, status: int) -> None:
        self.stdin: IO[str] = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout: IO[str] = os.fdopen(stdout, encoding="utf-8", errors="replace")
        self.stderr: IO[str] = os.fdopen(stderr, encoding="utf-8", errors="replace")
        self.returncode: int | None = None
        self._status = status
        self.pid = int(os.read(status, _WIDTH))

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and give its exit code, or minus the signal. Raises TimeoutExpired."""
        if self.returncode is None:
            ready, _, _ = select.select([self._status], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = os.waitstatus_to_exitcode(int(os.read(self._status, _WIDTH)))
            os.close(self._status)
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code when it has ended."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it by force."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


# Not `tasks`, which looks at the folder that it is imported in.
_COMMANDS = (
    *(
        f"commands.{name}"
        for name in ("generate", "validate", "review", "isolate", "cleanup", "check", "report", "inspect")
    ),
    "autogenerate.options",
    *(f"sandbox.local.{name}" for name in ("isolate", "sandbox", "remove")),
)
_TOOL = (
    *("invoke", "rich.console", "rich.table", "rich.panel", "rich.syntax", "psycopg", "yaml"),
    *(f"migrations_tools.{name}" for name in _COMMANDS),
)
_ALEMBIC = (
    "alembic.command",
    "alembic.autogenerate",
    "sqlalchemy.orm",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
)
_MODULE = "import runpy; runpy.run_module('migrations_tools', run_name='__main__', alter_sys=True)"
_lock = threading.Lock()


@cache
def _warm(python: tuple[str, ...], modules: tuple[str, ...], path: str = "") -> Warm:
    return Warm(python, modules, path)


def start_probe(python: str, code: str, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[str] | WarmProcess:
    """Start the application's Python with Alembic imported."""
    with _lock:
        warm = _warm((python, "-u"), _ALEMBIC)
    return warm.start(code, [], cwd, env)


def run_tool(arguments: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float, code: str = _MODULE) -> Done:
    """Run the tool to its end, as `python -m migrations_tools` unless the code is another. Raises AssertionError."""
    with _lock:
        warm = _warm((sys.executable,), _TOOL, str(CHECKOUT))
    process = warm.start(code, arguments, cwd, env)
    process.stdin.close()
    words = f"migrations_tools {' '.join(arguments)}"
    with process.stdout, process.stderr, ThreadPoolExecutor(2) as pool:
        out, err = pool.submit(process.stdout.read), pool.submit(process.stderr.read)
        try:
            return Done(words, process.wait(timeout), out.result(timeout), err.result(timeout))
        except (subprocess.TimeoutExpired, TimeoutError) as late:
            process.kill()
            raise AssertionError(f"{words} took longer than {timeout} s") from late
