"""Make a cluster, find it again, stop it, remove it: each step noted before it is made and undone by exact identity."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from migrations_tools.engines.cluster import processes
from migrations_tools.engines.cluster.account import Account, environment, server_account, temporary_folders
from migrations_tools.engines.cluster.binaries import Binaries, reachable
from migrations_tools.engines.cluster.state import HOST, Cluster, ClusterState
from migrations_tools.engines.cluster.template import failed, new_data_folder, single_user
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, MigrationsToolsError

Note = Callable[[dict[str, Any]], object]

_NOT_MADE_TIP = "Is there room on the disk, and may this user write there? What was made was removed."
_LAUNCH_SECONDS = 30
_PORT_ATTEMPTS = 5
# unix(7): sun_path has 108 bytes and a zero at the end; on macOS and the BSDs it has 104.
_SOCKET_BYTES = 107 if sys.platform == "linux" else 103
_LONGEST_SOCKET_NAME = "/.s.PGSQL.65535"


def make(folder: Path, binaries: Binaries, note: Note, limit: Limit | None = None) -> Cluster:
    """Make a cluster in a new folder and start it, ready within the limit; it outlives this process.

    `note` is handed the state as plain values: before anything is made, and right after the server started, with
    its pid (again if another port had to be taken). A state from any of these moments is enough for `remove`.
    Where the server's account cannot reach `folder` (root, in a home of its own), a temporary folder is taken
    instead: the state says which. Raises CannotProceed or CommandFailed; what was made is removed then.
    """
    account = server_account()
    binaries = reachable(binaries, account)
    state = _planned(folder.absolute(), binaries, account)
    note(state.to_json())
    try:
        return _make_and_start(state, binaries, account, note, limit or Limit(60, "start_timeout"))
    except BaseException as error:
        with suppress(MigrationsToolsError):
            remove(state)
        if isinstance(error, OSError):
            raise CannotProceed(f"The embedded PostgreSQL could not be made: {error}.", _NOT_MADE_TIP) from error
        raise


def is_running(state: ClusterState) -> bool:
    """Return whether the recorded process is there and is the one that was started."""
    return processes.recorded(state) is not None


def reopen(state: ClusterState) -> Cluster:
    """Return the running cluster to a later process; raises CannotProceed when it is not running."""
    if not is_running(state):
        raise CannotProceed(
            f"The embedded PostgreSQL in {state.folder} is not running.",
            "`invoke cleanup` removes what is left of it; `invoke isolate` makes a new one.",
        )
    try:
        return Cluster(state, state.password_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotProceed(f"The password of the embedded PostgreSQL cannot be read: {error}.") from error


def stop(state: ClusterState) -> None:
    """End the server in good order; does nothing when it is gone. Raises as `processes.end` does."""
    processes.end(state, processes.GENTLY)


def remove(state: ClusterState) -> None:
    """End the server and remove its folders, whatever of them there is; safe to call again.

    Only the processes and folders that carry the cluster's random id are touched. Raises CannotProceed when a folder
    in its place is somebody else's or cannot be removed.
    """
    processes.end(state, processes.AT_ONCE)
    try:
        _remove_folder(state)
        _remove_socket_folder(state)
    except OSError as error:
        raise CannotProceed(
            f"The folder of the embedded PostgreSQL cannot be removed: {error}.",
            "Run the command as the user who made it.",
        ) from error


# Making -------------------------------------------------------------------------------------------------------------


def _planned(folder: Path, binaries: Binaries, account: Account) -> ClusterState:
    identity = secrets.token_hex(8)
    bases = temporary_folders(account)
    if folder.exists():
        raise CannotProceed(f"The folder {folder} for the embedded PostgreSQL exists.", "`invoke cleanup` removes it.")
    if not account.reaches(folder):
        if not bases:
            raise CannotProceed(
                "No temporary folder is open to the account that PostgreSQL runs under.",
                "Set TMPDIR to a folder that every account can reach, or run as another user than root.",
            )
        folder = bases[0] / f"mt-{identity}-data"
    sockets = [base / f"mt-{identity}" for base in bases]
    fitting = [path for path in sockets if len(os.fsencode(path)) + len(_LONGEST_SOCKET_NAME) <= _SOCKET_BYTES]
    return ClusterState(
        id=identity,
        folder=str(folder),
        socket_folder=str(fitting[0]) if fitting else "",
        major=binaries.major,
        binaries=str(binaries.folder),
    )


def _make_and_start(state: ClusterState, binaries: Binaries, account: Account, note: Note, limit: Limit) -> Cluster:
    _make_folders(state, account)
    new_data_folder(state.data, binaries, account)
    password = _set_password(state, binaries, account)
    return Cluster(_start(state, account, note, limit), password)


def _make_folders(state: ClusterState, account: Account) -> None:
    folder = Path(state.folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    state.marker.touch(mode=0o600)
    if account.other:
        folder.chmod(0o711)
    if state.socket_folder:
        Path(state.socket_folder).mkdir(mode=0o700)
        account.own(Path(state.socket_folder))


def _set_password(state: ClusterState, binaries: Binaries, account: Account) -> str:
    """Return the superuser a password of its own before the server ever listens, and keep it in the folder."""
    password = secrets.token_urlsafe(24)
    state.password_file.touch(mode=0o600)
    state.password_file.write_text(password, encoding="utf-8")
    statement = f"ALTER ROLE \"{state.superuser}\" PASSWORD '{password}';\n"
    single_user(state.data, binaries, account, statement, _options(state))
    return password


def _options(state: ClusterState) -> list[str]:
    return ["-c", f"cluster_name={state.cluster_name}"]


def _start(state: ClusterState, account: Account, note: Note, limit: Limit) -> ClusterState:
    """Start the server; another port is tried when somebody took the free one first."""
    for _ in range(_PORT_ATTEMPTS):
        state = _launch(state.changed(port=_free_port()), account)
        note(state.to_json())
        if _wait_until_ready(state, limit):
            return state
        if "could not bind" not in _last_words(state):
            break
    raise failed("The embedded PostgreSQL did not start", _last_words(state))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _launch(state: ClusterState, account: Account) -> ClusterState:
    # Through a shell that leaves at once, as pg_ctl does it: the server is nobody's child, a Ctrl-C of the terminal
    # does not reach it, and it stays when this process ends.
    listening = {"listen_addresses": HOST, "port": state.port, "unix_socket_directories": state.socket_folder}
    options = [part for name, value in listening.items() for part in ("-c", f"{name}={value}")]
    server = [f"{state.binaries}/postgres", "-D", str(state.data), *_options(state), *options]
    state.log.touch(mode=0o600)
    with state.log.open("wb") as log:
        try:
            done = subprocess.run(
                [processes.LAUNCHER, "-c", '"$@" >&2 & echo $!', "sh", *server],
                cwd=state.data,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                check=True,
                timeout=_LAUNCH_SECONDS,
                **account.process_options,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise failed("The embedded PostgreSQL could not be started", f"{error}\n{_last_words(state)}") from error
    pid = int(done.stdout)
    process = processes.look(pid)
    return state.changed(pid=pid, pid_started=process.started if process else "")


def _wait_until_ready(state: ClusterState, limit: Limit) -> bool:
    """Wait for the word "ready" in `postmaster.pid`, which is how `pg_ctl --wait` learns it (pg_ctl.c).

    False when the server has ended; raises CommandFailed when it is neither ready nor ended in time.
    """
    # By start time alone: while the launcher turns into the server, its command line is empty for a moment.
    while processes.is_alive(state):
        with suppress(FileNotFoundError):
            lines = (state.data / "postmaster.pid").read_text(encoding="utf-8").split()
            if lines and lines[0] == str(state.pid) and lines[-1] == "ready":
                return True
        if not limit.left:
            raise failed(f"The embedded PostgreSQL was not ready after {limit.words()}", _last_words(state))
        time.sleep(0.003)
    return False


def _last_words(state: ClusterState) -> str:
    with suppress(OSError):
        return state.log.read_text(encoding="utf-8", errors="replace")
    return ""


# Removing -----------------------------------------------------------------------------------------------------------


def _remove_folder(state: ClusterState) -> None:
    folder = Path(state.folder)
    if not state.marker.exists():
        _remove_empty(folder)
        return
    # The marker goes last: a kill in between leaves a folder that is still known as this cluster's.
    for path in folder.iterdir():
        if path == state.marker:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    state.marker.unlink()
    folder.rmdir()


def _remove_socket_folder(state: ClusterState) -> None:
    folder = Path(state.socket_folder)
    if not state.socket_folder or folder.name != state.cluster_name:
        return
    for path in folder.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)
    _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    with suppress(FileNotFoundError):
        if any(folder.iterdir()):
            raise CannotProceed(
                f"The folder {folder} is not the embedded engine's and stays as it is.", "Look at it and move it away."
            )
        folder.rmdir()
