"""A lock that one process holds; the operating system gives it back when the process dies, whatever killed it.

The file of the lock says who holds it. It is removed while the lock is still held, and whoever takes a lock makes
sure that the file is still the one of that name: two processes can never hold "the" lock on two files.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.errors import CannotProceed

# Long enough for somebody who only looks, or who is letting go.
_PATIENCE = 0.5
_LOOK = 0.01
_LONGEST_RECORD = 65536


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that this process holds."""

    path: Path
    handle: int
    record: Mapping[str, Any]

    def note(self, **more: Any) -> None:
        """Write more into the lock's file, for others to read."""
        text = json.dumps({**self.record, **more}).encode()
        # The record is for people and for plans; on a full disk the lock holds without it.
        with suppress(OSError):
            os.ftruncate(self.handle, 0)
            os.pwrite(self.handle, text, 0)


@contextmanager
def held(path: Path, task: str, subject: str, patience: float = _PATIENCE, **more: Any) -> Iterator[Held]:
    """Hold a lock for the time of the block; `subject` says in words what it keeps others from.

    `patience` is how many seconds to wait for it, `more` goes into the record of who holds it. Raises CannotProceed
    when another process holds it: who that is, since when, and what to do.
    """
    handle = _take(path, subject, patience)
    try:
        _refuse_another_host(path, handle, subject)
        try:
            who = {"pid": os.getpid(), "host": socket.gethostname(), "numbers": _numbers()}
            record = {"task": task, **who, "since": time.time(), **more}
            taken = Held(path, handle, record)
            taken.note()
            yield taken
        finally:
            # While it is still held; and not if somebody took the whole folder away and another began anew.
            if _is_at(path, handle):
                path.unlink()
    finally:
        os.close(handle)


def holder(path: Path) -> Mapping[str, Any]:
    """Return the record of who else holds a lock right now; empty when nobody does, or this process itself."""
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return {}
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        record = _record(path) or {"task": "", "pid": 0}
        ours = record["pid"] == os.getpid() and not _is_elsewhere(record)
        return {} if ours else record
    finally:
        os.close(handle)
    return {}


def clear_dead(path: Path) -> None:
    """Remove the file that a dead holder of this machine left; while somebody holds the lock, it stays."""
    handle = _try(path)
    if handle is None:
        return
    try:
        if _parsed(os.pread(handle, _LONGEST_RECORD, 0)).get("host") in (None, socket.gethostname()):
            path.unlink()
    finally:
        os.close(handle)


def words(record: Mapping[str, Any]) -> str:
    """Return who holds a lock: the task, the process, where, since when, for which folder."""
    if not record.get("task"):
        return "Another task"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(record.get("since", 0))))
    elsewhere = f" on {record.get('host')}" if _is_elsewhere(record) else ""
    folder = f", in {record['folder']}" if record.get("folder") else ""
    return f"`invoke {record['task']}` (process {record.get('pid')}{elsewhere}, since {since}{folder})"


def _take(path: Path, subject: str, patience: float) -> int:
    """Return the open file of the lock, taken, that is the one of this name."""
    end = time.monotonic() + patience
    while True:
        try:
            handle = _try(path)
        except OSError as error:
            raise CannotProceed(f"The lock {path} cannot be taken: {error.strerror}.", tip=_CLOSED) from error
        if handle is not None:
            return handle
        if time.monotonic() > end:
            raise _busy(path, subject)
        time.sleep(_LOOK)


_CLOSED = "May this user write there, and is there room? Nothing was touched."


def _try(path: Path) -> int | None:
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its holder may have removed the file in between: then this lock keeps nobody out.
        if _is_at(path, handle):
            return handle
    except BlockingIOError:
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _busy(path: Path, subject: str) -> CannotProceed:
    record = _record(path)
    known = bool(record.get("task")) and (_is_elsewhere(record) or _lives(int(record["pid"])))
    return CannotProceed(
        f"{words(record if known else {})} is at work on {subject}.",
        tip=f"Wait for it, or {_ending(record) if known else 'end it'}; a process that died holds nothing, its lock"
        " went with it. What a task that was ended left behind, `invoke cleanup` brings back.",
    )


def _ending(record: Mapping[str, Any]) -> str:
    """Return how to end a holder; its number means nothing to another machine or container than its own."""
    if not _is_elsewhere(record):
        return f"end it (kill {record['pid']})"
    return f"end it where it runs (kill {record['pid']} there, not here: this is {socket.gethostname()})"


def _is_elsewhere(record: Mapping[str, Any]) -> bool:
    return (record.get("host"), record.get("numbers", _numbers())) != (socket.gethostname(), _numbers())


def _numbers() -> str:
    """Return what tells processes' numbers of one container from those of another, where the system says it."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _refuse_another_host(path: Path, handle: int, subject: str) -> None:
    """Refuse when the record of a holder on another host is left: from here nobody can tell whether it lives.

    Not every file system that machines share carries locks from one to the other.
    """
    record = _parsed(os.pread(handle, _LONGEST_RECORD, 0))
    if record.get("host") not in (None, socket.gethostname()):
        raise CannotProceed(
            f"{words(record)} is, or was, at work on {subject}; from this machine it cannot be seen.",
            tip=f"Look there. If it has ended, remove {path} and run the command again.",
        )


def _record(path: Path) -> Mapping[str, Any]:
    try:
        return _parsed(path.read_bytes())
    except OSError:
        return {}


def _parsed(content: bytes) -> Mapping[str, Any]:
    """Read a record; one that is being written, or is none, is empty."""
    try:
        found = json.loads(content)
        return found if isinstance(found, dict) and isinstance(found["pid"], int) and float(found["since"]) else {}
    except (ValueError, TypeError, KeyError):
        return {}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
