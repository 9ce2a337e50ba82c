"""How long the programs take to start, against an Invoke collection that is empty.

Run it in an environment that the package is installed in (`pip install .`): `python bench/startup.py [rounds]`.
Whole commands are timed, one of each a round, so that what else the machine does falls on all of them alike; memory is
that of the largest process.
Exit code 1 when `migrations-tools --list` takes more than 1.3 times as long.
"""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import Took, bare_environment, keep, machine, medians, run

LIMIT = 1.3
ROUNDS = 30
EMPTY = """\
import sys
from invoke import Collection, Program
sys.exit(Program(namespace=Collection()).run())
"""
OURS = "from migrations_tools import ns\n"

Command = tuple[Sequence[str], Path]


def commands(folder: Path) -> dict[str, Command]:
    """Return the commands to compare, each with its folder; the first is what the others are held to."""
    programs = Path(sysconfig.get_path("scripts"))
    empty, ours, bare = (folder / name for name in ("empty", "ours", "bare"))
    for place in (empty, ours, bare):
        place.mkdir()
    (folder / "empty.py").write_text(EMPTY)
    (empty / "tasks.py").write_text("")
    (ours / "tasks.py").write_text(OURS)
    return {
        "an empty collection's --list": ((sys.executable, str(folder / "empty.py"), "--list"), bare),
        "migrations-tools --list": ((str(programs / "migrations-tools"), "--list"), bare),
        "invoke --list, tasks.py empty": ((str(programs / "invoke"), "--list"), empty),
        "invoke --list, tasks.py ours": ((str(programs / "invoke"), "--list"), ours),
        "migrations-tools status, no run": ((str(programs / "migrations-tools"), "status"), bare),
    }


def measure(compared: Mapping[str, Command], rounds: int) -> dict[str, list[Took]]:
    """Return what every command took, round by round, after one round that is thrown away."""
    taken: dict[str, list[Took]] = {name: [] for name in compared}
    for _ in range(rounds + 1):
        for name, (words, folder) in compared.items():
            # Invoke says of an empty collection that it has no task, and ends with 1.
            taken[name].append(run(words, folder, bare_environment(), good=(0, 1)))
    return {name: each[1:] for name, each in taken.items()}


def table(taken: Mapping[str, Sequence[Took]]) -> tuple[str, dict[str, float]]:
    """Return the table as Markdown, and each command's ratio: its median by the first command's."""
    middle = {name: medians(each) for name, each in taken.items()}
    base = next(iter(middle.values())).seconds
    ratios = {name: each.seconds / base for name, each in middle.items()}
    rows = ["| command | median | fastest | ratio | memory |", "|---|---|---|---|---|"]
    rows += [
        f"| {name} | {each.seconds * 1000:.0f} ms | {min(one.seconds for one in taken[name]) * 1000:.0f} ms |"
        f" {ratios[name]:.2f} | {each.megabytes:.0f} MB |"
        for name, each in middle.items()
    ]
    return "\n".join(rows), ratios


def main() -> int:
    """Measure, print, and say with the exit code whether the limit is kept."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        text, ratios = table(measure(commands(Path(folder)), rounds))
    ratio = ratios["migrations-tools --list"]
    kept = ratio <= LIMIT
    lines = [
        f"{machine()}; {rounds} rounds",
        "",
        text,
        "",
        f"migrations-tools --list: {ratio:.2f} x, the limit is {LIMIT} x.",
    ]
    keep("startup", "\n".join(["# Start-up", "", *lines]))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
