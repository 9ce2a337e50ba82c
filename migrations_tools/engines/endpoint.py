"""Where the engine is: on this machine, or on another one, and how its published ports are reached from here.

DOCKER_HOST comes before DOCKER_CONTEXT, and both before the context in use. `docker` itself says which one it
takes, for Compose takes the same: neither looks for it in a `.env` (docker/compose #9871).
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_HERE = frozenset({"unix", "npipe"})
_OVER_THE_NET = frozenset({"tcp", "http", "https", "ssh"})
_SSH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The engine's address as Docker has it, the context that it comes from, and the machine that it is on.

    `host` is the name or address at which its published ports are reached; empty when the engine is on this machine.
    """

    address: str = ""
    context: str = ""
    host: str = ""

    def pinned(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return an environment that keeps to this engine, also when somebody chooses another context meanwhile."""
        fixed = environment.get("DOCKER_HOST") or not self.context
        return dict(environment) if fixed else {**environment, "DOCKER_CONTEXT": self.context}

    def words(self) -> str:
        """Return where the engine is, in one line."""
        if not self.host:
            return f"{self.address} (this machine)"
        return f"{self.address}, on another machine; its published ports are reached at {self.host}"


def machine_of(address: str, environment: Mapping[str, str]) -> str:
    """Return the host at which the ports of the engine at an address are reached, empty for this machine.

    Raises ValueError when the address names no host, or is of an unknown kind.
    """
    parts = urlsplit(address)
    if parts.scheme in _HERE:
        return ""
    if parts.scheme not in _OVER_THE_NET:
        raise ValueError(f"no engine is reached by {parts.scheme or 'such'} addresses that this tool knows")
    host = parts.hostname or ""
    if not host:
        raise ValueError("it names no host")
    if parts.scheme == "ssh":
        host = _host_of_alias(host, environment)
    return "" if _is_this_machine(host) else host


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _host_of_alias(alias: str, environment: Mapping[str, str]) -> str:
    """Return the host that ssh's own configuration (ssh_config(5), HostName) puts in the place of an alias."""
    command = ["ssh", "-G", "--", alias]
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SSH_SECONDS,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return alias
    pairs = (line.partition(" ") for line in done.stdout.splitlines())
    return next((value for key, _, value in pairs if key == "hostname" and value), alias)
