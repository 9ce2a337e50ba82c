"""What this run has made and how far it got.

The journal is written *before* each thing is made, whole and atomically, so that a run that was killed at any
moment can be brought back by `cleanup`. It lives in the user's state folder, outside the project: what lay in the
project would go into its images and break their build cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

from migrations_tools import process_lock
from migrations_tools.errors import CannotProceed
from migrations_tools.files import partial, write_whole
from migrations_tools.state_folder import StateFolder, writing

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One run, from `isolate` to `cleanup`, as it stands on disk."""

    id: str
    #: The Compose project that is copied, and the copy's.
    project: str
    temp_project: str
    #: The engine's name: `compose`, `embedded` or `server`.
    engine: str
    #: When it began, in seconds since the epoch.
    started: float
    #: The comment that every database of the run carries.
    token: str
    #: How far it got: `planned`, `busy`, `failed`, `isolated`, `generated`, `validated`.
    stage: str = "planned"
    #: Kind and name (or id) of everything that was or was about to be made.
    made: tuple[tuple[str, str], ...] = ()
    #: What the engine needs to find its own again: the isolation plan, the cluster's state, the server's identity.
    plan: Mapping[str, Any] = field(default_factory=dict)
    #: The original's Compose files, and the options that stand for it on every Compose command.
    compose_files: tuple[str, ...] = ()
    compose_options: tuple[str, ...] = ()
    #: The sha256 of files that must not change, by path.
    hashes: Mapping[str, str] = field(default_factory=dict)
    #: The rest of the machine as it was before.
    inventory: Mapping[str, Any] = field(default_factory=dict)
    #: Whether the migrations run before the application starts: it makes tables itself at its start.
    migrate_first: bool = False
    #: The fingerprint of the files that the images were built from.
    built_from: str = ""
    #: The revision files that were written.
    generated: tuple[Mapping[str, Any], ...] = ()
    #: The findings that were held back.
    held: tuple[Mapping[str, Any], ...] = ()
    #: What was allowed by name (`CODE:object`), and the modules that were taken in, with options of `generate`.
    allowed: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    #: The steps of `isolate`, with their seconds, for the run's record.
    steps: tuple[Mapping[str, Any], ...] = ()
    #: The PostgreSQL that was asked for in the place of the project's own; empty where none was.
    postgres: str = ""
    #: The Docker engine's address and own id; empty where the journal does not know them.
    endpoint: str = ""
    engine_id: str = ""

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names (or ids) of one kind, in the order in which they were made."""
        return tuple(name for made_kind, name in self.made if made_kind == kind)


class Journal:
    """The run's record on disk, in the project's state folder, and the one owner of the run in memory.

    A task reads it once, when it begins; from then on what is in memory is what is on disk, for the task holds the
    project's lock. Threads may change it at the same time.
    """

    def __init__(self, root: Path, suffix: str) -> None:
        self.root = root
        self._place = StateFolder(root, suffix.removeprefix("_"))
        self.folder = self._place.path
        self.path = self.folder / "journal.json"
        self.override_path = self.folder / "override.yaml"
        self.report_path = self.folder / "last-run.json"
        self.error_path = self.folder / "last-error.txt"
        self.refused_path = self.folder / "refused.py"
        self.commands_path = self.folder / "commands.jsonl"
        self._commands: list[tuple[str, ...]] = []
        self.lock_path = self.folder / "lock"
        self._run: Run | None = None
        self._changing = RLock()

    @property
    def run(self) -> Run:
        """The run that stands, as it was read or begun. Raises CannotProceed when there is none."""
        if self._run is None:
            raise CannotProceed("No temp stack stands.", tip="Run `invoke isolate` first.")
        return self._run

    def read(self) -> Run | None:
        """Read the run that stands and return it, or None.

        Raises CannotProceed, the file left as it is, when it is there and is not a journal of this version.
        """
        self._run = None
        self._place.find()
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise self._broken(f"cannot be read: {error}") from error
        if not isinstance(data, dict) or data.pop("version", None) != _VERSION:
            raise self._broken("was written by another version of the tool, or by something else")
        try:
            self._run = _parse(data)
        except (KeyError, TypeError, ValueError) as error:
            raise self._broken(f"is not as this tool writes it: {error}") from error
        return self._run

    def begin(self, run: Run) -> None:
        """Write a run whole, which stands from then on; it is on disk when this returns.

        Raises CannotProceed when that is not possible; then the journal is the one from before.
        """
        with self._changing:
            self._write(run)

    def _write(self, run: Run) -> None:
        self.prepare()
        document = {"version": _VERSION, **asdict(run)}
        text = json.dumps(document, indent=1, sort_keys=True)
        with writing(f"The journal {self.path} cannot be written"):
            write_whole(self.path, text, mode=0o600)
        self._run = run

    def prepare(self) -> None:
        """Make the project's state folder."""
        self._place.make()

    def update(self, **changes: Any) -> None:
        """Write the run with some fields replaced."""
        with self._changing:
            self._write(replace(self.run, **changes))

    def will_make(self, *things: tuple[str, str]) -> None:
        """Note things before they are made; what is noted already is not noted twice."""
        with self._changing:
            if new := self._unnoted(things):
                self.update(made=self.run.made + new)

    def was_made(self, *things: tuple[str, str]) -> None:
        """Note things that are to be removed: until this process ends they are known, whatever comes of writing.

        Raises CannotProceed when they cannot be written: on a full disk it is their removal that makes room.
        """
        with self._changing:
            if new := self._unnoted(things):
                self._run = replace(self.run, made=self.run.made + new)
                self._write(self._run)

    def _unnoted(self, things: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple(dict.fromkeys(thing for thing in things if thing not in self.run.made))

    def note_command(self, words: Sequence[str]) -> None:
        """Note a command that changes something, before it runs: what the machine's inventory is held against.

        On a full disk this process alone remembers it: the removal that makes room must not stop here.
        """
        self._commands.append(tuple(words))
        if self.path.exists():
            with suppress(OSError):
                self.commands_path.touch(0o600)
                with self.commands_path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(list(words)) + "\n")

    def commands(self) -> tuple[tuple[str, ...], ...]:
        """Return the noted commands of all tasks; a line that a full disk cut short is left out."""
        try:
            lines = self.commands_path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        read = (tuple(map(str, json.loads(line))) for line in lines if line.endswith("]"))
        return tuple(dict.fromkeys((*read, *self._commands)))

    def forget(self) -> None:
        """Remove the run's state; the last report stays."""
        kept_until_now = (self.override_path, self.error_path, self.refused_path, self.commands_path)
        for path in (*kept_until_now, self.path):
            partial(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        self._run = None

    @contextmanager
    def lock(self, task: str) -> Iterator[None]:
        """Hold the project for one task.

        Raises CannotProceed, naming the holder, when another process holds it.
        """
        self.prepare()
        with process_lock.held(self.lock_path, task, "this project"):
            yield

    def at_work(self) -> str:
        """Return which task holds the project right now; empty when none does."""
        record = process_lock.holder(self.lock_path)
        return process_lock.words(record) if record else ""

    def _broken(self, how: str) -> CannotProceed:
        return CannotProceed(f"The journal {self.path} {how}.", tip=_BROKEN)


_BROKEN = (
    "Nothing was touched. Look at the file. Once it is moved away, `invoke cleanup` lists what carries this folder's"
    " labels, for you to remove."
)


def _parse(data: Mapping[str, Any]) -> Run:
    tuples = {key: tuple(data[key]) for key in ("compose_files", "compose_options", "generated", "held", "steps")}
    tuples |= {key: tuple(data.get(key, ())) for key in ("allowed", "imports")}
    made = tuple((str(kind), str(name)) for kind, name in data["made"])
    run = Run(**{**data, **tuples, "made": made})
    for key in ("id", "project", "temp_project", "engine", "token", "stage"):
        if not isinstance(getattr(run, key), str):
            raise TypeError(f"{key} is no text")
    return run
