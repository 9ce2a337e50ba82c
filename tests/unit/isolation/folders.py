"""Cases as folders: a Compose file, what Compose makes of it, and the expected override or reasons.

A case is found by its folder's name. Its `resolved.json` is real output of ``docker compose config
--format json` with the folder's path written as `/project``. Expected files are written anew with
`ACCEPT_CASES=1`: read the difference before keeping it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.isolation import PlanInputs

CASES = Path(__file__).parent / "cases"
PLACEHOLDER = "/project"
_SETS = ("busy_ports", "writable_mounts", "exclude_services", "services", "allow_hosts")
# Where the `docker` program looks for its plugins, in its order.
_PLUGINS = (
    "~/.docker/cli-plugins",
    *(f"{place}/docker/cli-plugins" for place in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")),
)
# What the facts of a case say of how it is resolved: profiles, Compose files, the oldest Compose that knows its keys.
_RESOLVING = ("profiles", "files", "needs_compose")


@dataclass(frozen=True)
class Case:
    """One folder below `cases`."""

    folder: Path

    @property
    def refused(self) -> bool:
        return (self.folder / "reasons.txt").exists()

    @property
    def config(self) -> dict[str, Any]:
        path = self.folder / "resolved.json"
        program = None if path.exists() else compose_program()
        if os.environ.get("ACCEPT_CASES") and program:
            resolved = json.dumps(program.config(self), indent=2) + "\n"
            path.write_text(resolved.replace(str(self.folder), PLACEHOLDER), encoding="utf-8")
        return dict(json.loads(path.read_text(encoding="utf-8")))

    @property
    def profiles(self) -> Sequence[str]:
        return tuple(self._facts().get("profiles", ()))

    @property
    def files(self) -> Sequence[Path]:
        return tuple(self.folder / name for name in self._facts().get("files", ["docker-compose.yml"]))

    @property
    def needs_compose(self) -> tuple[int, ...]:
        """The oldest Compose that knows the keys of the case; empty when every supported one does."""
        return tuple(self._facts().get("needs_compose", ()))

    def facts(self, config: Mapping[str, Any], folder: str = PLACEHOLDER) -> PlanInputs:
        """The case's facts, its paths below `folder`."""
        given = json.loads(json.dumps(self._facts()).replace(f'"{PLACEHOLDER}/', f'"{folder}/'))
        given = {name: value for name, value in given.items() if name not in _RESOLVING}
        sets: dict[str, Any] = {name: frozenset(given.pop(name)) for name in _SETS if name in given}
        if "application" in given:
            given["application"] = tuple(given["application"])
        held = {kind: frozenset(names) for kind, names in given.pop("held", {}).items()}
        return PlanInputs(project=config["name"], held=held, **sets, **given)

    def expected(self, name: str, actual: str) -> str:
        """The text of the expected file `name`, empty when there is none; first written from `actual` when asked to."""
        path = self.folder / name
        if os.environ.get("ACCEPT_CASES") and actual:
            path.write_text(actual, encoding="utf-8")
        elif os.environ.get("ACCEPT_CASES"):
            path.unlink(missing_ok=True)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _facts(self) -> dict[str, Any]:
        path = self.folder / "facts.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


@dataclass(frozen=True)
class Compose:
    """A real Compose program; `config` needs no engine."""

    program: tuple[str, ...]

    def config(self, case: Case, *, project: str = "", override: Path | None = None) -> dict[str, Any]:
        """The parsed resolved configuration of `case`, with `override` on top where given."""
        if case.needs_compose and version_of(self.program) < case.needs_compose:
            pytest.skip("this Compose does not know the keys of the case")
        files = [*case.files, *([override] if override else [])]
        return self.config_of(files, project=project, profiles=case.profiles)

    def config_of(self, files: Sequence[Path], *, project: str = "", profiles: Sequence[str] = ()) -> dict[str, Any]:
        """The parsed resolved configuration of `files`."""
        texts = {path: path.read_text(encoding="utf-8") for path in files}
        return dict(json.loads(_resolved(self.program, tuple(texts.items()), project, tuple(profiles))))


# Most tests ask for the same configurations of the same cases; the texts tell when a file was written anew.
@cache
def _resolved(
    program: tuple[str, ...], files: tuple[tuple[Path, str], ...], project: str, profiles: tuple[str, ...]
) -> str:
    names = ["--project-name", project] if project else []
    options = [word for profile in profiles for word in ("--profile", profile)]
    command = [*_itself(program), *names, *options, *(word for path, _ in files for word in ("--file", str(path)))]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, **({"COMPOSE_PROJECT_NAME": project} if project else {})}
    done = subprocess.run(
        [*command, "config", "--format", "json"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def _itself(program: tuple[str, ...]) -> tuple[str, ...]:
    """The program that `docker compose` would start: started by itself, it takes half the time."""
    if program[-1] != "compose":
        return program
    found = (Path(folder).expanduser() / "docker-compose" for folder in _PLUGINS)
    return next(((str(path),) for path in found if os.access(path, os.X_OK)), program)


@cache
def compose_program() -> Compose | None:
    """The Compose program of this machine (`COMPOSE_PROGRAM` names another), if there is one."""
    chosen = os.environ.get("COMPOSE_PROGRAM")
    candidates = [(chosen,)] if chosen else [("docker", "compose"), ("docker-compose",)]
    for candidate in candidates:
        if (
            shutil.which(candidate[0])
            and subprocess.run([*candidate, "version"], capture_output=True, check=False).returncode == 0
        ):
            return Compose(candidate)
    return None


@cache
def version_of(program: tuple[str, ...]) -> tuple[int, ...]:
    done = subprocess.run([*program, "version", "--short"], capture_output=True, text=True, check=True)
    return tuple(map(int, re.findall(r"\d+", done.stdout)[:3]))
