"""Runs a program of the project's own with `attach` inside, and passes the channel on to it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from .attach import ANSWERS, REQUESTS, SEEN, WISHES
from .channel import over_standard_streams
from .loading import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .channel import Talk

_SITECUSTOMIZE = """
import os
from %s import attach

folder = os.path.dirname(os.path.abspath(__file__))
attach.install(folder)
attach.import_the_next(folder)
"""
_PATIENCE = 2.0  # seconds that the program gets to end by itself once the channel has closed
_LOOK = 0.1
_PIECE = 65536


def main(document: dict[str, Any]) -> None:
    """Run the program that the document names; talk through it, or only watch its connections."""
    talk = over_standard_streams()
    # A program that is asked to end must take along what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="migrations_tools-", dir=document.get("folder"))
    try:
        _furnish(folder, document)
        try:
            program = _start(document["command"], folder, document.get("variables") or {})
        except OSError as error:
            talk.send(_failure("CannotStart", "the command %s cannot be started: %s" % (document["command"], error)))
            return
        try:
            code = _pass_on(talk, folder, program) if document["take_over"] else _watched(talk, folder, program)
        finally:
            _end(program, _PATIENCE if document["take_over"] else 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def _furnish(folder: str, document: dict[str, Any]) -> None:
    """Write what the program's Python finds on its path, and make the pipes."""
    os.mkdir(os.path.join(folder, PACKAGE))
    texts = {os.path.join(PACKAGE, name + ".py"): text for name, text in document["modules"].items()}
    texts["sitecustomize.py"] = _SITECUSTOMIZE % PACKAGE
    texts[WISHES] = json.dumps({key: document.get(key) for key in ("token", "databases", "take_over", "files")})
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    for name in (REQUESTS, ANSWERS):
        os.mkfifo(os.path.join(folder, name), 0o600)


def _start(command: Sequence[str], folder: str, variables: Mapping[str, str | None]) -> subprocess.Popen[bytes]:
    """Start the program, with this Python as its `python` and this Python's folder first on its PATH."""
    name, *rest = command
    words = [sys.executable if name in ("python", "python3") else name, *rest]
    beside = os.path.dirname(sys.executable)
    environment = {
        **{key: value for key, value in {**os.environ, **variables}.items() if value is not None},
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    words[0] = shutil.which(words[0], path=environment["PATH"]) or words[0]
    return subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def _pass_on(talk: Talk, folder: str, program: subprocess.Popen[bytes]) -> int:
    """Pass requests and answers on until either side ends; return the program's exit code."""
    # Opened for both directions, they neither wait for the program nor end when it has not come yet.
    requests = os.open(os.path.join(folder, REQUESTS), os.O_RDWR)
    answers = os.open(os.path.join(folder, ANSWERS), os.O_RDWR | os.O_NONBLOCK)
    incoming, said = talk.incoming.fileno(), False
    while program.poll() is None:
        ready, _, _ = select.select([incoming, answers], [], [], _LOOK)
        said = _forward(answers, talk) or said
        if incoming in ready:
            piece = os.read(incoming, _PIECE)
            if not piece:
                os.close(requests)
                return 0
            _write_all(requests, piece)
    said = _forward(answers, talk) or said
    if not said:
        talk.send(_never_came(folder, program.returncode))
    return program.returncode


def _forward(answers: int, talk: Talk) -> bool:
    """Pass on what the program has answered; tell whether there was anything."""
    said = False
    with contextlib.suppress(BlockingIOError):  # nothing more for now
        while True:
            piece = os.read(answers, _PIECE)
            if not piece:
                return said
            _write_all(talk.outgoing.fileno(), piece)
            said = True
    return said


def _write_all(descriptor: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


def _never_came(folder: str, code: int) -> dict[str, Any]:
    seen = _seen(folder)
    if seen["refused"]:
        return {"error": {"type": "WrongDatabase", "message": seen["refused"][0]}, "refused": seen["refused"]}
    failure = _failure(
        "NeverReachedAlembic", "the command ended (exit code %d) and never entered alembic.command" % code
    )
    failure["error"]["code"] = code
    return failure


def _watched(talk: Talk, folder: str, program: subprocess.Popen[bytes]) -> int:
    """Wait for the program's end; say how it ended and where its connections led."""
    gone = False
    while program.poll() is None and not gone:
        ready, _, _ = select.select([talk.incoming.fileno()], [], [], _LOOK)
        gone = bool(ready) and not os.read(talk.incoming.fileno(), _PIECE)
    if gone:
        return 0
    seen = _seen(folder)
    if seen["refused"]:
        talk.send({"error": {"type": "WrongDatabase", "message": seen["refused"][0]}, "refused": seen["refused"]})
    elif seen["astray"]:
        talk.send(_failure("CannotRedirect", seen["astray"][0]))
    else:
        talk.send({"ok": {"code": program.returncode, "reached": seen["reached"], "created": seen["created"]}})
    return 0


def _seen(folder: str) -> dict[str, list[str]]:
    """Return what the gate has written down, by its sort."""
    found: dict[str, list[str]] = {"refused": [], "astray": [], "reached": [], "created": []}
    with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, SEEN), encoding="utf-8") as file:
        for line in file:
            for sort, words in json.loads(line).items():
                found[sort].append(words)
    return found


def _failure(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}, "refused": []}


def _end(program: subprocess.Popen[bytes], patience: float) -> None:
    """Wait for the program to end, as it does when the channel closes; then end it and what it has started."""
    end = time.monotonic() + patience
    while program.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):  # its whole group has ended
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
