"""Faults on the real engine: whatever meets a run, wherever, one `invoke cleanup` brings everything back.

The usual run plays a few scenarios. `FAULTS=all` plays them all, `FAULTS_SEED` draws others, `FAULTS_SORTS=kill,engine`
plays some sorts, `FAULTS_MINUTES` stops after so long a time, whatever is left; `nox -s faults` sets these.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fault_injection import RESTART, play, why_no_small_disk
from tests.e2e.fault_stack import PREFIXES, FaultStack, running_fault_stack
from tests.e2e.faults import SORTS, Fault, Scenario, Tried, draw, sample, table
from tests.support import docker
from tests.support.relay import Relay, socket_relay

pytestmark = pytest.mark.docker

_SEED = 1


@pytest.fixture
def fault_stack(bystanders: str, tmp_path: Path) -> Iterator[FaultStack]:
    """Yield a booth whose stack runs, beside things that look like the tool's and are not."""
    with running_fault_stack(tmp_path) as made:
        yield made


@pytest.fixture
def engine(fault_stack: FaultStack, tmp_path: Path) -> Iterator[Relay]:
    """Yield the way to the engine, which can be cut."""
    address = docker.docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").strip()
    if not address.startswith("unix://"):
        pytest.skip(f"the engine of these tests is at {address}, not at a Unix socket")
    with socket_relay(tmp_path / "engine", address.removeprefix("unix://")) as made:
        yield made


def _scenarios(seed: int) -> list[Scenario]:
    """Return what is to be played; where the time may not be enough for all, of every sort alike."""
    found = _chosen(seed)
    if os.environ.get("FAULTS_MINUTES"):
        random.Random(seed).shuffle(found)
    return found


def _chosen(seed: int) -> list[Scenario]:
    if sorts := os.environ.get("FAULTS_SORTS"):
        return draw(seed, [sort for sort in SORTS if sort in sorts.split(",")])
    return draw(seed) if os.environ.get("FAULTS") == "all" else sample(seed)


def _why_not(scenario: Scenario) -> str:
    """Return why a scenario cannot be played on this machine; empty when it can."""
    acts = {step.act for step in scenario if isinstance(step, Fault)}
    if "full-disk" in acts:
        return why_no_small_disk()
    if "restart-daemon" in acts and not os.environ.get(RESTART):
        return f"no command that restarts the daemon is given: set {RESTART}"
    return ""


def test_whatever_meets_a_run_one_cleanup_brings_everything_back(
    fault_stack: FaultStack, engine: Relay, tmp_path: Path
) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or _SEED)
    logs = tmp_path / "logs"
    logs.mkdir()
    before, tried, not_played = fault_stack.before(), list[Tried](), set[str]()
    end = time.monotonic() + 60 * float(os.environ.get("FAULTS_MINUTES") or "inf")
    for scenario in _scenarios(seed):
        if reason := _why_not(scenario) or ("the time was over" if time.monotonic() > end else ""):
            not_played.add(reason)
            continue
        # What the engine makes late would show here, and is put to the account of the fault before.
        if tried and (late := before.engine.differences(docker.engine(PREFIXES))) and not _restarted(tried[-1]):
            tried[-1].lost += [f"late: {line}" for line in late]
        tried.append(play(fault_stack.reached_by(engine.url), engine, before, scenario, logs))
        print(tried[-1].words(), flush=True)
        if _restarted(tried[-1]):
            before = fault_stack.before()
    version = docker.docker("version", "--format", "engine {{.Server.Version}}").strip()
    print(*table(tried, seed, version), *(f"Not played: {reason}." for reason in sorted(not_played)), sep="\n")
    assert [item.words() for item in tried if item.lost] == []
    assert sum(len(item.hits) for item in tried) >= len(tried) * 3 // 4, "too few faults met a living run"


def _restarted(tried: Tried) -> bool:
    return any(fault.act == "restart-daemon" for fault in tried.hits)
