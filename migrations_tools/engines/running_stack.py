"""The original as it runs: what the labels of its containers say that it was started from.

A project's Compose file does not say with which other files, environment files, name and profiles somebody started
it. Compose notes all but the profiles on every container that it makes; of these, the services that run speak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.engines.compose import PROJECT_LABEL, inspect
from migrations_tools.engines.docker import Docker
from migrations_tools.isolation.inputs import LABEL
from migrations_tools.settings import Settings

_UP = frozenset({"running", "restarting", "paused"})


@dataclass(frozen=True, slots=True)
class Running:
    """A Compose project that has containers: what it was started from, and the services that are up."""

    project: str
    directory: Path
    files: tuple[Path, ...]
    env_files: tuple[Path, ...]
    services: frozenset[str]


def running_stacks(docker: Docker) -> tuple[Running, ...]:
    """Return the Compose projects that have containers on the engine, copies made by this tool left out."""
    ids = docker.query_lines("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={PROJECT_LABEL}")
    return stacks_of(inspect(docker, ids))


def stacks_of(containers: Iterable[Mapping[str, Any]]) -> tuple[Running, ...]:
    """Read `docker inspect` of containers, newest first: the newest of a project says what it was started from."""
    found: dict[str, Running] = {}
    for item in containers:
        labels = item["Config"].get("Labels") or {}
        # A container that somebody runs from an image which Compose built has the image's label of the project.
        made_by_compose = f"{PROJECT_LABEL}.config_files" in labels
        if not made_by_compose or LABEL in labels or labels.get("com.docker.compose.oneoff") == "True":
            continue
        stack = found.setdefault(labels[PROJECT_LABEL], _started_from(labels))
        up = {labels.get("com.docker.compose.service", "")} if item["State"]["Status"] in _UP else set()
        found[stack.project] = replace(stack, services=stack.services | up)
    return tuple(found.values())


def of_this_project(
    stacks: Iterable[Running], compose: ComposeFiles, set_name: str, name: Callable[[], str]
) -> Running | None:
    """Return the stack that was started from these files, under its own name or under another one.

    `set_name` is the name that the user has set: then no other counts. `name` gives the one that Compose gives the
    files, and is asked only when it matters, since the files may not load without what a stack was started with.
    """
    near = [stack for stack in stacks if stack.files[:1] == compose.files[:1] or stack.directory == compose.directory]
    same = [stack for stack in near if stack.files[:1] == compose.files[:1] and set_name in ("", stack.project)]
    if len(near) <= 1 and near == same:
        return near[0] if near else None
    wanted = set_name or name()
    named = [stack for stack in near if stack.project == wanted and stack.directory == compose.directory]
    chosen = named or same
    return chosen[0] if len(chosen) == 1 else None


def only_one_within(stacks: Iterable[Running], root: Path) -> ComposeFiles | None:
    """Return the files of the one stack that was started from below `root`; None when there is none, or several."""
    here = root.resolve()
    within = [stack for stack in stacks if here in (stack.directory, *stack.directory.parents) and _is_here(stack)]
    return _files_of(within[0]) if len(within) == 1 else None


def as_it_runs(compose: ComposeFiles, stack: Running, settings: Settings) -> ComposeFiles:
    """Return the files with what the running stack says of them, where the user has set nothing else.

    A stack whose files are gone, or are another machine's, says its name alone.
    """
    if not settings.compose_files and _is_here(stack) and stack.files != compose.files:
        return _files_of(stack)
    env_files = () if settings.env_files or not _is_here(stack) else stack.env_files
    return replace(compose, env_files=env_files, project=stack.project)


def _files_of(stack: Running) -> ComposeFiles:
    return ComposeFiles(
        stack.files,
        stack.directory,
        f"as the running stack {stack.project} was started",
        stack.env_files,
        stack.project,
    )


def _is_here(stack: Running) -> bool:
    return bool(stack.files) and all(path.is_file() for path in (*stack.files, *stack.env_files))


def _started_from(labels: Mapping[str, str]) -> Running:
    return Running(
        project=labels[PROJECT_LABEL],
        directory=Path(labels.get(f"{PROJECT_LABEL}.working_dir") or "/").resolve(),
        files=_paths(labels.get(f"{PROJECT_LABEL}.config_files", "")),
        env_files=_paths(labels.get(f"{PROJECT_LABEL}.environment_file", "")),
        services=frozenset(),
    )


def _paths(label: str) -> tuple[Path, ...]:
    return tuple(Path(name).resolve() for name in label.split(",") if name)
