"""What can go wrong with a run, as plain values, drawn with a seed; and the table of what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

SORTS = ("kill", "interrupt", "command", "engine", "surroundings", "restart")
TASKS = ("isolate", "generate", "validate", "cleanup")
# How many different commands each task gives to Docker on the booth, how many of them change something, and how often
# it changes a file. A number beyond what a run comes to finds it ended, which the table says.
_COUNTS = {
    "isolate": {"commands": 34, "changes": 6, "files": 25},
    "generate": {"commands": 8, "changes": 1, "files": 13},
    "validate": {"commands": 34, "changes": 9, "files": 18},
    "cleanup": {"commands": 20, "changes": 6, "files": 8},
}
# What is done before a task so that it has something to do.
_FIRST = {"isolate": (), "generate": ("isolate",), "validate": ("isolate",), "cleanup": ("isolate",)}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a task's run: when it comes to its so-and-so-many-th command, change or file.

    `counts` says which of these; "start" is before all of them. `how` is what the trap does there (see `faulty`),
    `act` what the test does, `seconds` later. `act` names a function of the test.
    """

    sort: str
    task: str
    counts: str
    number: int
    how: str
    act: str
    seconds: float = 0.0

    def words(self) -> str:
        """Describe it for the table."""
        later = f", {self.seconds:g} s later" if self.seconds else ""
        how = "at" if self.counts == "files" else self.how
        where = f"{how} no. {self.number} of its {self.counts}" if self.counts != "start" else "from the start"
        return f"{self.task}: {self.act} {where}{later}"


Scenario = tuple[Fault | str, ...]


@dataclass(slots=True)
class Tried:
    """What became of a scenario: the faults that hit a living run, and what was not as before after the cleanup."""

    sort: str
    said: list[str] = field(default_factory=list)
    hits: list[Fault] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def words(self) -> str:
        """Write a line of the table."""
        outcome = ("LOST: " + "; ".join(self.lost)) if self.lost else "survived"
        return f"{self.sort:12} {', then '.join(self.said)}: {outcome}"


def draw(seed: int, sorts: Sequence[str] = SORTS) -> list[Scenario]:
    """Return every scenario of the sorts: tasks by name run to their end, a fault meets one; then comes the cleanup."""
    return [scenario for sort in sorts for scenario in _of_sort(seed, sort)]


def sample(seed: int) -> list[Scenario]:
    """Return a scenario of every sort but the daemon's own restart, which others on the machine would notice."""
    rng = random.Random(f"{seed} sample")
    chosen = []
    for sort in ("kill", "interrupt", "command", "engine", "surroundings"):
        tasks = ("validate",) if sort == "kill" else ("isolate", "generate")
        found = [item for item in _of_sort(seed, sort) if _main(item).task in tasks]
        chosen.append(rng.choice([item for item in found if _main(item).act not in _SLOW]))
    return chosen


# Waiting for the tool's own limits takes its time: the usual run does without.
_SLOW = ("never-answer", "unhealthy")


# What is wrong with the surroundings stays so until the cleanup is over: another fault would not be met by itself.
_FOLLOWED = ("kill", "interrupt", "command", "engine", "restart")


def _main(scenario: Scenario) -> Fault:
    return next(step for step in scenario if isinstance(step, Fault))


def _of_sort(seed: int, sort: str) -> list[Scenario]:
    rng = random.Random(f"{seed} {sort}")
    faults = list(_DRAWN[sort](rng))
    # A cleanup needs much to remove: it follows what goes wrong with a stack that stands, else a whole isolate.
    cleanups = iter([fault for fault in faults if fault.task == "cleanup"])
    found: list[Scenario] = []
    for fault in faults:
        if fault.task != "cleanup":
            follows = fault.task != "isolate" and sort in _FOLLOWED
            next_one = next(cleanups, None) if follows else None
            found.append((*_FIRST[fault.task], fault, *((next_one,) if next_one else ())))
    return [*found, *(("isolate", fault) for fault in cleanups)]


def _spread(rng: random.Random, task: str, counts: str, many: int) -> list[int]:
    """Return so many numbers of a task's commands, changes or files: one from each of as many equal stretches."""
    size = _COUNTS[task][counts] / many
    return [min(_COUNTS[task][counts], 1 + int((place + rng.random()) * size)) for place in range(many)]


def _kills(rng: random.Random) -> Iterator[Fault]:
    for task, changes, commands, files in (
        ("isolate", 6, 2, 3),
        ("generate", 3, 1, 3),
        ("validate", 8, 2, 3),
        ("cleanup", 7, 2, 3),
    ):
        hows = _cycle(rng, ("before", "amid", "after"), changes)
        for number, how in zip(_spread(rng, task, "changes", changes), hows, strict=True):
            yield _killing(rng, task, number, how)
        hows = _cycle(rng, ("before", "after"), commands)
        for number, how in zip(_spread(rng, task, "commands", commands), hows, strict=True):
            yield Fault("kill", task, "commands", number, how, "kill-there")
        for number in _spread(rng, task, "files", files):
            yield Fault("kill", task, "files", number, "SIGKILL", "kill")


def _killing(rng: random.Random, task: str, number: int, how: str) -> Fault:
    if how == "amid":
        return Fault("kill", task, "changes", number, "before", "kill", round(rng.uniform(0.05, 0.7), 2))
    return Fault("kill", task, "changes", number, how, "kill-there")


def _cycle(rng: random.Random, values: Sequence[str], many: int) -> list[str]:
    first = rng.randrange(len(values))
    return [values[(first + place) % len(values)] for place in range(many)]


def _interrupts(rng: random.Random) -> Iterator[Fault]:
    for task, many in (("isolate", 3), ("generate", 1), ("validate", 2), ("cleanup", 2)):
        for number in _spread(rng, task, "changes", many):
            yield Fault("interrupt", task, "changes", number, "before", "ctrl-c", round(rng.uniform(0.02, 0.6), 2))
        yield Fault("interrupt", task, "files", _spread(rng, task, "files", 1)[0], "SIGINT", "ctrl-c")


def _commands(rng: random.Random) -> Iterator[Fault]:
    for task, many in (("isolate", 3), ("generate", 1), ("validate", 3), ("cleanup", 2)):
        for how in ("fails", "is-lost"):
            for number in _spread(rng, task, "commands", many):
                yield Fault("command", task, "commands", number, how, "go-on")
        yield Fault("command", task, "changes", _spread(rng, task, "changes", 1)[0], "before", "never-answer")
        yield Fault("command", task, "commands", _spread(rng, task, "commands", 1)[0], "before", "hang-ctrl-c", 1.0)


def _engine(rng: random.Random) -> Iterator[Fault]:
    for task in TASKS:
        number, other = _spread(rng, task, "changes", 2)
        seconds = round(rng.uniform(0.05, 0.5), 2)
        yield Fault("engine", task, "changes", number, "before", "cut-until-it-ends", seconds)
        yield Fault("engine", task, "changes", other, "before", "cut-for-a-moment", seconds)


def _restarts(rng: random.Random) -> Iterator[Fault]:
    for task in TASKS:
        (number,) = _spread(rng, task, "changes", 1)
        yield Fault("restart", task, "changes", number, "before", "restart-daemon", round(rng.uniform(0.05, 0.5), 2))


def _surroundings(rng: random.Random) -> Iterator[Fault]:
    for task in TASKS:
        (number,) = _spread(rng, task, "commands", 1)
        yield Fault("surroundings", task, "commands", number, "before", "full-disk")
    yield Fault("surroundings", "isolate", "changes", 2, "before", "take-ports")
    yield Fault("surroundings", "validate", "changes", 1, "after", "take-ports")
    yield Fault("surroundings", "isolate", "start", 0, "", "break-build")
    yield Fault("surroundings", "validate", "start", 0, "", "break-build")
    yield Fault("surroundings", "isolate", "start", 0, "", "unhealthy")


_DRAWN = {
    "kill": _kills,
    "interrupt": _interrupts,
    "command": _commands,
    "engine": _engine,
    "restart": _restarts,
    "surroundings": _surroundings,
}


def table(tried: Iterable[Tried], seed: int, about: str) -> list[str]:
    """Return the table: faults that hit, runs, survived and lost, by sort."""
    rows = list(tried)
    lines = [f"Faults, seed {seed}, {about}", "", "| sort | faults | runs | survived | lost |", "|---|---|---|---|---|"]
    for sort in [*dict.fromkeys(item.sort for item in rows), "all"]:
        own = [item for item in rows if sort in (item.sort, "all")]
        lost = sum(bool(item.lost) for item in own)
        hits = sum(len(item.hits) for item in own)
        lines.append(f"| {sort} | {hits} | {len(own)} | {len(own) - lost} | {lost} |")
    by_task = Counter(fault.task for item in rows for fault in item.hits)
    return [*lines, "", "By task: " + ", ".join(f"{task} {by_task[task]}" for task in TASKS)]
