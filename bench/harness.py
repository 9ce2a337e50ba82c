"""What all benchmarks share: whole commands timed, with their peak memory; the machine's facts; a file of results."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
_KILOBYTES = 1 if sys.platform != "darwin" else 1024  # what a unit of ru_maxrss is one thousandth of a megabyte of


@dataclass(frozen=True, slots=True)
class Took:
    """What a command took: seconds of wall time, and the peak memory in MB of the largest of its processes."""

    seconds: float
    megabytes: float

    def __add__(self, other: Took) -> Took:
        """Give what both took, one after the other."""
        return Took(self.seconds + other.seconds, max(self.megabytes, other.megabytes))


def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, longest: float = 7200.0
) -> Took:
    """Run a command to its end. Raises RuntimeError, with what it said, when it fails or takes too long (seconds).

    Memory is that of the command's own process or of one that it has waited for, whichever was largest (getrusage(2),
    ru_maxrss): a server that ran before, and Docker's containers, are not in it.
    """
    with tempfile.TemporaryFile("w+") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(list(words), cwd=folder, env=environment, stdout=said, stderr=said)
        watch = threading.Timer(longest, process.kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}:\n{said.read()[-4000:]}")
    return Took(seconds, usage.ru_maxrss / 1024 / _KILOBYTES)


def medians(rounds: Sequence[Took]) -> Took:
    """Give the medians of several rounds, and the largest memory."""
    return Took(statistics.median(each.seconds for each in rounds), max(each.megabytes for each in rounds))


def table(taken: Mapping[str, Sequence[Took]], base: str) -> str:
    """Give a table in Markdown: median, fastest, ratio to the command `base`, and peak memory."""
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
    """Give the machine and the versions in one line."""
    packages = ("alembic", "sqlalchemy", "psycopg", "invoke")
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory()}, {platform.system()} {platform.release()},"
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


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size / 2**30:.0f} GiB"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
