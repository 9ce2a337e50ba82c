"""Where the tool keeps its state: in a folder of the user's, one for each project, outside of all of them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from migrations_tools.errors import CannotProceed
from migrations_tools.files import make_folder, write_whole

_OWN = "migrations_tools"
_PROJECT_FILE = "project.json"
_UNREADABLE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_UNWRITTEN = (
    "What stood there before is whole, and nothing was made that it does not list. When there is room and this user"
    " may write there, run the command again, or `invoke cleanup`."
)


class StateFolder:
    """One run's folder in the project's state folder: `<state>/<project>-<digest of its path>/<name>/`."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root.resolve()
        self._base = _base()
        self._project = self._base / f"{_readable(self._root.name)}-{_digest(self._root)}"
        self.path = self._project / name

    def find(self) -> None:
        """Take over what is kept of a project that was moved here. Raises CannotProceed for a folder of others."""
        self._refuse_others()
        if not self._project.exists() and (before := self._before_it_was_moved()):
            with writing(f"The state folder {before} cannot be renamed to {self._project.name}"):
                before.rename(self._project)
                self._note_project()

    def make(self) -> None:
        """Make the folder; only its user may look into it. Raises CannotProceed."""
        self.find()
        missing = [each for each in (*reversed(self.path.parents), self.path) if not each.exists()]
        for folder in missing:
            with writing(f"The state folder {folder} cannot be made"):
                make_folder(folder, mode=0o700)
        if not (self._project / _PROJECT_FILE).exists():
            with writing(f"The file {self._project / _PROJECT_FILE} cannot be written"):
                self._note_project()

    def _note_project(self) -> None:
        # By way of a name of its own: another process may be doing the same.
        own = self._project / f".{token_hex(4)}-{_PROJECT_FILE}"
        write_whole(own, json.dumps({"root": str(self._root), "place": _place(self._root)}) + "\n", mode=0o600)
        own.replace(self._project / _PROJECT_FILE)

    def _before_it_was_moved(self) -> Path | None:
        """Return the state folder of a project that stood elsewhere, is gone from there, and is the same folder."""
        here = _place(self._root)
        for file in self._base.glob(f"*/{_PROJECT_FILE}"):
            noted = _noted(file)
            if here and noted.get("place") == here and not os.path.lexists(str(noted.get("root"))):
                return file.parent
        return None

    def _refuse_others(self) -> None:
        """Refuse a link, whose other end would be written to, a file, and what another user made in a shared place."""
        for folder in (self._base, self._project, self.path):
            status = _status(folder)
            if status is None:
                return
            if not stat.S_ISDIR(status.st_mode) and not (folder == self._base and folder.is_dir()):
                link = stat.S_ISLNK(status.st_mode)
                raise _refused(folder, "is a symbolic link" if link else "is a file", "Remove it.")
            if status.st_uid not in _own_ids():
                raise _refused(folder, "belongs to another user", _ELSEWHERE)


def _status(folder: Path) -> os.stat_result | None:
    """Return what has a folder's name, a link for itself; None where nothing has."""
    with writing(f"The state folder {folder} cannot be looked at"):
        try:
            return folder.lstat()
        except FileNotFoundError:
            return None


_ELSEWHERE = "Set XDG_STATE_HOME to a folder of your own, the same for all tasks of a run."


def _refused(folder: Path, why: str, tip: str) -> CannotProceed:
    return CannotProceed(f"The state folder {folder} {why}; nothing was written or removed in it.", tip=tip)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Say in words what could not be written. Raises CannotProceed in the place of OSError."""
    try:
        yield
    except OSError as error:
        raise CannotProceed(f"{what}: {error.strerror or error}.", tip=_UNWRITTEN) from error


def _base() -> Path:
    """Return the user's folder for state of this tool, by the XDG specification, or macOS's own place.

    A Docker that is installed as a snap reads no hidden folder of the home, so that the files handed to it lie in
    its own. Where there is no home to write to: a folder for this user among the temporary ones.
    """
    configured = Path(os.environ.get("XDG_STATE_HOME") or ".")
    if configured.is_absolute():
        return configured / _OWN
    home = _home()
    if home is None:
        return Path(tempfile.gettempdir()).resolve() / f"{_OWN}-{os.geteuid()}-state"
    if _docker_is_a_snap():
        return home / "snap" / "docker" / "common" / _OWN
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / _OWN
    return home / ".local" / "state" / _OWN


def _home() -> Path | None:
    """Return the home of whoever called, also under sudo; None when it is not there or may not be written to."""
    with suppress(KeyError, RuntimeError, OSError):
        home = _callers_home() if _called_by_sudo() else Path.home()
        return home if home.is_absolute() and os.access(home, os.W_OK | os.X_OK) else None
    return None


def _callers_home() -> Path:
    import pwd

    return Path(pwd.getpwuid(int(os.environ["SUDO_UID"])).pw_dir)


def _called_by_sudo() -> bool:
    return os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdigit()


def _own_ids() -> set[int]:
    return {os.geteuid(), *([int(os.environ["SUDO_UID"])] if _called_by_sudo() else [])}


def _docker_is_a_snap() -> bool:
    program = shutil.which("docker") or ""
    return program.startswith("/snap/") or os.path.realpath(program) == "/usr/bin/snap"


def _readable(name: str) -> str:
    return _UNREADABLE_NAME.sub("-", name)[:40].strip("-.") or "project"


def _digest(root: Path) -> str:
    return hashlib.sha256(os.fsencode(root)).hexdigest()[:12]


def _place(root: Path) -> list[int]:
    """Return what stays the same when a folder is moved: its file system and its number there."""
    with suppress(OSError):
        status = root.stat()
        return [status.st_dev, status.st_ino]
    return []


def _noted(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        data = json.loads(file.read_text(encoding="utf-8"))
        return data if isinstance(data, dict) else {}
    return {}
