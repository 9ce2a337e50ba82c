"""An archive of pg_dump turned into a script by `pg_restore`, which connects to nothing."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from migrations_tools.engines.docker import bound_to_us
from migrations_tools.engines.dumps.formats import Format, is_packed, opened
from migrations_tools.engines.dumps.restore import OPTIONS, Converter
from migrations_tools.errors import CannotProceed

# In a container: a folder is unpacked beside the database's own files, and removed again.
_UNPACKED = 'folder=$(mktemp -d) && trap \'rm -rf "$folder"\' EXIT && tar -x -C "$folder" && pg_restore "$@" "$folder"'
_TIP = (
    "pg_restore reads what a pg_dump of its own or an older version wrote: dump again in plain format"
    " (`pg_dump --format plain`), or take a newer PostgreSQL for the temp database."
)

Start = Callable[[tuple[str, ...], int, IO[bytes]], "subprocess.Popen[bytes]"]


def by_program(program: str, environment: Mapping[str, str]) -> Converter:
    """Convert by a `pg_restore` of this machine. An empty name is that of none: archives are refused then."""

    def start(words: tuple[str, ...], stdin: int, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        if not program:
            raise CannotProceed(
                "There is no `pg_restore` on this machine to read the dump with.",
                tip="Install PostgreSQL's client programs, or dump in plain format (`pg_dump --format plain`).",
            )
        return subprocess.Popen(
            [*bound_to_us(), program, *words], stdin=stdin, stdout=subprocess.PIPE, stderr=errors, env=dict(environment)
        )

    @contextmanager
    def convert(path: Path, format_: Format) -> Iterator[IO[bytes]]:
        if format_ == "directory" or not is_packed(path):
            with _converting(start, (*OPTIONS, str(path.absolute())), path) as script:
                yield script
        else:
            with _converting(start, OPTIONS, path, _file) as script:
                yield script

    return convert


def in_container(start: Start) -> Converter:
    """Convert inside a container, which gets the archive over standard input; `start` runs words in it."""

    @contextmanager
    def convert(path: Path, format_: Format) -> Iterator[IO[bytes]]:
        folder = format_ == "directory"
        words = ("sh", "-c", _UNPACKED, "sh", *OPTIONS) if folder else ("pg_restore", *OPTIONS)
        with _converting(start, words, path, _folder if folder else _file) as script:
            yield script

    return convert


@contextmanager
def _converting(
    start: Start, words: tuple[str, ...], path: Path, feed: Callable[[Path, IO[bytes]], None] | None = None
) -> Iterator[IO[bytes]]:
    """Yield what the program prints. Raises CannotProceed when it fails, unless what reads it failed before."""
    with tempfile.TemporaryFile() as errors:
        process = start(words, subprocess.PIPE if feed else subprocess.DEVNULL, errors)
        feeder = threading.Thread(target=_feed, args=(feed, path, process), daemon=True) if feed else None
        try:
            if feeder:
                feeder.start()
            if process.stdout:
                yield process.stdout
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            if feeder:
                feeder.join()
            if process.stdout:
                process.stdout.close()
        if code:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise CannotProceed([f"The dump {path} cannot be read by pg_restore (exit code {code}).", *said[:5]], _TIP)


def _feed(feed: Callable[[Path, IO[bytes]], None], path: Path, process: subprocess.Popen[bytes]) -> None:
    # A program that ends before it has read everything says itself why.
    with suppress(BrokenPipeError, ValueError):
        if process.stdin:
            with process.stdin as stdin:
                feed(path, stdin)


def _file(path: Path, stdin: IO[bytes]) -> None:
    with opened(path) as file:
        shutil.copyfileobj(file, stdin, 1 << 20)


def _folder(path: Path, stdin: IO[bytes]) -> None:
    with tarfile.open(fileobj=stdin, mode="w|") as archive:
        archive.add(path, ".")
