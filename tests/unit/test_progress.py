"""A long step says that it is at work: on a live line on a terminal, now and then elsewhere, not with `quiet`."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence

import pytest

from migrations_tools.engines.limit import Limit
from migrations_tools.report.live_step import Progress

_STEPS = """
    import time
    from migrations_tools.report.console import Console
    from migrations_tools.engines.limit import Limit
    console = Console("validate", quiet={quiet}, every=0.2)
    with console.step("Walking"):
        console.count(3, 40, "revisions")
        console.command("docker volume rm x")
        with console.step("Waiting") as step:
            step.within(Limit(300, "start_timeout"))
            console.detail("waiting for api")
            time.sleep({seconds})
    console.say("Next: something else")
    console.result("The result", style="green")
    print([step["step"] for step in console.steps])
"""
_STAMP = r"\d\d:\d\d:\d\d "
_USUAL = {"TERM": "xterm", "COLUMNS": "160"}


def _command(quiet: bool = False, seconds: float = 0.5) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(_STEPS.format(quiet=quiet, seconds=seconds))]


def _environment(**more: str) -> dict[str, str]:
    left = {key: value for key, value in os.environ.items() if key not in ("CI", "NO_COLOR", "FORCE_COLOR")}
    return {**left, "PYTHONPATH": os.pathsep.join(sys.path), **_USUAL, **more}


def _piped(command: Sequence[str], **more: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(**more), check=True)
    assert done.stderr == ""
    return done.stdout


def _on_a_terminal(command: Sequence[str], interrupt_at: str = "", **more: str) -> str:
    """Run with a terminal at its end and give what reached it; interrupt it as Ctrl-C does when it has said a text."""
    ours, theirs = pty.openpty()
    # Where this run itself was started in the background, children inherit that Ctrl-C is ignored.
    with subprocess.Popen(
        command,
        stdout=theirs,
        stderr=theirs,
        env=_environment(**more),
        preexec_fn=_heed_interruptions,  # noqa: PLW1509 - the test has one thread
    ) as process:
        os.close(theirs)
        found = b""
        while chunk := _read(ours):
            found += chunk
            if interrupt_at and interrupt_at.encode() in found:
                process.send_signal(signal.SIGINT)
                interrupt_at = ""
    os.close(ours)
    return found.decode()


def _heed_interruptions() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # on Linux a terminal that nobody holds any more is an error
        return b""


def test_into_a_pipe_each_line_of_a_step_has_the_time_and_long_steps_say_what_is_left() -> None:
    lines = _piped(_command()).splitlines()
    assert [re.sub(r"\d+(\.\d)? s\b", "N s", re.sub(_STAMP, "T ", line)) for line in lines] == [
        "T Walking …",
        "T   $ docker volume rm x",
        "T Waiting …",
        *["T Waiting: N s so far, at most N s more, waiting for api"] * (len(lines) - 8),
        "T ✔ Waiting  N s",
        "T ✔ Walking  N s",
        "Next: something else",
        "The result",
        "['Walking']",
    ]
    assert len(lines) > 8, "nothing was said while the step was running"


def test_on_a_terminal_a_live_line_shows_the_step_its_time_and_what_is_left() -> None:
    printed = _on_a_terminal(_command())
    assert re.search(r"Walking  \d s  ━╌{19} 3 of 40 revisions", printed)
    assert re.search(r"Waiting  \d s  at most (300|29\d) s more  waiting for api", printed)
    assert " so far" not in printed
    above = printed.rindex("$ docker volume rm x")
    assert "Walking" in printed[above:], "the command is not above the live line"
    assert printed.rindex("\x1b[?25h") > printed.rindex("\x1b[?25l"), "the cursor stays hidden"


def test_an_interrupted_step_leaves_the_terminal_clean() -> None:
    printed = _on_a_terminal(_command(seconds=60), interrupt_at="waiting for api")
    assert printed.rindex("\x1b[?25h") > printed.rindex("\x1b[?25l"), "the cursor stays hidden"
    last = printed[printed.rindex("\x1b[?25h") :]
    assert "✘ Walking" in last
    assert "at most" not in last
    assert "\x1b[2K" in printed, "the live line was not taken away"


@pytest.mark.parametrize("more", [{"CI": "true"}, {"TERM": "dumb"}], ids=["in CI", "on a dumb terminal"])
def test_a_terminal_that_is_none_to_draw_on_gets_plain_lines(more: dict[str, str]) -> None:
    printed = _on_a_terminal(_command(), **more)
    assert re.search(_STAMP + "Waiting …", printed)
    assert re.search(r"Waiting: \d s so far", printed)
    assert not re.search(r"\x1b\[[0-9;?]*[A-HJKhl]", printed), "something moves the cursor"


def test_ci_set_to_false_is_no_ci() -> None:
    assert "3 of 40 revisions" in _on_a_terminal(_command(), CI="false")


@pytest.mark.parametrize(
    "more", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}], ids=["alone", "over force"]
)
def test_no_color_takes_every_style_away(more: dict[str, str]) -> None:
    printed = _on_a_terminal(_command(), **more)
    assert not re.search(r"\x1b\[[0-9;]*m", printed)
    assert "3 of 40 revisions" in printed


def test_force_color_colours_a_pipe_and_draws_nothing_live() -> None:
    printed = _piped(_command(), FORCE_COLOR="1")
    assert "\x1b[32mThe result" in printed
    assert "\x1b[?25l" not in printed
    assert re.search(r"Waiting: \d s so far", printed)


@pytest.mark.parametrize("run", [_piped, _on_a_terminal], ids=["into a pipe", "on a terminal"])
def test_quiet_leaves_the_result_alone(run: object) -> None:
    assert callable(run)
    printed = re.sub(r"\x1b\[[0-9;]*m|\r", "", run(_command(quiet=True)))
    assert printed.splitlines() == ["The result", "['Walking']"]


def test_another_tasks_results_are_no_results() -> None:
    code = (
        "from migrations_tools.report.console import Console\n"
        "console = Console(quiet=True)\n"
        "with console.aside():\n    console.result('its address')\n"
        "console.result('a migration is missing')"
    )
    assert _piped([sys.executable, "-c", code]) == "a migration is missing\n"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, []), (1.1, ["✔ Looking  1.1 s", "['Looking']"])], ids=["at once", "after a second"]
)
def test_a_brief_step_is_told_only_where_it_was_not(seconds: float, said: list[str]) -> None:
    code = (
        "import time\nfrom migrations_tools.report.console import Console\nconsole = Console()\n"
        f"with console.step('Looking', brief=True):\n    time.sleep({seconds})\n"
        "print(*([[each['step'] for each in console.steps]] if console.steps else []), end='')"
    )
    printed = _piped([sys.executable, "-c", code])
    assert [re.sub(_STAMP, "", re.sub(r"1\.\d s", "1.1 s", line)) for line in printed.splitlines()] == said


@pytest.mark.parametrize(
    ("done", "total", "what", "bar", "count"),
    [
        (0, 4, "revisions", "--------------------", "0 of 4 revisions"),
        (1, 4, "revisions", "#####---------------", "1 of 4 revisions"),
        (9, 4, "revisions", "####################", "9 of 4 revisions"),
        (7, 0, "statements", "", "7 statements"),
        (0, 0, "running downgrade of a1", "", "running downgrade of a1"),
        (0, 0, "", "", ""),
    ],
    ids=["nothing yet", "a quarter", "more than was known", "no end known", "nothing to count", "nothing said"],
)
def test_a_count_is_drawn_as_far_as_it_is_known(done: int, total: int, what: str, bar: str, count: str) -> None:
    progress = Progress("Walking")
    progress.of(done, total, what)
    assert (progress.bar(ascii_only=True), progress.count()) == (bar, count)


def test_a_wait_says_how_long_is_left() -> None:
    progress = Progress("Waiting")
    progress.within(Limit(20, "start_timeout"))
    assert progress.words() == "Waiting: 0 s so far, at most 20 s more"
    progress.within(None)
    assert progress.words() == "Waiting: 0 s so far"
