"""Which format a dump has: told by how it begins, not by its name."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, TypeAlias

from migrations_tools.errors import CannotProceed

Format: TypeAlias = Literal["plain", "custom", "tar", "directory"]

_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\x03\x04": "zip",
    b"\x04\x22\x4d\x18": "lz4",
}
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_TAR_MARK = slice(257, 262)


def format_of(path: Path) -> Format:
    """Return the format of a dump, whether it is compressed by gzip or not.

    Raises CannotProceed when there is none, it cannot be read, or it is no dump.
    """
    try:
        if path.is_dir():
            return _folder(path)
        with opened(path) as file:
            head = file.read(512)
    except (OSError, EOFError) as error:
        raise CannotProceed(f"The dump {path} cannot be read: {error}.") from error
    compressed = next((name for start, name in _OTHERS.items() if head.startswith(start)), "")
    if compressed:
        raise CannotProceed(f"The dump {path} is compressed by {compressed}.", tip="Unpack it, or compress it by gzip.")
    if head.startswith(_WIDE):
        raise CannotProceed(
            f"The dump {path} is written in UTF-16, which no program of PostgreSQL reads.",
            tip="Let pg_dump write the file itself (`--file`) instead of redirecting what it prints.",
        )
    if not head.strip():
        raise CannotProceed(f"The dump {path} is empty.")
    if head.startswith(b"PGDMP"):
        return "custom"
    return "tar" if head[_TAR_MARK] == b"ustar" else "plain"


def _folder(path: Path) -> Format:
    if any((path / name).is_file() for name in ("toc.dat", "toc.dat.gz")):
        return "directory"
    raise CannotProceed(f"The folder {path} is no dump: it has no toc.dat.", tip="Name what `pg_dump --file` wrote.")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a dump that is a file, unpacked. Raises OSError."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        if packed:
            with gzip.open(raw) as file:
                yield file  # type: ignore[misc] # a GzipFile reads as a file does
        else:
            yield raw


def is_packed(path: Path) -> bool:
    """Return whether a file is compressed by gzip. Raises OSError."""
    with path.open("rb") as raw:
        return raw.read(2) == _GZIP
