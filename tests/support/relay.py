"""An address in front of the engine's Unix socket: a TCP one, as of an engine on another machine, or a socket again.

The way to the engine can be cut, as a daemon's end cuts it, and opened again. Bytes go through as they are, each
direction by itself: Docker's attach, exec and build turn a request into a stream of their own, and end one direction
while the other goes on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 65536
_LOOK_SECONDS = 0.1


@dataclass
class Relay:
    """The address that listens, as DOCKER_HOST has it; the Unix socket behind it; how many connections came."""

    url: str
    target: str
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    is_cut: threading.Event = field(default_factory=threading.Event)

    def cut(self) -> None:
        """End every connection; each that comes is ended at once."""
        self.is_cut.set()

    def mend(self) -> None:
        """Let what comes through again."""
        self.is_cut.clear()


@contextmanager
def relay(host: str, target: str) -> Iterator[Relay]:
    """Listen on a free port of an address of this machine; each connection goes to the Unix socket `target`.

    Raises OSError when the address is not this machine's.
    """
    with socket.create_server((host, 0)) as listener:
        made = Relay(f"tcp://{host}:{listener.getsockname()[1]}", target)
        with _accepting(listener, made):
            yield made


@contextmanager
def socket_relay(path: Path, target: str) -> Iterator[Relay]:
    """Listen on a Unix socket that is made; each connection goes to the Unix socket `target`."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        made = Relay(f"unix://{path}", target)
        with _accepting(listener, made):
            yield made


@contextmanager
def _accepting(listener: socket.socket, made: Relay) -> Iterator[None]:
    listener.settimeout(_LOOK_SECONDS)
    accepting = threading.Thread(target=_accept, args=(listener, made))
    accepting.start()
    try:
        yield
    finally:
        made.over.set()
        accepting.join()


def _accept(listener: socket.socket, made: Relay) -> None:
    serving = []
    while not made.over.is_set():
        with suppress(TimeoutError):  # nobody came: look whether it is over
            near, _ = listener.accept()
            made.connections += 1
            serving.append(threading.Thread(target=_serve, args=(near, made)))
            serving[-1].start()
    for thread in serving:
        thread.join()


def _serve(near: socket.socket, made: Relay) -> None:
    with near, socket.socket(socket.AF_UNIX) as far:
        try:
            if made.is_cut.is_set():
                return
            far.connect(made.target)
        except OSError:
            return  # the engine is not there: who came finds the connection ended
        pumps = [threading.Thread(target=_pump, args=ends) for ends in ((near, far), (far, near))]
        for pump in pumps:
            pump.start()
        while any(pump.is_alive() for pump in pumps) and not made.over.wait(_LOOK_SECONDS):
            if made.is_cut.is_set():
                break
        for end in (near, far):
            with suppress(OSError):  # it is down by itself
                end.shutdown(socket.SHUT_RDWR)
        for pump in pumps:
            pump.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry one direction to its end, then end it on the other side and leave the other direction alone."""
    with suppress(OSError):  # one side was torn down, which ends this direction too
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
