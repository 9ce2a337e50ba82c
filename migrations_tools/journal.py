"""What this run has made and how far it got; the lock that keeps two runs apart.

The journal is written *before* each thing is made, whole and atomically, so that a run that was killed at any
moment can be brought back by `cleanup`. It lives in the tool's own folder, which ignores itself in git.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from migrations_tools.errors import CannotProceed
from migrations_tools.files import partial, write_whole

FOLDER = ".migrations_tools"
_VERSION = 1
# The forms in which Compose is given a copy: on top of the stack's files, or as one whole file.
OVERRIDE, WHOLE = "override", "whole"


@dataclass(frozen=True, slots=True)
class Run:
    """One run, from `isolate` to `cleanup`, as it stands on disk.

    `form` is the form in which Compose is given the copy; `made` lists (kind, name or id) of everything that was
    or was about to be made; `compose_options` are the options that stand for the original on every Compose command;
    `hashes` are the sha256 of files that must not change; `inventory` is the rest of the machine as it was before.
    `endpoint` and `engine_id` are the Docker engine's address and own id, empty where the journal does not know them.
    """

    id: str
    project: str
    temp_project: str
    engine: str
    started: float
    token: str
    stage: str = "planned"
    form: str = OVERRIDE
    made: tuple[tuple[str, str], ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)
    compose_files: tuple[str, ...] = ()
    compose_options: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    inventory: Mapping[str, Any] = field(default_factory=dict)
    built_from: str = ""
    generated: tuple[Mapping[str, Any], ...] = ()
    held: tuple[Mapping[str, Any], ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    endpoint: str = ""
    engine_id: str = ""

    def names(self, kind: str) -> tuple[str, ...]:
        """Give the names (or ids) of one kind, in the order in which they were made."""
        return tuple(name for made_kind, name in self.made if made_kind == kind)


class Journal:
    """The run's record on disk, in `<root>/.migrations_tools/<suffix>/`."""

    def __init__(self, root: Path, suffix: str) -> None:
        self.folder = root / FOLDER / suffix.strip("_-")
        self.path = self.folder / "journal.json"
        self.override_path = self.folder / "override.yaml"
        self.whole_path = self.folder / "whole.yaml"
        self.report_path = self.folder / "last-run.json"
        self.error_path = self.folder / "last-error.txt"

    def read(self) -> Run | None:
        """Give the run that stands, or None.

        Raises CannotProceed when the file is there and is not a journal of this version.
        """
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CannotProceed(f"The journal {self.path} cannot be read: {error}.", tip=_BROKEN) from error
        if not isinstance(data, dict) or data.pop("version", None) != _VERSION:
            raise CannotProceed(f"The journal {self.path} was written by another version of the tool.", tip=_BROKEN)
        return _run(data)

    def write(self, run: Run) -> Run:
        """Write the run whole; it is on disk when this returns."""
        self.prepare()
        document = {"version": _VERSION, **asdict(run)}
        write_whole(self.path, json.dumps(document, indent=1, sort_keys=True), mode=0o600)
        return run

    def prepare(self) -> None:
        """Make the tool's folder, which tells git to ignore it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ignore = self.folder.parent / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, "*\n")

    def update(self, run: Run, **changes: Any) -> Run:
        """Write the run with some fields replaced."""
        return self.write(replace(run, **changes))

    def will_make(self, run: Run, *things: tuple[str, str]) -> Run:
        """Note things before they are made; what is noted already is not noted twice."""
        new = tuple(dict.fromkeys(thing for thing in things if thing not in run.made))
        return self.write(replace(run, made=run.made + new)) if new else run

    def forget(self) -> None:
        """Remove the run's state; the last report stays."""
        for path in (self.whole_path, self.override_path, self.error_path, self.path):
            partial(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)

    @contextmanager
    def lock(self, task: str) -> Iterator[None]:
        """Hold the project for one task.

        The operating system gives the lock back when the process dies, whatever killed it. Raises CannotProceed,
        naming the holder, when another process holds it.
        """
        from filelock import FileLock, Timeout

        self.prepare()
        holder = self.folder / "holder.json"
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise CannotProceed(f"{_holder_words(holder)} is at work on this project.", tip=_BUSY) from None
        try:
            write_whole(holder, json.dumps({"pid": os.getpid(), "task": task, "since": time.time()}))
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()
            (self.folder / "lock").unlink(missing_ok=True)


_BROKEN = "Nothing was touched. Look at the file; without it `invoke cleanup` can only list what carries the labels."
_BUSY = "Wait for it to end. A process that died holds nothing: its lock went with it."


def _run(data: Mapping[str, Any]) -> Run:
    tuples = {key: tuple(data[key]) for key in ("compose_files", "compose_options", "generated", "held", "steps")}
    made = tuple((kind, name) for kind, name in data["made"])
    return Run(**{**data, **tuples, "made": made})


def _holder_words(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "Another task"
    since = time.strftime("%H:%M:%S", time.localtime(holder["since"]))
    return f"`invoke {holder['task']}` (process {holder['pid']}, since {since})"
