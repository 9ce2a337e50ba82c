"""A pooler in front of a server that knows a list of databases and no other, as PgBouncer's `[databases]` has it."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

_NEGOTIATIONS = (80877103, 80877104)  # SSLRequest and GSSENCRequest (PostgreSQL manual, 55.7)


@contextmanager
def pooler(port: int, known: Collection[str]) -> Iterator[int]:
    """Listen on a port of this machine, which is given, and pass on what asks for a database that is known."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, port, known), daemon=True).start()
        yield listening.getsockname()[1]


def _serve(listening: socket.socket, port: int, known: Collection[str]) -> None:
    with suppress(OSError):  # the block ended
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_take, args=(client, port, known), daemon=True).start()


def _take(client: socket.socket, port: int, known: Collection[str]) -> None:
    with client, suppress(OSError):
        start = _startup(client)
        words = start[8:].split(b"\0")
        database = dict(zip(words[::2], words[1::2], strict=False))[b"database"].decode()
        if database not in known:
            fields = f"SFATAL\0C08P01\0Mno such database: {database}\0\0".encode()
            client.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)
            return
        with socket.create_connection(("127.0.0.1", port)) as server:
            server.sendall(start)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _startup(client: socket.socket) -> bytes:
    """Return the startup message, having declined to encrypt."""
    while True:
        head = client.recv(8, socket.MSG_WAITALL)
        length, code = struct.unpack("!ii", head)
        if code not in _NEGOTIATIONS:
            return head + client.recv(length - 8, socket.MSG_WAITALL)
        client.sendall(b"N")


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
