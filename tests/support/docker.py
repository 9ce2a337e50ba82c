"""Docker as the tests see it: commands with a time limit, and the engine's state as plain values.

Nothing here uses the tool under test: what it did is looked up with the `docker` program itself.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
_QUIET_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended: what it was, how it ended, what it printed, how long it took."""

    command: str
    code: int
    out: str
    err: str
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """Both streams, as a user would see them."""
        return self.out + self.err

    def __str__(self) -> str:
        """Show everything that a failing test needs."""
        return f"$ {self.command}\nexit code {self.code} after {self.seconds:.1f} s\n{self.out}\n--- stderr\n{self.err}"


def run(
    command: Sequence[str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    stdin: str = "",
) -> Done:
    """Run a command to its end. Raises AssertionError, with what it printed, when it takes too long."""
    begun = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, timeout=timeout, input=stdin, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired as late:
        printed = "\n".join(_text(part) for part in (late.stdout, late.stderr))
        raise AssertionError(f"{shlex.join(command)} took longer than {timeout} s:\n{printed}") from late
    return Done(shlex.join(command), done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def _text(part: bytes | str | None) -> str:
    return part.decode(errors="replace") if isinstance(part, bytes) else part or ""


def must(command: Sequence[str], **options: Any) -> str:
    """Run a command that has to succeed and give what it printed."""
    done = run(command, **options)
    assert done.code == 0, str(done)
    return done.out


def docker(*arguments: str, timeout: float = 60) -> str:
    """Run `docker` with arguments; it has to succeed."""
    return must(["docker", *arguments], timeout=timeout, env=plain_environment())


def docker_lines(*arguments: str) -> list[str]:
    """Run a `docker` command that prints a line for each object."""
    return [line for line in docker(*arguments).splitlines() if line.strip()]


def plain_environment() -> dict[str, str]:
    """Return the environment without what would lead Compose or the tool elsewhere."""
    foreign = ("COMPOSE_", "INVOKE_", "POSTGRES_", "MIGRATIONS_TOOLS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def why_no_engine() -> str:
    """Return why no engine can be used; an empty text when one answers."""
    if not shutil.which("docker"):
        return "there is no docker program"
    for command in (["docker", "version", "--format", "{{.Server.Version}}"], ["docker", "compose", "version"]):
        done = run(command, timeout=30)
        if done.code:
            return f"`{done.command}` failed: {done.err.strip() or done.out.strip()}"
    return ""


def inspect(kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return `docker inspect` of objects; one that went away meanwhile is left out."""
    wanted = list(names)
    if not wanted:
        return []
    done = run(["docker", "inspect", "--type", kind, *wanted])
    assert done.code == 0 or "no such" in done.err.lower(), str(done)
    found: list[dict[str, Any]] = json.loads(done.out or "[]")
    return found


def containers_of(project: str) -> dict[str, dict[str, Any]]:
    """Return `docker inspect` of a Compose project's containers, one-off ones too, by name."""
    ids = docker_lines("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={PROJECT_LABEL}={project}")
    return {item["Name"].lstrip("/"): item for item in inspect("container", ids)}


def host_port(container: Mapping[str, Any], target: int) -> int:
    """Return the port of this machine that leads to a container's port."""
    return int(container["NetworkSettings"]["Ports"][f"{target}/tcp"][0]["HostPort"])


def anonymous_volumes(container: Mapping[str, Any]) -> list[str]:
    """Return the volumes of a container that nobody named."""
    mounts = [item for item in container["Mounts"] if item["Type"] == "volume"]
    return [item["Name"] for item in mounts if len(item["Name"]) == 64]


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything on the engine that does not belong to some other Compose project, by id or name.

    Containers with their name, state, start and restarts; volumes with their labels (engine 20.10 gives the last
    change of the volume's folder as the time of creation, so that it tells nothing); networks with their name;
    images, dangling and intermediate ones too, with their tags.
    """

    containers: Mapping[str, tuple[str, ...]]
    volumes: Mapping[str, Mapping[str, str]]
    networks: Mapping[str, str]
    images: Mapping[str, tuple[str, ...]]

    def differences(self, other: Engine) -> list[str]:
        """Return what is gone, new or changed in `other`."""
        lines = []
        for kind in (item.name for item in fields(self)):
            before, after = getattr(self, kind), getattr(other, kind)
            lines += [f"{kind}: {key} {before[key]} is gone" for key in before.keys() - after.keys()]
            lines += [f"{kind}: {key} {after[key]} is new" for key in after.keys() - before.keys()]
            lines += [
                f"{kind}: {key} was {before[key]} and is {after[key]}"
                for key in before.keys() & after.keys()
                if before[key] != after[key]
            ]
        return sorted(lines)


def engine(prefixes: Iterable[str]) -> Engine:
    """Take the engine's state, without what other Compose projects (no name begins with a prefix) own."""
    ours = tuple(prefixes)
    volumes = inspect("volume", docker_lines("volume", "ls", "--quiet"))
    containers = inspect("container", docker_lines("ps", "--all", "--quiet", "--no-trunc"))
    networks = inspect("network", docker_lines("network", "ls", "--quiet", "--no-trunc"))
    images = inspect("image", sorted(set(docker_lines("image", "ls", "--all", "--quiet", "--no-trunc"))))
    foreign = [item for item in containers if not _is_ours(item["Config"]["Labels"], ours)]
    borrowed = {name for item in foreign for name in anonymous_volumes(item)}
    return Engine(
        {item["Id"]: _standing(item) for item in containers if item not in foreign},
        {
            item["Name"]: item["Labels"] or {}
            for item in volumes
            if _is_ours(item["Labels"], ours) and item["Name"] not in borrowed
        },
        {item["Id"]: item["Name"] for item in networks if _is_ours(item["Labels"], ours)},
        {
            item["Id"]: tuple(sorted(item["RepoTags"] or ()))
            for item in images
            if _is_ours(item["Config"]["Labels"], ours)
        },
    )


def lasting_differences(before: Engine, prefixes: Sequence[str]) -> list[str]:
    """Return what stays different for a few seconds: what somebody else's run changes in passing is not ours."""
    end = time.monotonic() + _QUIET_SECONDS
    while True:
        found = before.differences(engine(prefixes))
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.5)


def _is_ours(labels: Mapping[str, str] | None, prefixes: tuple[str, ...]) -> bool:
    project = (labels or {}).get(PROJECT_LABEL, "")
    return not project or project.startswith(prefixes)


def _standing(item: Mapping[str, Any]) -> tuple[str, ...]:
    state = item["State"]
    return item["Name"].lstrip("/"), state["Status"], state["StartedAt"], str(item["RestartCount"])
