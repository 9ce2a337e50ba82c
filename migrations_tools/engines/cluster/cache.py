"""The folder where initialised clusters and copied programs are kept, and the lock of those who add to it."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from migrations_tools.engines.cluster.account import Account, temporary_folders
from migrations_tools.errors import CannotProceed

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_NO_CACHE_TIP = "Set XDG_CACHE_HOME to a folder of your own that nobody else may write to."
_LOCK_SECONDS = 180.0
_BUILD = "build-"
_UNUSED_SECONDS = 60 * 24 * 3600.0


def cache_folder(account: Account) -> Path:
    """Return the folder of the cache, made if need be, which only the user of this tool can write to.

    In order: `$XDG_CACHE_HOME/migrations_tools`, `~/.cache/migrations_tools` (not for root, whose home the server's
    account cannot reach), `migrations_tools-<uid>` in a temporary folder. Raises CannotProceed.
    """
    candidates = list(_cache_candidates(account))
    for folder in candidates:
        with suppress(OSError):
            if _is_ours(folder, account):
                return folder
    tried = ", ".join(str(folder) for folder in candidates)
    raise CannotProceed(f"No folder for the cache of PostgreSQL clusters can be used (tried {tried}).", _NO_CACHE_TIP)


def _cache_candidates(account: Account) -> Iterator[Path]:
    if configured := os.environ.get("XDG_CACHE_HOME"):
        yield Path(configured) / "migrations_tools"
    elif not account.other:
        with suppress(RuntimeError):
            yield Path.home() / ".cache" / "migrations_tools"
    for base in temporary_folders(account):
        yield base / f"migrations_tools-{os.geteuid()}"


def _is_ours(folder: Path, account: Account) -> bool:
    # A folder that somebody else made first in a shared place could hold anything: its owner is looked at.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS:
        return False
    if account.other:
        folder.chmod(0o711)
    return os.access(folder, os.W_OK) and account.reaches(folder)


@contextmanager
def building(cache: Path) -> Iterator[Path]:
    """Hold the cache for a build and give a fresh name inside it for the things that are not ready.

    The operating system gives the lock back when the process dies, so whatever else is called a build then is what
    a kill left, and is removed, like entries that nobody used for 60 days. Raises CannotProceed after three minutes.
    """
    import fcntl

    # Who may not open the file cannot hold the lock against its owner.
    (cache / "lock").touch(mode=0o600)
    with (cache / "lock").open("w", encoding="utf-8") as lock:
        _wait_for(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB), cache)
        _prune(cache)
        aside = cache / f"{_BUILD}{token_hex(8)}"
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _wait_for(take: Callable[[], None], cache: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return take()
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CannotProceed(
                    f"Another process has been filling the cache {cache} for {_LOCK_SECONDS:.0f} seconds.",
                    "Wait for it or end it: the lock goes with the process that holds it.",
                ) from None
        time.sleep(0.05)


def _prune(cache: Path) -> None:
    for path in cache.iterdir():
        unused = path.name != "lock" and time.time() - path.lstat().st_mtime > _UNUSED_SECONDS
        if path.name.startswith(_BUILD) or unused:
            _discard(path)


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def mark_used(path: Path) -> None:
    """Note that an entry was used now; entries that nobody uses are removed some day."""
    with suppress(OSError):
        os.utime(path)
