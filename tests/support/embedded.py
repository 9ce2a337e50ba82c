"""A disposable PostgreSQL server for tests: the embedded engine's own cluster, gone when the `with` block ends.

The binaries are, in this order: the folder that `TEST_POSTGRES_BINDIR` names, a wheel (so that tests do not depend
on the machine), what the machine has.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from migrations_tools.engines import cluster as clusters
from migrations_tools.engines.cluster import Binaries, Cluster


@dataclass(frozen=True, slots=True)
class Server:
    """Where the running server listens, and who may come in (a superuser)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    socket_folder: Path

    def url(self, dbname: str = "postgres") -> str:
        """Return the libpq URL of one database."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{dbname}"


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, give it, and end it; nothing is left behind."""
    with running_cluster() as cluster:
        state = cluster.state
        yield Server("127.0.0.1", state.port, state.superuser, cluster.password, Path(state.socket_folder))


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Make a cluster, give it, and remove it.

    Raises what `find_binaries` and `make` raise when there are no binaries or the server does not come up.
    """
    with open_folder() as folder:
        cluster = clusters.make(folder / "cluster", binaries_for_tests(), lambda _: None)
        try:
            yield cluster
        finally:
            clusters.remove(cluster.state)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a temporary folder that the server's account can pass through, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries_for_tests() -> Binaries:
    """Return the binaries for the tests."""
    wheels = clusters.wheel_folders()
    setting = os.environ.get("TEST_POSTGRES_BINDIR", "") or (str(wheels[0]) if wheels else "")
    return clusters.find_binaries(setting)
