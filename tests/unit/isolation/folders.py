"""Cases as folders: a Compose file, what Compose makes of it, and the expected override or reasons.

A case is found by its folder's name. Its ``resolved.json`` is real output of ``docker compose config
--format json`` with the folder's path written as ``/project``. Expected files are written anew with
``ACCEPT_CASES=1``: read the difference before keeping it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from migrations_tools.isolation import Facts

CASES = Path(__file__).parent / "cases"
PLACEHOLDER = "/project"
_SETS = ("busy_ports", "writable_mounts", "exclude_services", "allow_hosts")


@dataclass(frozen=True)
class Case:
    """One folder below ``cases``."""

    folder: Path

    @property
    def refused(self) -> bool:
        return (self.folder / "reasons.txt").exists()

    @property
    def config(self) -> dict[str, Any]:
        text = (self.folder / "resolved.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    @property
    def profiles(self) -> Sequence[str]:
        return tuple(self._facts().get("profiles", ()))

    def facts(self, config: Mapping[str, Any], folder: str = PLACEHOLDER) -> Facts:
        """The case's facts, its paths below `folder`."""
        given = json.loads(json.dumps(self._facts()).replace(f'"{PLACEHOLDER}/', f'"{folder}/'))
        given.pop("profiles", None)
        sets: dict[str, Any] = {name: frozenset(given.pop(name)) for name in _SETS if name in given}
        if "application" in given:
            given["application"] = tuple(given["application"])
        held = {kind: frozenset(names) for kind, names in given.pop("held", {}).items()}
        return Facts(project=config["name"], held=held, **sets, **given)

    def expected(self, name: str, actual: str) -> str:
        """The text of the expected file `name`; first written from `actual` when asked to."""
        path = self.folder / name
        if os.environ.get("ACCEPT_CASES"):
            path.write_text(actual, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    def _facts(self) -> dict[str, Any]:
        path = self.folder / "facts.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


@dataclass(frozen=True)
class Compose:
    """A real Compose program; `config` needs no engine."""

    program: tuple[str, ...]

    def config(self, case: Case, *, project: str = "", override: Path | None = None) -> dict[str, Any]:
        """The parsed resolved configuration of `case`, with `override` on top where given."""
        files = [case.folder / "docker-compose.yml", *([override] if override else [])]
        return self.config_of(files, project=project, profiles=case.profiles)

    def config_of(self, files: Sequence[Path], *, project: str = "", profiles: Sequence[str] = ()) -> dict[str, Any]:
        """The parsed resolved configuration of `files`."""
        names = ["--project-name", project] if project else []
        profiles = [word for profile in profiles for word in ("--profile", profile)]
        command = [*self.program, *names, *profiles, *(word for file in files for word in ("--file", str(file)))]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment = {**kept, **({"COMPOSE_PROJECT_NAME": project} if project else {})}
        done = subprocess.run(
            [*command, "config", "--format", "json"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@cache
def compose_program() -> Compose | None:
    """The Compose program of this machine (``COMPOSE_PROGRAM`` names another), if there is one."""
    chosen = os.environ.get("COMPOSE_PROGRAM")
    candidates = [(chosen,)] if chosen else [("docker", "compose"), ("docker-compose",)]
    for candidate in candidates:
        if (
            shutil.which(candidate[0])
            and subprocess.run([*candidate, "version"], capture_output=True, check=False).returncode == 0
        ):
            return Compose(candidate)
    return None
