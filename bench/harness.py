"""What all benchmarks share: whole commands timed, with their peak memory; the machine's facts; a file of results."""

from __future__ import annotations

import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
_LOOK = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Took:
    """What a command took: seconds of wall time, and the peak memory in MB of the largest of its processes."""

    seconds: float
    megabytes: float

    def __add__(self, other: Took) -> Took:
        """Return what both took, one after the other."""
        return Took(self.seconds + other.seconds, max(self.megabytes, other.megabytes))


def run(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    longest: float = 7200.0,
    good: Collection[int] = (0,),
) -> Took:
    """Run a command to its end. Raises RuntimeError, with what it said, when it fails or takes too long (seconds).

    It fails when its exit code is none of the good ones.
    Memory is that of the command's largest process, read every `_LOOK` seconds from /proc (proc(5), VmHWM; not a number
    where there is none): a server that ran before, and Docker's containers, are not in it.
    """
    with tempfile.TemporaryFile("w+") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(list(words), cwd=folder, env=environment, stdout=said, stderr=said, text=True)
        watch = _Watch(process, longest)
        watch.start()
        code = process.wait()
        seconds = time.perf_counter() - begun
        watch.over.set()
        watch.join()
        if code not in good:
            said.seek(0)
            raise RuntimeError(f"{' '.join(words)} ended with {code}:\n{said.read()[-4000:]}")
    return Took(seconds, watch.peak)


class _Watch(threading.Thread):
    """Looks at a process's memory now and then, and ends it when it takes too long."""

    def __init__(self, process: subprocess.Popen[str], longest: float) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.longest = longest
        self.peak = math.nan
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        begun = time.monotonic()
        while not self.over.wait(_LOOK):
            for found in _peaks(self.process.pid):
                self.peak = found if math.isnan(self.peak) else max(self.peak, found)
            if time.monotonic() - begun > self.longest:
                self.process.kill()


def _peaks(pid: int) -> Iterator[float]:
    """Yield the peak memory so far, in MB, of a process and of all that it has started and that still run."""
    place = Path("/proc") / str(pid)
    try:
        status = (place / "status").read_text(encoding="utf-8")
        children = (place / "task" / str(pid) / "children").read_text(encoding="utf-8").split()
    except OSError:
        return  # it is gone by now
    yield from (float(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    for child in children:
        yield from _peaks(int(child))


def bare_environment() -> dict[str, str]:
    """Return this process's variables without those that lead a command to some database, stack or setting.

    Python keeps its bytecode, as it does for most people.
    """
    led = ("PG", "COMPOSE", "INVOKE", "DATABASE", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if not key.startswith(led)}


def medians(rounds: Sequence[Took]) -> Took:
    """Return the medians of several rounds, and the largest memory."""
    return Took(statistics.median(each.seconds for each in rounds), max(each.megabytes for each in rounds))


def mean(*taken: Took) -> Took:
    """Return the mean of several times, and the largest memory."""
    return Took(statistics.fmean(each.seconds for each in taken), max(each.megabytes for each in taken))


def table(taken: Mapping[str, Sequence[Took]], base: str) -> str:
    """Return a table in Markdown: median, fastest, ratio to the command `base`, and peak memory."""
    unit = medians(taken[base]).seconds
    rows = ["| command | median | fastest | ratio | memory |", "|---|---|---|---|---|"]
    for name, rounds in taken.items():
        middle = medians(rounds)
        fastest = min(each.seconds for each in rounds)
        rows.append(
            f"| {name} | {middle.seconds:.2f} s | {fastest:.2f} s | {middle.seconds / unit:.2f} |"
            f" {middle.megabytes:.0f} MB |"
        )
    return "\n".join(rows)


def machine() -> str:
    """Return the machine and the versions in one line."""
    packages = ("alembic", "sqlalchemy", "psycopg", "invoke")
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory()}, {platform.system()} {platform.release()},"
        f" servers and projects on {_file_system()},"
        f" Python {platform.python_version()}, {', '.join(f'{name} {_version(name)}' for name in packages)}"
    )


def keep(name: str, text: str) -> None:
    """Print a benchmark's result and keep it beside the scripts."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _file_system() -> str:
    """Return what kind of file system temporary folders are on: that of the longest mount point above them."""
    folder = Path(tempfile.gettempdir()).resolve()
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return "a file system not known"
    return max((len(place), kind) for place, kind in mounts if folder.is_relative_to(place))[1]


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size / 2**30:.0f} GiB"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
