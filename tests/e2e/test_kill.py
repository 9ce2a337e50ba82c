"""`kill -9` at many moments: one `invoke cleanup` afterwards brings everything back."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.e2e.shop import Shop, differences, start_task, state
from tests.support.docker import Engine

pytestmark = pytest.mark.docker

_SEED = 20240902
_ALLOWED_FILES = re.compile(r"\?\? compose/api/migrations/versions/\d{8}_[0-9a-f]{12}_add_email_logs\.py")


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: so many seconds after the task printed a text."""

    task: str
    printed: str
    seconds: float = 0.0

    def words(self) -> str:
        """Say it for the table."""
        return f"{self.task:8}  {self.seconds:4.2f} s after {self.printed!r}"


@dataclass(slots=True)
class Tried:
    """What became of a run: its kills that hit a living process, and what was not as before after the cleanup."""

    moments: str
    hits: int
    lost: list[str] = field(default_factory=list)

    def words(self) -> str:
        """Write a line of the table."""
        outcome = ("lost: " + "; ".join(self.lost)) if self.lost else "survived"
        return f"{self.moments}: {outcome}"


_ISOLATE = (
    Moment("isolate", "Verifying that the copy is apart"),
    Moment("isolate", "build -- ", 0.3),
    Moment("isolate", "up --no-start", 0.25),
    Moment("isolate", "start -- postgres", 0.25),
    Moment("isolate", "run --rm", 0.5),
    Moment("isolate", "docker exec", 0.05),
    Moment("isolate", "Starting the rest of the stack", 0.4),
    Moment("isolate", "Starting the rest of the stack", 1.3),
)
_GENERATE = (
    Moment("generate", "Comparing the models", 0.7),
    Moment("generate", "Comparing the models", 1.2),
)
_VALIDATE = (
    Moment("validate", "down --remove-orphans", 0.3),
    Moment("validate", "docker volume rm"),
    Moment("validate", "up --no-start", 0.4),
    Moment("validate", "Comparing the schema", 0.4),
)
_CLEANUP = (
    Moment("cleanup", "docker rm --force", 0.1),
    Moment("cleanup", "docker network rm", 0.05),
    Moment("cleanup", "docker volume rm"),
    Moment("cleanup", "docker image rm"),
    Moment("cleanup", "Comparing the machine"),
)


def _kill(shop: Shop, moment: Moment) -> bool:
    """Start the task, kill its process (and no other) at the moment, and tell whether it still lived."""
    with start_task(shop, moment.task) as process:
        assert process.stdout
        for line in process.stdout:
            if moment.printed in line:
                time.sleep(moment.seconds)
                break
        lived = process.poll() is None
        process.kill()
    return lived


def _left(shop: Shop, before: Engine, rows: Mapping[str, tuple[int, str]]) -> list[str]:
    """Clean up once; say everything that is not as it was before."""
    done = shop.invoke("cleanup")
    lost = [f"cleanup ended with {done.code}: {done.err}"] if done.code else []
    lost += differences(before)
    if shop.tool_files() not in ([".gitignore", "temp/last-run.json"], [".gitignore"]):
        lost.append(f"in the tool's folder: {shop.tool_files()}")
    if shop.dev_contents() != rows:
        lost.append("rows of dev")
    status = shop.git_status()
    lost += [f"in git: {line}" for line in status if not _ALLOWED_FILES.fullmatch(line)]
    shop.reset()
    return lost


def _scenarios() -> list[list[Moment | str]]:
    """Give what is run one after another: a task by name runs to its end, a moment kills; then comes the cleanup.

    The usual run plays those in which a cleanup is killed too, and two more: moments in all four tasks. KILL_ALL=1
    plays them all.
    """
    kills = iter(_CLEANUP)
    seeded = random.Random(_SEED)
    anywhere = [Moment("isolate", "Reading the stack", round(seeded.uniform(0.2, 6.0), 2)) for _ in range(2)]
    found: list[list[Moment | str]] = [[moment] for moment in (*_ISOLATE, *anywhere)]
    found += [["isolate", moment] for moment in (*_GENERATE, *_VALIDATE)]
    # A cleanup that is killed needs something to remove: it follows the kills that leave much behind.
    followed = [found[5], found[7], found[10], found[14], found[15]]
    for scenario in followed:
        scenario.append(next(kills))
    return found if os.environ.get("KILL_ALL") else [found[1], found[8], *followed]


def _play(shop: Shop, scenario: Sequence[Moment | str]) -> Tried:
    words, hits = [], 0
    for step in scenario:
        if isinstance(step, Moment):
            hit = _kill(shop, step)
            hits += hit
            words.append(step.words() + ("" if hit else " (had ended)"))
        else:
            done = shop.invoke(step)
            assert done.code == 0, str(done)
    return Tried(", then ".join(words), hits)


def test_a_run_that_is_killed_anywhere_is_brought_back_by_one_cleanup(fresh: Shop) -> None:
    before, rows = state(), fresh.dev_contents()
    table: list[Tried] = []
    for scenario in _scenarios():
        # An object that the engine makes late would show here, and is put to the account of the kill before.
        if table and (late := differences(before)):
            table[-1].lost += [f"late: {line}" for line in late]
            fresh.invoke("cleanup")
        table.append(_play(fresh, scenario))
        table[-1].lost += _left(fresh, before, rows)
    lines = [item.words() for item in table]
    survived, kills = sum(not item.lost for item in table), sum(item.hits for item in table)
    lost = len(table) - survived
    print(*lines, f"{kills} kills in {len(table)} runs; {survived} runs survived, {lost} lost", sep="\n")
    assert kills >= len(table), "\n".join(lines)
    assert survived == len(table), "\n".join(line for line, item in zip(lines, table, strict=True) if item.lost)
