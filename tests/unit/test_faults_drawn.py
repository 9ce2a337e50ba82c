"""The faults of the end-to-end tests: which are drawn, and that a seed says which."""

from __future__ import annotations

import pytest

from tests.e2e.faults import SORTS, TASKS, Fault, Scenario, Tried, draw, sample, table

_SEEDS = range(20)


def _faults(scenarios: list[Scenario]) -> list[Fault]:
    return [step for scenario in scenarios for step in scenario if isinstance(step, Fault)]


def test_a_seed_draws_the_same_faults_again_and_another_seed_others() -> None:
    assert draw(3) == draw(3)
    assert sample(3) == sample(3)
    assert draw(3) != draw(4)


@pytest.mark.parametrize("seed", _SEEDS)
def test_forty_kills_or_more_meet_all_four_tasks_before_in_and_after_commands_and_at_files(seed: int) -> None:
    kills = _faults(draw(seed, ["kill"]))
    assert len({fault.words() for fault in kills}) >= 40
    assert {fault.task for fault in kills} == set(TASKS)
    assert {(fault.how, bool(fault.seconds)) for fault in kills} == {
        ("before", False),
        ("before", True),
        ("after", False),
        ("SIGKILL", False),
    }


@pytest.mark.parametrize("seed", _SEEDS)
def test_every_sort_meets_every_task(seed: int) -> None:
    found = {(fault.sort, fault.task) for fault in _faults(draw(seed))}
    assert found == {(sort, task) for sort in SORTS for task in TASKS}


@pytest.mark.parametrize("seed", _SEEDS)
def test_the_usual_run_plays_one_of_every_sort_but_the_daemons_own_restart(seed: int) -> None:
    scenarios = sample(seed)
    assert {fault.sort for fault in _faults(scenarios)} == set(SORTS) - {"restart"}
    assert len(scenarios) == 5
    assert all(scenario in draw(seed) for scenario in scenarios)


def test_the_table_counts_what_was_lost_and_names_the_seed() -> None:
    kills = _faults(draw(5, ["kill"]))
    tried = [Tried("kill", ["a"], kills[:2]), Tried("kill", ["b"], kills[2:3], ["a network"])]
    lines = table(tried, 5, "engine 1")
    assert lines[0] == "Faults, seed 5, engine 1"
    assert "| kill | 3 | 2 | 1 | 1 |" in lines
    assert tried[1].words().endswith("b: LOST: a network")
