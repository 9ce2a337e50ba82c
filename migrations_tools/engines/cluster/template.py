"""An initialised cluster, kept as one file per server version, so that a new one costs a copy and no `initdb`.

The file is a checksum, a line of JSON (folders, and files with their sizes), and the files' bytes one after another.
One file is read and checked at once and replaced by a rename; a folder of a thousand would be neither.
Every cluster from one template has the same system identifier, which only physical replication looks at.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from migrations_tools.engines.cluster.account import Account, environment
from migrations_tools.engines.cluster.binaries import Binaries
from migrations_tools.engines.cluster.cache import building, cache_folder, mark_used
from migrations_tools.engines.cluster.state import SUPERUSER
from migrations_tools.errors import CommandFailed

# Counts up when what is made here changes: the template of an older format is not looked at again.
_FORMAT = "1"
_INITDB_SECONDS = 180
_SINGLE_SECONDS = 60
_CHECKSUM_DIGITS = 9
_LAST_LINES = 10
_IO_METHOD_SINCE = 18
_SETTINGS = {
    # A cluster that nobody wants back after a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "2MB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    # Small, and outside /dev/shm: a container has little there, and a killed server would leave its segments.
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "100",
    # A migration of hundreds of tables in one transaction.
    "max_locks_per_transaction": "256",
    "jit": "off",
    "password_encryption": "'scram-sha-256'",
    "default_text_search_config": "'pg_catalog.english'",
    "lc_messages": "'C'",
}


def new_data_folder(target: Path, binaries: Binaries, account: Account) -> None:
    """Make `target` an initialised data folder of the account's.

    Takes a copy of the template; one that is missing or damaged is built anew first. Raises CommandFailed.
    """
    cache = cache_folder(account)
    template = cache / f"cluster-{_FORMAT}-{binaries.major}-{binaries.key()}.data"
    content = _read(template)
    if content is None:
        with building(cache) as aside:
            content = _read(template) or _build(aside, template, binaries, account)
    mark_used(template)
    _unpack(content, target, account)


def _read(template: Path) -> bytes | None:
    """Return the template's bytes, or None when there is none or its checksum is not right."""
    try:
        content = template.read_bytes()
        checksum = int(content[:_CHECKSUM_DIGITS], 16)
    except (OSError, ValueError):
        return None
    return content if zlib.crc32(memoryview(content)[_CHECKSUM_DIGITS:]) == checksum else None


def _build(aside: Path, template: Path, binaries: Binaries, account: Account) -> bytes:
    # What the account may write to is read and written as the account alone: root follows no link of its making.
    data = aside / "data"
    for folder in (aside, data):
        folder.mkdir(mode=0o711 if account.other else 0o700)
    account.own(data)
    _initialise(data, binaries, account)
    lines = "".join(f"{name} = {value}\n" for name, value in _settings(binaries).items())
    _run(["/bin/sh", "-c", 'cat >> "$1"', "sh", f"{data}/postgresql.conf"], data, account, _SINGLE_SECONDS, lines)
    _shorten_log(data, binaries, account)
    content = _packed(_run(["tar", "-cf", "-", "."], data, account, _SINGLE_SECONDS).stdout)
    part = aside / "template"
    part.write_bytes(content)
    part.chmod(0o600)
    part.replace(template)
    return content


def _settings(binaries: Binaries) -> dict[str, str]:
    # Workers for input and output cost three processes a start.
    newer = {"io_method": "'sync'"} if binaries.major >= _IO_METHOD_SINCE else {}
    return {**_SETTINGS, **newer}


def _initialise(data: Path, binaries: Binaries, account: Account) -> None:
    """Run `initdb` with C.UTF-8, which orders by code point and knows letters; with C where there is none."""
    password = data.with_name("password")
    # initdb wants one for SCRAM; it is forgotten here, and every cluster sets its own before it listens.
    password.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    password.chmod(0o600)
    account.own(password)
    said = ""
    for locale in ("C.UTF-8", "C"):
        options = [f"--pgdata={data}", f"--username={SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", f"--locale={locale}", "--wal-segsize=1", "--no-sync"]
        done = _run([str(binaries.folder / "initdb"), *options], data.parent, account, _INITDB_SECONDS)
        if done.returncode == 0:
            return
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
        if "locale" not in said:
            break
    raise failed("PostgreSQL's initdb failed", said)


def _shorten_log(data: Path, binaries: Binaries, account: Account) -> None:
    """Leave one segment of write-ahead log where initdb left up to seven: a quarter of what every copy writes."""
    program = binaries.folder / "pg_resetwal"
    if program.is_file():
        done = _run([str(program), "-D", str(data)], data, account, _SINGLE_SECONDS)
        if done.returncode:
            raise failed("PostgreSQL's pg_resetwal failed", done.stderr.decode(errors="replace"))


def single_user(data: Path, binaries: Binaries, account: Account, statement: str, options: Sequence[str] = ()) -> None:
    """Run one statement as the only user of a stopped cluster, in PostgreSQL's single-user mode.

    Nothing listens meanwhile. Raises CommandFailed with the server's last words.
    """
    # The statement may hold a password: it is not repeated beside an error.
    options = [*options, "-c", "log_min_error_statement=panic"]
    command = [str(binaries.postgres), "--single", "-D", str(data), *options, "postgres"]
    done = _run(command, data, account, _SINGLE_SECONDS, statement)
    if done.returncode or b"ERROR:" in done.stderr:
        raise failed("PostgreSQL in single-user mode failed", done.stderr.decode(errors="replace"))


def _run(
    command: list[str], folder: Path, account: Account, seconds: int, text: str = ""
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            input=text.encode(),
            capture_output=True,
            check=False,
            timeout=seconds,
            **account.process_options,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise failed(f"{Path(command[0]).name} could not be run to its end", str(error)) from error


def failed(what: str, log: str) -> CommandFailed:
    """Return the error of a server program, with the last lines of what it said."""
    lines = log.strip().splitlines()[-_LAST_LINES:]
    said = "\n".join(f"  {line}" for line in lines)
    tip = "Is there room on the disk? Another PostgreSQL can be named by its `bin` folder. Nothing was kept."
    return CommandFailed(f"{what}:\n{said}" if said else f"{what}, without a word.", tip, output=log)


def _packed(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = [(os.path.normpath(member.name), member) for member in tar]
        folders = sorted(name for name, member in members if member.isdir() and name != ".")
        files = [
            (name, file.read()) for name, member in members if member.isreg() and (file := tar.extractfile(member))
        ]
    header = json.dumps({"folders": folders, "files": [(name, len(data)) for name, data in files]})
    rest = b"".join((header.encode(), b"\n", *(data for _, data in files)))
    return f"{zlib.crc32(rest):08x}\n".encode() + rest


def _unpack(content: bytes, target: Path, account: Account) -> None:
    end = content.index(b"\n", _CHECKSUM_DIGITS)
    header = json.loads(content[_CHECKSUM_DIGITS:end])
    folders = [target / name for name in ("", *header["folders"])]
    for folder in folders:
        folder.mkdir(mode=0o700)
    rest, place = memoryview(content), end + 1
    for name, size in header["files"]:
        _write(f"{target}/{name}", rest[place : place + size], account)
        place += size
    # From the inside out: until the last, nobody but the maker can enter and put a link in the way.
    for folder in reversed(folders):
        account.own(folder)


def _write(path: str, data: memoryview, account: Account) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        while data:
            data = data[os.write(handle, data) :]
        account.own(handle)
    finally:
        os.close(handle)
