"""Leads connections from the copy's published ports to services whose networks have no way out, and nowhere else.

Its text runs inside the copy, in a container of the application's image: standard library only, Python 3.8 and
newer. Each argument is `LISTEN:HOST:PORT`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from functools import partial

# An address of the documentation's (RFC 5737). Nothing is sent there; the system only says from where it would be.
_NOWHERE = ("203.0.113.1", 9)
_CHUNK = 65536


def own_address() -> str:
    """Return this container's address on the network that leads outside.

    Listening there alone, it is no passage between the networks that are cut off.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_NOWHERE)
        address: str = probe.getsockname()[0]
        return address


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what comes until its sender is done, then say so."""
    while True:
        chunk = await reader.read(_CHUNK)
        if not chunk:
            break
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


async def lead(host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open the other half of a connection, and hand on what comes from both ends."""
    try:
        there = await asyncio.open_connection(host, port)
    except OSError as error:
        sys.stderr.write(f"{host}:{port} does not answer: {error}\n")
        writer.close()
        return
    # Either end may hang up at any time: that is how most connections end.
    with contextlib.suppress(OSError):
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
    for each in (writer, there[1]):
        each.close()


async def forward(address: str, routes: list[str]) -> None:
    """Listen at `address` for every route, for as long as the container runs."""
    for listen, host, port in (route.split(":") for route in routes):
        await asyncio.start_server(partial(lead, host, int(port)), address, int(listen))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(forward(own_address(), sys.argv[1:]))
