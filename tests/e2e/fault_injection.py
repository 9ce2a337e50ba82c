"""Doing to a run what a fault says, and playing a scenario to its cleanup."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.e2e.fault_stack import BALLAST, PREFIXES, Before, FaultStack, wait_for_rows
from tests.e2e.faults import Fault, Scenario, Tried
from tests.support import docker
from tests.support.docker import Engine
from tests.support.relay import Relay

RESTART = "TEST_DOCKER_RESTART"
_LONGEST = 150.0
_LOOK = 0.02
# Limits for a command that never answers; all but the chosen command are far below them.
_SHORT = {"answer": 4, "start": 20, "command": 12, "http": 3, "database": 4, "stop": 3}
_NOTICED = "Something outside the temp stack is not as it was"


@dataclass(slots=True)
class Playing:
    """A run that a fault meets: its process, the booth, and what is to be undone once the cleanup is over."""

    fault_stack: FaultStack
    fault: Fault
    process: subprocess.Popen[bytes]
    relay: Relay
    after_cleanup: ExitStack

    def wait(self) -> None:
        """Wait for the run to end by itself; one that does not is lost."""
        try:
            self.process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"it did not end within {_LONGEST} s") from None

    def interrupt(self) -> None:
        """Press Ctrl-C: every process of the terminal's foreground group gets the signal."""
        os.killpg(self.process.pid, signal.SIGINT)


def play(fault_stack: FaultStack, relay: Relay, before: Before, scenario: Scenario, logs: Path) -> Tried:
    """Play a scenario and clean up; say everything that is not as it was before."""
    tried = Tried(next(step.sort for step in scenario if isinstance(step, Fault)))
    with ExitStack() as after_cleanup:
        for step in scenario:
            if isinstance(step, Fault):
                _meet(fault_stack, relay, step, tried, logs / f"{len(list(logs.iterdir()))}.log", after_cleanup)
                continue
            done = fault_stack.invoke(step)
            if done.code:
                tried.lost.append(f"`invoke {step}`, which nothing disturbed: {done}")
        relay.mend()
        tried.lost += _cleaned(fault_stack, before, tried)
    tried.lost += fault_stack.changed_files(before)
    return tried


def _meet(
    fault_stack: FaultStack, relay: Relay, fault: Fault, tried: Tried, log: Path, after_cleanup: ExitStack
) -> None:
    if fault.counts == "start":
        STARTS[fault.act](fault_stack, after_cleanup)
    if fault.act == "full-disk":
        after_cleanup.enter_context(_small_disk(fault_stack.tool_folder))
    variables = fault_stack.trap.set(fault.counts, fault.number, fault.how) | _settings(fault)
    process = fault_stack.start(fault.task, log, **variables)
    playing = Playing(fault_stack, fault, process, relay, after_cleanup)
    try:
        hit = _await(playing) or fault.counts == "start"
        if hit and fault.counts not in ("files", "start"):
            ACTS[fault.act](playing)
        playing.wait()
    except AssertionError as error:
        hit = True
        tried.lost.append(f"{fault.task}: {error}")
    finally:
        relay.mend()
    where = _event(fault_stack.trap.reached()).replace(str(fault_stack.root), "…")
    ended = f"ended with {process.returncode}" if hit else "had ended"
    tried.said.append(f"{fault.words()} ({f'{where[:100]}; ' if where else ''}{ended})")
    tried.hits += [fault] if hit else []
    tried.lost += _complaints(fault, process.returncode, log.read_text(errors="replace")) if hit else []


def _event(words: str) -> str:
    """Return what the trap stopped at; of a Compose command what it does, without the options of every one."""
    first, *rest = words.split(" ") if words else [""]
    while first == "compose" and rest and rest[0].startswith("--"):
        rest = rest[2:]
    return " ".join((first, *rest))


def _await(playing: Playing) -> bool:
    """Wait until the trap was reached; tell whether it was before the run ended."""
    end = time.monotonic() + _LONGEST
    while playing.process.poll() is None and time.monotonic() < end:
        if playing.fault_stack.trap.reached():
            return True
        time.sleep(_LOOK)
    return playing.process.poll() is not None and bool(playing.fault_stack.trap.reached())


def _settings(fault: Fault) -> dict[str, str]:
    if fault.act not in ("never-answer", "unhealthy"):
        return {}
    return {f"INVOKE_MIGRATIONS_TOOLS_{name.upper()}_TIMEOUT": str(value) for name, value in _SHORT.items()}


def _complaints(fault: Fault, code: int, said: str) -> list[str]:
    """Return what a run that was not killed must not do: end in any other way, or show its insides."""
    if fault.sort == "kill":
        return [] if code == -signal.SIGKILL else [f"{fault.task} was killed and ended with {code}: {said[-600:]}"]
    found = [f"{fault.task} ended with {code}: {said[-600:]}"] if code not in (0, 1, 2, 130) else []
    if fault.act in ("ctrl-c", "hang-ctrl-c") and code not in (130, 0):
        found.append(f"{fault.task} was interrupted and ended with {code}: {said[-600:]}")
    return found + ([f"{fault.task} showed a traceback: {said[-1500:]}"] if "Traceback (most" in said else [])


# --- what must be as it was ------------------------------------------------------------------------------------------


def _cleaned(fault_stack: FaultStack, before: Before, tried: Tried) -> list[str]:
    restarted = any(fault.act == "restart-daemon" for fault in tried.hits)
    rows = wait_for_rows(fault_stack)
    done = fault_stack.invoke("cleanup")
    noticed = restarted and done.code == 1 and _NOTICED in done.err
    lost = [f"cleanup ended with {done.code}: {done.text[-1500:]}"] if done.code and not noticed else []
    lost += _differences(before.engine, restarted)
    lost += fault_stack.own_files()
    fault_stack.forget_own_files()
    return lost + (["rows of the original's database"] if {**rows} != {**before.rows} else [])


def _differences(before: Engine, restarted: bool) -> list[str]:
    """Return what of the engine is not as it was; a restarted daemon has restarted what runs, and has a new bridge."""
    found = docker.lasting_differences(before, PREFIXES)
    if not restarted or not found:
        return found
    return _nameless(before).differences(_nameless(docker.engine(PREFIXES)))


def _nameless(found: Engine) -> Engine:
    containers = {key: value[:1] for key, value in found.containers.items()}
    return replace(found, containers=containers, networks={name: name for name in found.networks.values()})


# --- what a fault does -----------------------------------------------------------------------------------------------


def _kill_there(playing: Playing) -> None:
    playing.process.kill()


def _kill_later(playing: Playing) -> None:
    playing.fault_stack.trap.release()
    time.sleep(playing.fault.seconds)
    playing.process.kill()


def _ctrl_c(playing: Playing) -> None:
    playing.fault_stack.trap.release()
    time.sleep(playing.fault.seconds)
    playing.interrupt()


def _hang_ctrl_c(playing: Playing) -> None:
    time.sleep(playing.fault.seconds)
    playing.interrupt()


def _never_answer(playing: Playing) -> None:
    """Leave the command as it is: what ends the wait is the tool's own limit."""


def _go_on(playing: Playing) -> None:
    playing.fault_stack.trap.release()


def _cut(playing: Playing) -> None:
    playing.fault_stack.trap.release()
    time.sleep(playing.fault.seconds)
    playing.relay.cut()


def _cut_for_a_moment(playing: Playing) -> None:
    _cut(playing)
    time.sleep(1.0)
    playing.relay.mend()


def _restart_daemon(playing: Playing) -> None:
    playing.fault_stack.trap.release()
    time.sleep(playing.fault.seconds)
    docker.must(["sh", "-c", os.environ[RESTART]], timeout=120)


def _full_disk(playing: Playing) -> None:
    with (playing.fault_stack.tool_folder / BALLAST).open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass  # that is the end of it
    playing.fault_stack.trap.release()


def _take_ports(playing: Playing) -> None:
    services: list[dict[str, Any]] = playing.fault_stack.minimal_stack.journal()["plan"]["services"]
    ports = [int(port["published"]) for service in services for port in service["ports"] if port["published"]]
    assert ports, "the plan publishes no port"
    for port in ports:
        taken = playing.after_cleanup.enter_context(socket.socket())
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
    playing.fault_stack.trap.release()


ACTS: Mapping[str, Callable[[Playing], None]] = {
    "kill-there": _kill_there,
    "kill": _kill_later,
    "ctrl-c": _ctrl_c,
    "hang-ctrl-c": _hang_ctrl_c,
    "never-answer": _never_answer,
    "go-on": _go_on,
    "cut-until-it-ends": _cut,
    "cut-for-a-moment": _cut_for_a_moment,
    "restart-daemon": _restart_daemon,
    "full-disk": _full_disk,
    "take-ports": _take_ports,
}


# --- what is wrong from the start ------------------------------------------------------------------------------------


def _break_build(fault_stack: FaultStack, after_cleanup: ExitStack) -> None:
    after_cleanup.enter_context(
        _edited(fault_stack.root / "Dockerfile", lambda text: f"{text}\nRUN echo broken && false\n")
    )


def _unhealthy(fault_stack: FaultStack, after_cleanup: ExitStack) -> None:
    path = fault_stack.root / "docker-compose.yml"
    after_cleanup.enter_context(_edited(path, lambda text: text.replace("pg_isready -h 127.0.0.1", "false")))


STARTS: Mapping[str, Callable[[FaultStack, ExitStack], None]] = {"break-build": _break_build, "unhealthy": _unhealthy}


@contextmanager
def _edited(path: Path, edit: Callable[[str], str]) -> Iterator[None]:
    text = path.read_text()
    path.write_text(edit(text))
    try:
        yield
    finally:
        path.write_text(text)


def why_no_small_disk() -> str:
    """Return why no small file system can be mounted; empty when one can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"):
        return "only root may mount the small file system that gets full"
    return ""


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Put a file system of a quarter of a megabyte in the place of a folder; what was in it is on it."""
    kept = folder.with_name("kept")
    if folder.exists():
        shutil.copytree(folder, kept)
    folder.mkdir(exist_ok=True)
    docker.must(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)])
    try:
        if kept.exists():
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            shutil.rmtree(kept)
        yield
    finally:
        docker.must(["umount", str(folder)])
        # What is below was there before the run, and belongs to a run that is cleaned up by now.
        shutil.rmtree(folder)
