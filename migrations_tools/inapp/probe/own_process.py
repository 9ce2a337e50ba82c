"""Imports modules in a process of their own, which reaches nothing and ends whatever they do."""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
import time
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

from .gate import GATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .channel import Talk

_SECONDS = 60
_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.sendto")
# What of libpq's drivers opens a connection: their C does not pass by Python's own sockets.
_DRIVERS = (("psycopg2", "_connect"), ("psycopg.generators", "connect"))


class NotHere(ConnectionError):
    """Somebody wanted a connection where a module is imported only to be looked at."""


def import_aside(
    names: Sequence[str], look: Callable[[Callable[[], Iterator[str]]], Any], talk: Talk
) -> tuple[Any, dict[str, str]]:
    """Import modules in a fork of this process; return what `look` makes of them there, and the errors by module.

    `look` gets a function that imports one module after the other, yielding its name when that is done. A module at
    which the process ends, or stays too long, is an error as well: the others are imported in another one.
    """
    ended: dict[str, str] = {}
    while True:
        left = [name for name in names if name not in ended]
        lines, late = _in_fork(left, look, talk)
        if lines and "value" in lines[-1]:
            return lines[-1]["value"], {**lines[-1]["failed"], **ended}
        if not lines:
            raise RuntimeError("the process that modules are imported in ended before it began")
        how = "it took longer than %d seconds" % _SECONDS if late else "it ended the process"
        ended[lines[-1]["name"]] = how


def _in_fork(names: Sequence[str], look: Any, talk: Talk) -> tuple[list[dict[str, Any]], bool]:
    """Do it in a fork; return the documents that came back, and whether it had to be ended."""
    GATE.release()
    read, write = os.pipe()
    with warnings.catch_warnings():
        # It imports modules and is gone: what other threads hold here, nobody waits for there.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(read)
        _be_the_child(names, look, talk, write)
    os.close(write)
    try:
        text, late = _read_all(read)
    finally:
        os.close(read)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    whole = text.decode("utf-8", "replace").split("\n")[:-1]
    return [json.loads(line) for line in whole], late


def _read_all(read: int) -> tuple[bytes, bool]:
    text, until = b"", time.monotonic() + _SECONDS
    while True:
        ready = select.select([read], [], [], max(0.0, until - time.monotonic()))[0]
        piece = os.read(read, 1 << 16) if ready else b""
        if not piece:
            return text, not ready
        text += piece


def _be_the_child(names: Sequence[str], look: Any, talk: Talk, write: int) -> NoReturn:
    failed: dict[str, str] = {}

    def tell(document: dict[str, Any]) -> None:
        os.write(write, (json.dumps(document, default=str) + "\n").encode())

    def importing() -> Iterator[str]:
        for name in names:
            tell({"name": name})
            try:
                importlib.import_module(name)
            except (Exception, SystemExit) as error:
                failed[name] = "%s: %s" % (type(error).__name__, error)
            yield name

    try:
        for stream in (talk.incoming, talk.outgoing):
            os.close(stream.fileno())
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_SECONDS + 1)  # whoever was to end it may be gone
        _reach_nothing()
        tell({"value": look(importing), "failed": failed})
    except BaseException as error:
        print("looking at modules:", repr(error), file=sys.stderr)  # noqa: T201 - the probe's standard error
    finally:
        os._exit(0)


def _reach_nothing() -> None:
    """Refuse every connection of this process from now on, before it is opened."""
    GATE.only = {}

    def refuse(event: str, _arguments: Any) -> None:
        if event in _EVENTS:
            raise NotHere("it wants a connection, and is imported only to be looked at")

    sys.addaudithook(refuse)
    for module, function in _DRIVERS:
        if find_spec(module.partition(".")[0]):
            setattr(importlib.import_module(module), function, _refused)


def _refused(*_arguments: Any, **_options: Any) -> NoReturn:
    raise NotHere("it wants a connection, and is imported only to be looked at")
