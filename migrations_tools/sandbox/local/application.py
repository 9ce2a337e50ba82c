"""The application as a process: what starts it, on which port, and how its log reads."""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery.dockerfile import read_dockerfile
from migrations_tools.discovery.services import command_words

# Every interface, in IPv4 and IPv6, not as a part of another address.
_EVERYWHERE = re.compile(r"(?<![\d.])0\.0\.0\.0(?![\d.])|\[::\]|(?<![^\s=])::(?![^\s])")


@dataclass(frozen=True, slots=True)
class Start:
    """How the application is started here; `command` is empty when nothing says how, and `reason` says why."""

    command: tuple[str, ...]
    port: int
    reason: str = ""


def plan_start(setting: str, service: Mapping[str, Any], target: int, port: int) -> Start:
    """Return how to start the application: the setting, else the service's command, else its Dockerfile's CMD.

    The container's port moves to a free one, and it listens on this machine only.
    """
    if setting:
        return Start(tuple(shlex.split(setting.replace("{port}", str(port)))), port)
    words = _command(service)
    if not words:
        return Start((), port, "nothing says how the application is started; set `application_command`")
    if not any(_port_pattern(target).search(word) for word in words):
        return Start((), port, f"its command names no port {target} that could be moved; set `application_command`")
    return Start(tuple(_moved(word, target, port) for word in words), port)


def free_port() -> int:
    """Return a port on this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _port_pattern(port: int) -> re.Pattern[str]:
    return re.compile(rf"(?<![\d.]){port}(?!\d)")


def _moved(word: str, target: int, port: int) -> str:
    """Move the port and the address in a word: `8000`, `--port=8000`, `0.0.0.0:8000`, `[::]:8000`, `:8000`.

    A number inside another one is left; an address that means every interface becomes this machine's own.
    """
    here = _EVERYWHERE.sub("127.0.0.1", word)
    here = f"127.0.0.1{here}" if here.startswith(f":{target}") else here
    return _port_pattern(target).sub(str(port), here)


def _command(service: Mapping[str, Any]) -> list[str]:
    """Return the container's command line: its entrypoint, then its command; Compose's before the image's."""
    image = read_dockerfile(service)
    entrypoint, command = list(image.entrypoint), list(image.command)
    if service.get("entrypoint"):
        # Compose: an entrypoint of the service's own does away with the image's command as well.
        entrypoint, command = command_words(service["entrypoint"]), []
    return [*entrypoint, *(command_words(service.get("command")) or command)]


def stamped(log: Path) -> Sequence[str]:
    """Return the lines of a log that began after the migrations, in the form of `docker logs --timestamps`."""
    if not log.exists():
        return []
    return [f"9999-12-31T00:00:00Z {line}" for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
