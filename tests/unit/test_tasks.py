"""The command line: what every task and option says of itself."""

from __future__ import annotations

import pytest
from invoke import Task

from migrations_tools import ns, settings

TASKS = {name: ns.task_with_config(name)[0] for name in ns.task_names}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_tasks_first_line_is_short_plain_and_ends_in_a_full_stop(name: str) -> None:
    line = (TASKS[name].__doc__ or "").splitlines()[0]
    assert line.endswith(".")
    assert len(line) <= 62


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_option_has_words(name: str) -> None:
    task: Task[object] = TASKS[name]
    options = set(task.argspec(task.body).parameters) - {"context"}
    assert set(task.help) == options


def test_no_parameter_is_positional() -> None:
    assert [name for name, task in TASKS.items() if list(task.positional)] == []


def test_every_setting_is_declared_to_invoke() -> None:
    assert set(ns.configuration()[settings.SECTION]) == set(settings.describe())
