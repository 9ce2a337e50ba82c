"""What the runs of this user are about to make on this machine, claimed before the engine knows of it.

Between the plan of a copy and its first container minutes may pass, a build, in which another run would find the
copy's name and its ports free. So the name is a lock for as long as a copy is made, and its record lists the ports.
Like every lock it goes with its process; the file of a process that was killed is removed by the next `cleanup`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from migrations_tools import process_lock
from migrations_tools.engines.cluster.account import Account
from migrations_tools.engines.cluster.cache import cache_folder
from migrations_tools.files import make_folder

_PLANNING_SECONDS = 60.0


@contextmanager
def claimed(copy: str, environment: Mapping[str, str], task: str, root: Path) -> Iterator[process_lock.Held]:
    """Hold a copy's name on the engine of the environment for the time of the block.

    Raises CannotProceed when another run is making a copy of that name: which, since when, in which folder.
    """
    engine = "\0".join((environment.get("DOCKER_HOST", ""), environment.get("DOCKER_CONTEXT", ""), copy))
    path = _folder() / f"copy-{hashlib.sha256(engine.encode(errors='surrogateescape')).hexdigest()[:16]}"
    subject = f"a copy of the same name, {copy}; another `suffix` gives another name"
    with process_lock.held(path, task, subject, folder=str(root)) as lock:
        yield lock


@contextmanager
def planning(task: str) -> Iterator[None]:
    """Hold the right to choose ports, for the moment that it takes; another run that is choosing is waited for."""
    with process_lock.held(_folder() / "planning", task, "choosing ports", _PLANNING_SECONDS):
        yield


def ports() -> frozenset[int]:
    """Return the ports of the copies that other runs are making."""
    records = (process_lock.holder(path) for path in _folder().glob("copy-*"))
    return frozenset(port for record in records for port in record.get("ports", ()) if isinstance(port, int))


def clear_dead() -> None:
    """Remove the records of runs that died while they made a copy. Raises CannotProceed without a cache folder."""
    for path in _folder().iterdir():
        process_lock.clear_dead(path)


def _folder() -> Path:
    folder = cache_folder(Account(os.geteuid(), os.getegid())) / "claims"
    make_folder(folder)
    return folder
