"""Who runs the server, in which environment and within reach of what; PostgreSQL refuses to be run by root."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_tools.errors import CannotProceed

_STAND_INS = ("nobody", "daemon", "postgres")
_CONFIGURED = ("TMPDIR", "TEMP", "TMP")
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that runs the server; `other` tells that it is not the one that runs this tool."""

    uid: int
    gid: int
    other: bool = False

    @property
    def process_options(self) -> dict[str, Any]:
        """Return what `subprocess` needs to run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}

    def own(self, path: Path | int) -> None:
        """Give a path (or an open file) to this account."""
        if self.other:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Return whether the account can pass through every folder down to this path, judged by modes alone."""
        resolved = path.resolve()
        return all(self._passes(step) for step in (resolved, *resolved.parents) if step.is_dir())

    def _passes(self, folder: Path) -> bool:
        if not self.other:
            return os.access(folder, os.X_OK)
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == self.gid else stat.S_IXOTH))


def server_account() -> Account:
    """Return the account for the server: the user's own; for root, whoever called sudo, or an unprivileged one.

    No account is made. It needs an entry in the password database, which `initdb` reads. Raises CannotProceed.
    """
    if sys.platform == "win32":
        raise CannotProceed("The embedded engine needs Linux or macOS.", tip="Take `engine: compose` or `server`.")
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for account in _stand_ins():
        return account
    raise CannotProceed(
        f"PostgreSQL refuses to run as root, and none of the accounts {', '.join(_STAND_INS)} exists here.",
        tip="Run as another user, or make one of these accounts.",
    )


def _stand_ins() -> Iterator[Account]:
    import pwd

    with suppress(KeyError, ValueError):
        caller = pwd.getpwuid(int(os.environ.get("SUDO_UID", "0")))
        if caller.pw_uid:
            yield Account(caller.pw_uid, caller.pw_gid, other=True)
    for name in _STAND_INS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            yield Account(entry.pw_uid, entry.pw_gid, other=True)


def environment() -> Mapping[str, str]:
    """Return the whole environment of the server's programs: nothing that leads elsewhere, no secret of the user's."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def temporary_folders(account: Account) -> list[Path]:
    """Return the temporary folders that the account can reach, the configured one first.

    Python's own `tempfile` tries a folder by writing to it, and a kill in between would leave that file.
    """
    configured = [Path(os.environ[name]).absolute() for name in _CONFIGURED if os.environ.get(name)]
    bases = dict.fromkeys((*configured, Path("/tmp"), Path("/var/tmp")))  # noqa: S108 - their names
    return [base for base in bases if base.is_dir() and account.reaches(base)]
