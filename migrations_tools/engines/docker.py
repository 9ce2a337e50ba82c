"""The one module that runs Docker commands.

Argument lists go to the program as they are, never through a shell. What changes something is shown and obeys
`--dry`; what only asks is neither. Both pass the guard first.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Any

from migrations_tools.engines.endpoint import Endpoint
from migrations_tools.engines.guard import Scope, check_change, check_query
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, CommandFailed

#: What may run Compose: Docker's plugin, or a program of its own.
COMPOSE_PROGRAMS = (("docker", "compose"), ("docker-compose",))
_KEPT_LINES = 40
# What a program that was ended may take to be gone, and a child of its own to let go of what it prints to.
_GOODBYE = 2.0


def _silent(line: str) -> None:
    """Show nothing."""


def _unrecorded(words: Sequence[str]) -> None:
    """Record nothing."""


@dataclass(frozen=True, slots=True)
class Docker:
    """How to reach Docker and Compose, and what to do with what is worth showing.

    `compose` is the argument list that stands for `docker compose`; `show` gets each changing command as a line,
    `progress` each line that a long command prints. `timeout` is what a command may take, in seconds, where no
    other limit is given. `record` gets every changing command before it runs. `abbreviate` is a run of arguments that
    is shown as `…`; `endpoint` is where the engine is.
    """

    compose: tuple[str, ...] = ("docker", "compose")
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    show: Callable[[str], None] = _silent
    progress: Callable[[str], None] = _silent
    record: Callable[[Sequence[str]], None] = _unrecorded
    dry: bool = False
    timeout: int = 1800
    abbreviate: tuple[str, ...] = ()
    endpoint: Endpoint = field(default_factory=Endpoint)

    def query(self, *arguments: str, limit: Limit | None = None) -> str:
        """Run a command that only asks and give what it printed.

        Raises CommandFailed with the program's own words when it fails or the limit is over.
        """
        check_query(arguments)
        result = self._run(arguments, limit=limit)
        if result.returncode:
            raise _failure(self._words(arguments), result.returncode, result.stderr or result.stdout)
        return result.stdout

    def query_json(self, *arguments: str) -> Any:
        """Run a query that prints one JSON document and give it parsed."""
        text = self.query(*arguments)
        try:
            return json.loads(text)
        except ValueError as error:
            raise CommandFailed(f"`{self._words(arguments)}` printed no JSON: {text[:200]!r}.") from error

    def query_lines(self, *arguments: str) -> list[str]:
        """Run a query that prints a line for each object and give the lines that are not empty."""
        return [line for line in self.query(*arguments).splitlines() if line.strip()]

    def query_both(self, *arguments: str) -> str:
        """Run a query whose two output streams belong together (`logs`) and give them as one text."""
        check_query(arguments)
        return self._run(arguments, stderr=subprocess.STDOUT).stdout

    def change(
        self, scope: Scope, *arguments: str, stdin: str | None = None, again: bool = False, limit: Limit | None = None
    ) -> str:
        """Run a command that changes something of this run's own and give what it printed.

        One that is tried `again` is not shown again. Raises ForbiddenCommand when the guard does not know it,
        CommandFailed when it fails or the limit is over.
        """
        check_change(arguments, scope)
        if not again:
            self._show(arguments)
        if self.dry:
            return ""
        self.record(self._program(arguments))
        result = self._run(arguments, stdin, bound=True, limit=limit)
        if result.returncode:
            raise _failure(self._words(arguments), result.returncode, result.stderr or result.stdout)
        return result.stdout

    def stream(self, scope: Scope, *arguments: str, limit: Limit | None = None) -> None:
        """Run a long changing command, handing each line that it prints to `progress` as it comes.

        Raises CommandFailed with the last lines when it fails or the limit is over.
        """
        check_change(arguments, scope)
        self._show(arguments)
        if self.dry:
            return
        self.record(self._program(arguments))
        limit = limit or self.limit
        last: deque[str] = deque(maxlen=_KEPT_LINES)
        process = self._start(arguments, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        if not self._follow(process, last, limit):
            raise CommandFailed(self._too_long(arguments, limit), output="\n".join(last))
        if process.returncode:
            raise _failure(self._words(arguments), process.returncode, "\n".join(last))

    def pipe(self, scope: Scope, *arguments: str) -> subprocess.Popen[str]:
        """Start a changing command whose standard input and output the caller talks through."""
        check_change(arguments, scope)
        self._show(arguments)
        self.record(self._program(arguments))
        return self._start(arguments, stderr=subprocess.PIPE, stdin=subprocess.PIPE)

    def turn(self, scope: Scope, arguments: Sequence[str], stdin: int, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a changing command that turns the bytes of its standard input into those that it prints."""
        check_change(arguments, scope)
        self._show(arguments)
        self.record(self._program(arguments))
        return subprocess.Popen(
            [*bound_to_us(), *self._program(arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=dict(self.environment),
        )

    def foreground(self, scope: Scope, *arguments: str) -> list[str]:
        """Return the argument list of a changing command that the user is to talk to, once it has passed the guard."""
        check_change(arguments, scope)
        self.record(self._program(arguments))
        return self._program(arguments)

    def _follow(self, process: subprocess.Popen[str], last: deque[str], limit: Limit) -> bool:
        """Read what the process prints until it ends; tell whether it did before the limit was over.

        A thread reads: a child that the process leaves behind (a builder, an ssh to the engine) can keep the pipe
        open for longer than anybody may wait.
        """
        reader = threading.Thread(target=self._read, args=(process, last), daemon=True)
        reader.start()
        try:
            process.wait(limit.left)
        except subprocess.TimeoutExpired:
            return False
        finally:
            process.kill()
            process.wait()
            reader.join(_GOODBYE)
        return True

    def _read(self, process: subprocess.Popen[str], last: deque[str]) -> None:
        for line in process.stdout or ():
            last.append(line.rstrip())
            self.progress(line.rstrip())
        if process.stdout:
            process.stdout.close()

    def _show(self, arguments: Sequence[str]) -> None:
        """Show a command; the options that every command of a stack carries are left out."""
        size = len(self.abbreviate)
        for start in range(len(arguments)):
            if size and tuple(arguments[start : start + size]) == self.abbreviate:
                head, tail = self._words(arguments[:start]), shlex.join(arguments[start + size :])
                self.show(f"{head} … {tail}")
                return
        self.show(self._words(arguments))

    def _run(
        self,
        arguments: Sequence[str],
        stdin: str | None = None,
        *,
        stderr: int = subprocess.PIPE,
        bound: bool = False,
        limit: Limit | None = None,
    ) -> subprocess.CompletedProcess[str]:
        limit = limit or self.limit
        try:
            return subprocess.run(
                [*(bound_to_us() if bound else ()), *self._program(arguments)],
                input=stdin or "",
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                errors="replace",
                env=dict(self.environment),
                timeout=limit.left,
                check=False,
            )
        except FileNotFoundError as error:
            raise CannotProceed(f"The program `{error.filename}` was not found.", tip=NO_DOCKER) from error
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(self._too_long(arguments, limit)) from error

    @property
    def limit(self) -> Limit:
        """What a command may take from now on, where no other limit is given."""
        return Limit(self.timeout, "command_timeout")

    def _too_long(self, arguments: Sequence[str], limit: Limit) -> str:
        return f"`{self._words(arguments)}` took longer than {limit.words()} and was ended."

    def _start(self, arguments: Sequence[str], *, stderr: int, stdin: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*bound_to_us(), *self._program(arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            errors="replace",
            env=dict(self.environment),
        )

    def _words(self, arguments: Sequence[str]) -> str:
        return shlex.join(self._program(arguments))

    def _program(self, arguments: Sequence[str]) -> list[str]:
        if arguments[0] == "compose":
            return [*self.compose, *arguments[1:]]
        return ["docker", *arguments]


@cache
def bound_to_us() -> tuple[str, ...]:
    """Return the words that make a child end when this process is killed, where the machine has them (util-linux).

    Without them a Compose command goes on alone for a while after a `kill -9`, and `cleanup` looks until it is
    quiet.
    """
    program = shutil.which("setpriv") if sys.platform == "linux" else None
    if not program:
        return ()
    words = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
    return (program, "--pdeathsig", "TERM", "--") if "--pdeathsig" in words else ()


NO_DOCKER = "Install Docker with Compose 2.24.4 or newer, or start its engine; `invoke doctor` says what it finds."


def _failure(words: str, code: int, output: str) -> CommandFailed:
    return CommandFailed(f"`{words}` failed with exit code {code}.", output=output.strip())
