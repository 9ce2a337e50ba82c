"""What is printed is printed as it is: names that look like markup, like emoji, like commands to the terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from migrations_tools.secrets import harmless

_NAMES = (
    "[red]x[/red]",
    "[/]",
    "[",
    "[/red]",
    "\\[b]",
    "[link=https://example.org]y[/link]",
    "a:x:b :smile:",
    "{0} %s",
    "C:\\temp",
    "<b>&amp;",
    "ünï 名前",
)
_PRINT_ALL = """
    import sys
    from migrations_tools.proofs.proof import Proof
    from migrations_tools.report.console import Console
    from migrations_tools.report.terminal import show_proofs
    console = Console()
    for name in sys.argv[1:]:
        console.say(f"said {name}", style="red")
        console.command(f"commanded {name}")
        with console.step(f"stepped {name}"):
            console.detail(f"detailed {name}")
        console.table(f"titled {name}", ["what"], [[f"celled {name}"]])
        console.code(f"coded {name}", "yaml")
        show_proofs(console, [Proof(f"claimed {name}", "failed", f"shown {name}", (f"and {name}",))])
"""
_PLACES = ("said", "commanded", "stepped", "titled", "celled", "coded", "claimed", "shown", "and")
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def _command(*names: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(_PRINT_ALL), *names]


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": "160", **more}


def _on_a_terminal(*names: str) -> str:
    """Run the console with a terminal at its end and give what reached it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(_command(*names), stdout=theirs, stderr=theirs, env=_environment()) as process:
        os.close(theirs)
        chunks = []
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # on Linux a terminal that nobody holds any more is an error
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(ours)
    assert process.returncode == 0, b"".join(chunks).decode()
    return b"".join(chunks).decode()


def _missing(printed: str) -> list[str]:
    return [f"{place} {name}" for name in _NAMES for place in _PLACES if f"{place} {name}" not in printed]


def test_names_are_printed_as_they_are_into_a_file() -> None:
    done = subprocess.run(_command(*_NAMES), capture_output=True, text=True, env=_environment(), check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert _missing(done.stdout) == []


def test_names_are_printed_as_they_are_on_a_terminal() -> None:
    printed = _on_a_terminal(*_NAMES)
    assert "\x1b[31m" in printed, "it took the terminal for a file, so that this proves nothing"
    assert _missing(_SEQUENCE.sub("", printed)) == []


def test_nothing_in_a_name_steers_the_terminal() -> None:
    # It would change the window's title, clear the screen, go back to the start of the line and ring.
    printed = _on_a_terminal("a\x1b]0;title\x07b\x1b[2Jc\rd\x08e\x9b2Jf")
    assert "\x1b]0" not in printed
    assert "\x1b[2J" not in printed
    assert "\x07" not in printed
    assert r"said a\x1b]0;title\x07b\x1b[2Jc\x0dd\x08e\x9b2Jf" in printed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[32mINFO\x1b[0m: \x1b[1;31mx\x1b[m", "INFO: x"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("a\x00b\x7f", r"a\x00b\x7f"),
    ],
    ids=["colours of a log go", "lines and tabs stay", "brackets stay", "the rest is shown"],
)
def test_what_is_harmless_stays(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_a_folder_whose_name_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff[red]"
    Path(os.fsdecode(folder)).mkdir()
    code = (
        "from pathlib import Path; from migrations_tools.report.console import Console; Console().say(str(Path.cwd()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, env=_environment(), check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip().endswith(b"\\udcff[red]")
