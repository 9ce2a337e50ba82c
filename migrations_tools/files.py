"""Files, written whole or not at all, and their fingerprints."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox"})


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a text file so that a reader sees the old bytes or the new ones, also after a crash.

    The temporary file stands in the same folder, is synced, and takes the name by a rename; under sudo the file
    belongs to whoever called sudo. Raises OSError; then the old file is as it was.
    """
    part = partial(path)
    try:
        part.unlink(missing_ok=True)
        # As a new file: a link of that name would lead the bytes elsewhere.
        with part.open("x", encoding="utf-8", newline="") as file:
            part.chmod(mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _give_to_caller(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def open_private(path: Path) -> BinaryIO:
    """Open a file of the user's alone to be written anew; a link of that name is not followed. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    os.fchmod(handle, 0o600)  # one that an earlier version left
    return os.fdopen(handle, "wb")


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder whose parent exists; it is on disk when this returns. One that is there already is well.

    Under sudo it belongs to whoever called sudo. Raises OSError, FileExistsError where something else has the name.
    """
    try:
        folder.mkdir(mode)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    _give_to_caller(folder)
    _sync_folder(folder.parent)


def partial(path: Path) -> Path:
    """Return the temporary file that `write_whole` uses for a path: what a kill may leave of it."""
    return path.with_name(f".{path.name}.part")


def sha256(path: Path) -> str:
    """Return a file's sha256 as hexadecimal digits; "missing" when there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return "missing"


def tree_fingerprint(folders: Iterable[Path]) -> str:
    """Return one fingerprint of folders by path, size and modification time of their files (not their bytes).

    Tells cheaply whether an image must be built again.
    """
    digest = hashlib.sha256()
    for folder in sorted(set(folders)):
        for path in files_below(folder):
            status = path.lstat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def files_below(folder: Path) -> Iterable[Path]:
    """Yield the files of a tree, without folders of tools (`.git`, `node_modules`, environments)."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        yield from (Path(parent, name) for name in sorted(names))


def _give_to_caller(path: Path) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ.get("SUDO_GID", "-1")))


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def shown_path(path: str, root: Path) -> str:
    """Return a path as seen from the project's root, where it is inside."""
    found = Path(path)
    return str(found.relative_to(root)) if root in found.parents else path
