"""A TCP address in front of the engine's Unix socket, so that the engine is reached as one on another machine is.

Bytes go through as they are, each direction by itself: Docker's attach, exec and build turn a request into a stream
of their own, and end one direction while the other goes on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 65536
_LOOK_SECONDS = 0.1


@dataclass
class Relay:
    """The address that listens, the Unix socket behind it, and how many connections came."""

    host: str
    port: int
    target: str
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Give the address as DOCKER_HOST has it."""
        return f"tcp://{self.host}:{self.port}"


@contextmanager
def relay(host: str, target: str) -> Iterator[Relay]:
    """Listen on a free port of an address of this machine; each connection goes to the Unix socket `target`.

    Raises OSError when the address is not this machine's.
    """
    with socket.create_server((host, 0)) as listener:
        listener.settimeout(_LOOK_SECONDS)
        made = Relay(host, listener.getsockname()[1], target)
        accepting = threading.Thread(target=_accept, args=(listener, made))
        accepting.start()
        try:
            yield made
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
        far.connect(made.target)
        pumps = [threading.Thread(target=_pump, args=ends) for ends in ((near, far), (far, near))]
        for pump in pumps:
            pump.start()
        while any(pump.is_alive() for pump in pumps) and not made.over.wait(_LOOK_SECONDS):
            pass
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
