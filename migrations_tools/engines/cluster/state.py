"""What is known of a cluster: the part that is written to the journal, and the open one that holds the password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from migrations_tools.engines.connections import dial
from migrations_tools.errors import CannotProceed

if TYPE_CHECKING:
    import psycopg

HOST = "127.0.0.1"
SUPERUSER = "migrations_tools"
# A server of this machine's own has no certificate, whatever PGSSLMODE demands of others.
UNENCRYPTED = (("sslmode", "disable"),)
# libpq 16 and newer can be told to accept nothing else: then a server proves that it knows the password as well.
_REQUIRE_AUTH_SINCE = 160000


@dataclass(frozen=True, slots=True)
class ClusterState:
    """Everything that a later process needs to find the cluster again, and nothing secret.

    `id` is random and stands in the server's command line, in the folder and in the socket folder's name: it is
    how the process and the folders are told from anybody else's. `pid` is 0 and `port` is 0 until the server was
    started; `pid_started` is compared for equality and means nothing else. The superuser's password is *not* here:
    it is in `password_file`, readable by the user alone, which is removed with the folder.
    """

    id: str
    folder: str
    socket_folder: str
    major: int
    binaries: str
    superuser: str = SUPERUSER
    port: int = 0
    pid: int = 0
    pid_started: str = ""

    @property
    def data(self) -> Path:
        """Return PostgreSQL's data folder."""
        return Path(self.folder) / "data"

    @property
    def log(self) -> Path:
        """Return the file that the server writes its messages to."""
        return Path(self.folder) / "log"

    @property
    def password_file(self) -> Path:
        """Return the file that holds the superuser's password for as long as the cluster exists."""
        return Path(self.folder) / "password"

    @property
    def marker(self) -> Path:
        """Return the empty file by whose name the folder is known as this cluster's."""
        return Path(self.folder) / f"cluster-{self.id}"

    @property
    def cluster_name(self) -> str:
        """Return the server's own name (`cluster_name`), which the titles of all its processes show."""
        return f"mt-{self.id}"

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClusterState:
        """Return the state that `to_json` wrote; raises CannotProceed when it is not one."""
        try:
            return cls(**data)
        except TypeError as error:
            raise CannotProceed(f"What was noted about the embedded cluster cannot be read: {error}.") from error

    def changed(self, **changes: Any) -> ClusterState:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster and the superuser's password."""

    state: ClusterState
    password: str = field(repr=False)

    def url(self, database: str = "postgres", user: str = "", password: str = "") -> str:
        """Return the libpq URL of a database, for the superuser unless a user is given."""
        name, secret = (user, password) if user else (self.state.superuser, self.password)
        login = f"{quote(name, safe='')}:{quote(secret, safe='')}"
        return f"postgresql://{login}@{HOST}:{self.state.port}/{quote(database, safe='')}"

    @contextmanager
    def connect(self, database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """Open an autocommitting connection of the superuser; raises CannotProceed when nobody answers.

        SCRAM (RFC 5802) has the server prove that it knows the password too, which is this cluster's alone.
        """
        import psycopg

        proof = [("require_auth", "scram-sha-256")] if psycopg.pq.version() >= _REQUIRE_AUTH_SINCE else []
        options = [*UNENCRYPTED, *proof]
        try:
            connection = dial([(HOST, self.state.port)], self.state.superuser, self.password, database, options)
        except psycopg.OperationalError as error:
            raise CannotProceed(
                f"The embedded PostgreSQL on port {self.state.port} does not answer: {error}"
            ) from error
        with connection:
            yield connection
