"""The tool's side of the conversation with the probe."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any

from migrations_tools.errors import CannotProceed, MigrationsToolsError, WrongDatabase
from migrations_tools.inapp.advice import NO_ADVICE, Advice
from migrations_tools.inapp.bundle import handover
from migrations_tools.inapp.probe.channel import MARK
from migrations_tools.progress import Counted, silent
from migrations_tools.secrets import masked

# Installed packages, Python's own modules, and code without a file: the probe, the bootstrap, importlib.
_NOT_THE_APPLICATIONS = ("site-packages", "dist-packages", "/lib/python", 'File "<', "/migrations_tools_probe/")
Asked = Callable[[str, Any], Mapping[str, Any]]
_NO_MODULE = re.compile(r"No module named '(?P<name>[^']+)'")
_PATIENCE = 1800.0
# Lines of what the program prints: kept, shown where it ended by itself, and where it ended before Alembic.
_KEPT, _SHOWN, _LAST = 2000, 60, 12
# How often it is looked whether an answer is late: seconds, or so many times within the limit.
_LOOK, _LOOKS = 1.0, 20
# What a probe that is asked to go gets, and one that gave no answer: longer than a bridge gives its program.
_GOODBYE, _SHORT_GOODBYE = 20.0, 5.0


class ProbeError(MigrationsToolsError):
    """Alembic, env.py, a model, a migration or the database raised inside the application's Python."""

    def __init__(self, error: Mapping[str, Any], doing: str, advice: Advice = NO_ADVICE) -> None:
        self.type = str(error["type"])
        self.message = masked(str(error["message"]))
        self.revision = str(error.get("revision") or "")
        self.revision_file = str(error.get("revision_file") or "")
        self.traceback = masked(str(error.get("traceback", "")))
        super().__init__(_sentences(error, doing), tip=advice.on(error))


@dataclass(frozen=True, slots=True)
class Target:
    """What every request carries: where the configuration is (and which section), and the token that must be seen.

    `databases` sends connections to scratch databases: by the name of the database that they are for, or all of them
    with the name "".
    """

    config: Sequence[str]
    token: str
    databases: Mapping[str, str] = field(default_factory=dict)
    section: str = ""
    #: Modules that are imported beside those that env.py imports, and whose models count as env.py's.
    imports: Sequence[str] = ()

    def request(self, do: str, **more: Any) -> dict[str, Any]:
        """Return a request as plain values."""
        return {
            "do": do,
            "config": list(self.config),
            "section": self.section,
            "token": self.token,
            "databases": dict(self.databases),
            "imports": list(self.imports),
            **more,
        }


@dataclass(frozen=True, slots=True)
class Program:
    """A command of the project's own that the probe is to come in with: taken over where it enters Alembic, or watched.

    `folder` is where the command's helpers are put for as long as it runs; empty means the usual temporary one.
    """

    command: Sequence[str]
    token: str
    take_over: bool
    databases: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    #: The names of the revision files: the history that is meant, where the program has several.
    files: Sequence[str] = ()
    #: Variables over those of the place where it runs; None takes one away.
    variables: Mapping[str, str | None] = field(default_factory=dict, repr=False)

    def wishes(self) -> dict[str, Any]:
        """Return what the bridge wants to know, as plain values."""
        return {
            "command": list(self.command),
            "token": self.token,
            "take_over": self.take_over,
            "databases": dict(self.databases),
            "folder": self.folder or None,
            "files": list(self.files),
            "variables": dict(self.variables),
        }


class Probe:
    """A probe that runs somewhere, reached through a process's standard input and output.

    Use it as a context manager: leaving it closes the channel, which ends the probe. It is ended, too, when one answer
    takes longer than `patience` seconds, which are those of the setting `command_timeout`. `count` is told how much
    of a long request is done, of how much.
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        advice: Advice = NO_ADVICE,
        program: Program | None = None,
        patience: float = _PATIENCE,
        count: Counted = silent,
    ) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("the probe's process must have been started with three pipes")
        self._process = process
        self._advice = advice
        self._program = program
        self._patience = patience
        self._count = count
        self._late = False
        self._until = math.inf
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, daemon=True)
        self._begun = False
        self.first: Any = None
        self._input: IO[str] = process.stdin
        self._output: IO[str] = process.stdout
        self._errors: IO[str] = process.stderr
        self._noise: deque[str] = deque(maxlen=_KEPT)
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def begin(self) -> None:
        """Hand the probe over, and wait for nothing: to do something else while it starts."""
        if not self._begun:
            self._begun = True
            self._write(handover(self._program.wishes() if self._program else {}))

    def __enter__(self) -> Probe:
        """Hand the probe over and keep its first answer; when it does not start, its process is ended."""
        words = " ".join(self._program.command) if self._program else ""
        try:
            self.begin()
            if self.first is None:
                self.first = self._answer(f"running `{words}`" if words else "starting the probe", _no_questions)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the channel and wait for the probe's process to end; not for long when interrupted."""
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._dismiss(_SHORT_GOODBYE)
        self.close()

    def leave(self) -> None:
        """Close the channel, at which the other side goes by itself, and wait for nothing; `close` does."""
        with suppress(BrokenPipeError):
            self._input.close()

    def close(self) -> None:
        """End the probe; safe to call twice."""
        self._dismiss(_GOODBYE)
        self._over.set()
        self._reader.join(timeout=5)
        self._output.close()
        self._errors.close()

    def _dismiss(self, seconds: float) -> None:
        """Close the channel, at which the other side goes by itself; end it by force when it does not."""
        # When it has ended by itself, its exit code was looked at where an answer was awaited.
        self.leave()
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._end()

    def _end(self) -> None:
        """End the probe: politely, at which it takes along what it has started, then by force, with its whole group."""
        if self._program:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_SHORT_GOODBYE)
        _kill_group(self._process)
        self._process.wait()

    def ask(self, request: Mapping[str, Any], doing: str, answering: Asked | None = None) -> Any:
        """Send a request and give its answer.

        `answering(question, value)` serves what the probe asks on the way. Raises ProbeError with the
        application's own error, WrongDatabase when a connection led elsewhere.
        """
        self._write(json.dumps(request) + "\n")
        return self._answer(doing, answering or _no_questions)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Let nobody wait in the block for longer than the limit: then the probe is ended, and its channel with it."""
        self._until = time.monotonic() + self._patience
        if self._watch.ident is None:
            self._watch.start()
        try:
            yield
        finally:
            self._until = math.inf

    def _keep_watch(self) -> None:
        """End the probe when it is late. One thread looks now and then: questions come by the thousand."""
        while not self._over.wait(min(_LOOK, self._patience / _LOOKS)):
            if time.monotonic() > self._until:
                self._late = True
                if self._program:  # what it has started ends with its channel alone
                    self._dismiss(_SHORT_GOODBYE)
                else:
                    _kill_group(self._process)
                return

    def _answer(self, doing: str, answering: Asked) -> Any:
        while True:
            with self._limited():
                document = self._untold(doing)
            if "ask" in document:
                self._write(json.dumps(answering(document["ask"], document["value"])) + "\n")
                continue
            if document.get("refused"):
                raise _wrong_database(document["refused"][0])
            if "error" in document:
                raise ProbeError(self._with_words(document["error"]), doing, self._advice)
            return document["ok"]

    def _with_words(self, error: dict[str, Any]) -> dict[str, Any]:
        """Return the error of a program that ended too soon with what it said: that is the reason."""
        if error["type"] != "NeverReachedAlembic":
            return error
        self._reader.join(timeout=_SHORT_GOODBYE)  # the program has ended
        said = self.said()
        missing = [found["name"] for line in said if (found := _NO_MODULE.search(line))]
        return {**error, "said": said[-_LAST:], "traceback": "\n".join(said), "module": "".join(missing[-1:])}

    def _untold(self, doing: str) -> dict[str, Any]:
        """Return the next answer or question; how far the probe is goes to whoever counts."""
        while "told" in (document := self._read(doing)):
            self._count(*document["told"])
        return document

    def inquire(self, statements: Sequence[str], doing: str) -> list[list[tuple[Any, ...]]]:
        """Run statements on the connection of the request whose question is being answered and return their rows."""
        self._write(json.dumps({"query": list(statements)}) + "\n")
        with self._limited():
            document = self._read(doing)
        if document.get("ask") != "rows":
            raise ProbeError(document["error"], doing, self._advice)
        return [[tuple(row) for row in rows] for rows in document["value"]]

    def _write(self, text: str) -> None:
        # When the process has ended, reading its answer says so, with what it printed.
        with self._limited(), suppress(BrokenPipeError):
            self._input.write(text)
            self._input.flush()

    def _read(self, doing: str) -> dict[str, Any]:
        for line in self._output:
            # What stands before the mark was printed, without a newline, before the probe took the channel.
            printed, mark, text = line.rstrip().partition(MARK)
            if printed:
                self._noise.append(printed)
            if mark:
                document: dict[str, Any] = json.loads(text)
                return document
        self._process.wait()
        self._reader.join(timeout=5)
        said = [f"  {line}" for line in self.said()[-_SHOWN:]]
        if self._late:
            late = f"{self._patience:g} seconds (the setting `command_timeout`)"
            sentence = f"The application's Python gave no answer within {late} while {doing}, and was ended."
            raise CannotProceed([sentence, *(["It said last:"] if said else []), *said])
        ended = f"The application's Python ended while {doing} (exit code {self._process.returncode}). It said:"
        raise CannotProceed([ended, *said])

    def said(self) -> tuple[str, ...]:
        """Return the last lines that were printed there, passwords masked."""
        self._reader.join(timeout=0.2)
        return tuple(masked(line) for line in self._noise)

    def _drain(self) -> None:
        for line in self._errors:
            self._noise.append(line.rstrip())


def _kill_group(process: subprocess.Popen[str]) -> None:
    """End a process by force, with what it has started where it leads a group of its own."""
    with suppress(ProcessLookupError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _no_questions(question: str, _value: Any) -> Mapping[str, Any]:
    raise CannotProceed(f"The probe asked {question!r}, which nothing here answers.")


def _wrong_database(where: str) -> WrongDatabase:
    return WrongDatabase(
        f"Stopped before the first statement: a connection of the application's env.py leads to {masked(where)},"
        " which does not carry this run's token. It is not the temp database. Nothing was changed there.",
        tip="Look where that address is written (a settings file, env.py, alembic.ini): it must come from the"
        " environment.",
    )


def _sentences(error: Mapping[str, Any], doing: str) -> list[str]:
    lines = [f"{error['type']} while {doing}: {masked(str(error['message']))}"]
    told = {key: " ".join(str(error[key]).split()) for key in ("detail", "hint", "statement") if error.get(key)}
    lines += [f"  {key}: {masked(words)}" for key, words in told.items()]
    if error.get("revision"):
        lines.append(f"  revision: {error['revision']} ({error['revision_file']})")
    if error.get("said"):
        return [f"{lines[0]}. It said:", *(f"  {line}" for line in error["said"])]
    place = _last_place(str(error.get("traceback", "")))
    return [*lines, f"  at {place}"] if place else lines


def _last_place(trace: str) -> str:
    """Return the innermost line of the application's own code in a traceback: that is where to look."""
    places = [masked(line.strip()) for line in trace.splitlines() if line.strip().startswith("File ")]
    own = [place for place in places if not any(foreign in place for foreign in _NOT_THE_APPLICATIONS)]
    return (own or [""])[-1].replace("File ", "", 1)
