"""The application as a process: what starts it, on which port, and how its log reads."""

from __future__ import annotations

import json
import re
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.discovery.services import build_context, command_words

_CMD = re.compile(r"^\s*CMD\s+(?P<words>.+)$", re.IGNORECASE)
_ANYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - recognised, to be replaced by 127.0.0.1


@dataclass(frozen=True, slots=True)
class Start:
    """How the application is started here; `command` is empty when nothing says how, and `reason` says why."""

    command: tuple[str, ...]
    port: int
    reason: str = ""


def plan_start(setting: str, service: Mapping[str, Any], target: int, port: int) -> Start:
    """Say how to start the application: the setting, else the service's command, else its Dockerfile's CMD.

    The container's port moves to a free one, and it listens on this machine only.
    """
    if setting:
        return Start(tuple(shlex.split(setting.replace("{port}", str(port)))), port)
    words = command_words(service.get("command")) or _dockerfile_command(service)
    if not words:
        return Start((), port, "nothing says how the application is started; set `application_command`")
    moved = [_moved(word, target, port) for word in words]
    if moved == words:
        return Start((), port, f"its command names no port {target} that could be moved; set `application_command`")
    return Start(tuple("127.0.0.1" if word in _ANYWHERE else word for word in moved), port)


def free_port() -> int:
    """Give a port on this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _moved(word: str, target: int, port: int) -> str:
    """Replace the port in `8000`, `--port=8000`, `0.0.0.0:8000`; a number inside another one is left."""
    host = word.replace("0.0.0.0:", "127.0.0.1:")
    return re.sub(rf"(?<![\d.]){target}(?!\d)", str(port), host)


def _dockerfile_command(service: Mapping[str, Any]) -> list[str]:
    context, build = build_context(service), service.get("build") or {}
    path = context / str(build.get("dockerfile") or "Dockerfile") if context else None
    if path is None or not path.is_file():
        return []
    found = [match["words"] for line in path.read_text(encoding="utf-8").splitlines() if (match := _CMD.match(line))]
    return _words(found[-1]) if found else []


def _words(text: str) -> list[str]:
    """Read a CMD in either of its forms (Dockerfile reference, "Shell and exec form")."""
    if not text.lstrip().startswith("["):
        return shlex.split(text)
    try:
        return [str(word) for word in json.loads(text)]
    except ValueError:
        return []


def stamped(log: Path) -> Sequence[str]:
    """Give the lines of a log that began after the migrations, in the form of `docker logs --timestamps`."""
    if not log.exists():
        return []
    return [f"9999-12-31T00:00:00Z {line}" for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
