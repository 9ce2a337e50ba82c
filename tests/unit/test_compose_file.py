"""The override of the example's copy, written and verified. A Compose program is needed, an engine is not."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from migrations_tools.errors import CannotProceed
from migrations_tools.isolation import IsolationPlan, PlanInputs, as_json, plan
from migrations_tools.journal import Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.sandbox.compose.copy import Copy, reopen
from migrations_tools.sandbox.compose.isolate import write_verified
from migrations_tools.sandbox.compose.original import Original, read_original
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "compose"
PASSWORD = "a-password-of-the-test"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return the tools of a task on a copy of the example, with a password of its own."""
    if not shutil.which("docker"):
        pytest.skip("there is no docker program")
    root = tmp_path / "project"
    shutil.copytree(EXAMPLE, root / "compose", ignore=shutil.ignore_patterns("__pycache__", ".env"))
    (root / "compose" / ".env").write_text(f"POSTGRES_PASSWORD={PASSWORD}\n")
    monkeypatch.delenv("POSTGRES_PASSWORD", raising=False)
    # What runs is asked of the engine, which need not be there, and is no matter here.
    monkeypatch.setattr("migrations_tools.sandbox.compose.original.running_stacks", lambda _: ())
    settings = Settings(compose_files=["compose/docker-compose.yml"])
    return Session(root, settings, Journal(root, settings.suffix), Console())


def _ignoring_the_tag(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a stand-in in front of this machine's `docker` that takes `!override` out of the override, and merges."""
    program = folder / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable} -SE\n"
        "import os, sys\n"
        "words = sys.argv[1:]\n"
        "for place, word in enumerate(words):\n"
        "    if word.endswith('override.yaml'):\n"
        "        words[place] = __file__ + '.yaml'\n"
        "        open(words[place], 'w').write(open(word).read().replace('!override', ''))\n"
        f"os.execv({shutil.which('docker')!r}, ['docker', *words])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def _planned(original: Original) -> IsolationPlan:
    return plan(original.config, PlanInputs(project=original.project.name, database_service="postgres"))


def _written(session: Session) -> Copy:
    session = replace(session, console=Console())  # a new one prints to where pytest catches output now
    original = read_original(session)
    planned = _planned(original)
    session.journal.begin(Run("1", "recyclic", planned.project, "compose", 0.0, "token", plan=as_json(planned)))
    return write_verified(session, original, planned)


def test_the_override_is_private_holds_no_secret_and_lies_on_the_originals_files(session: Session) -> None:
    copy, run = _written(session), session.journal.run
    assert session.journal.read() == run
    assert copy.stack.options == (*copy.original.options, "--file", str(session.journal.override_path))
    assert stat.S_IMODE(session.journal.override_path.stat().st_mode) == 0o600
    assert PASSWORD not in session.journal.override_path.read_text()
    assert [path for path in session.journal.folder.rglob("*") if PASSWORD.encode() in _bytes(path)] == []


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_later_tasks_read_the_copy_with_the_same_override(session: Session) -> None:
    copy = _written(session)
    assert reopen(session).stack.options == copy.stack.options


def test_an_override_that_is_merged_wrongly_is_refused_with_every_reason(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As 2.24.4 and 2.24.5 do with included files.
    _ignoring_the_tag(tmp_path, monkeypatch)
    with pytest.raises(CannotProceed) as caught:
        _written(session)
    assert caught.value.reasons[0] == "The copy would not be apart from the original:"
    assert any("it publishes the host port 5432, which the original publishes" in each for each in caught.value.reasons)
    assert caught.value.tip.startswith("Nothing was started.")


def test_a_plan_that_does_not_come_out_is_refused_with_every_reason(session: Session) -> None:
    original = read_original(session)
    planned = _planned(original)
    # A plan of other ports than the ones in its override.
    other = plan(
        original.config, PlanInputs(project="recyclic", database_service="postgres", busy_ports=frozenset({5433}))
    )
    session.journal.begin(Run("1", "recyclic", planned.project, "compose", 0.0, "token"))
    with pytest.raises(CannotProceed) as caught:
        write_verified(session, original, replace(other, override=planned.override))
    assert caught.value.reasons[0] == "The copy would not be apart from the original:"
    assert any("published ports are not the planned ones" in reason for reason in caught.value.reasons)
    assert len(set(caught.value.reasons)) == len(caught.value.reasons)
