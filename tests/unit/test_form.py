"""The form in which Compose is given the copy of the example. A Compose program is needed, an engine is not."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from migrations_tools.commands.cleanup import cleanup
from migrations_tools.errors import CannotProceed
from migrations_tools.isolation import IsolationPlan, PlanInputs, as_json, plan
from migrations_tools.journal import OVERRIDE, WHOLE, Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.sandbox.compose.compose_file import find_features, write_verified
from migrations_tools.sandbox.compose.copy import Copy, Original, read_original, reopen
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings
from tests.support.older import BEFORE_OVERRIDE, BEFORE_RESET, make_older

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


def _older(folder: Path, monkeypatch: pytest.MonkeyPatch, tags: Sequence[str], only_in: str = "") -> None:
    """Put a stand-in for an older Compose in front of this machine's `docker`."""
    make_older(folder / "bin" / "docker", [str(shutil.which("docker"))], tags, only_in)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")


def _planned(original: Original) -> IsolationPlan:
    return plan(original.config, PlanInputs(project=original.project.name, database_service="postgres"))


def _written(session: Session) -> Copy:
    session = replace(session, console=Console())  # a new one prints to where pytest catches output now
    original = read_original(session)
    planned = _planned(original)
    session.journal.begin(Run("1", "recyclic", planned.project, "compose", 0.0, "token", plan=as_json(planned)))
    return write_verified(session, original, planned, find_features(original))


def test_a_compose_that_obeys_the_tag_gets_an_override_without_secrets(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, run = _written(session), session.journal.run
    assert (run.form, session.journal.read()) == (OVERRIDE, run)
    assert copy.stack.options == (*copy.original.options, "--file", str(session.journal.override_path))
    assert PASSWORD not in session.journal.override_path.read_text()
    assert not session.journal.whole_path.exists()
    assert "warning" not in capsys.readouterr().out


def test_a_compose_that_ignores_the_tag_gets_one_whole_file_that_is_private_and_a_warning(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _older(tmp_path, monkeypatch, BEFORE_OVERRIDE)
    copy = _written(session)
    whole = session.journal.whole_path
    assert session.journal.run.form == WHOLE
    folder = str(session.root / "compose")
    assert copy.stack.options == ("--project-directory", folder, "--file", str(whole))
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600
    assert PASSWORD in whole.read_text()
    assert not session.journal.override_path.exists()
    said = capsys.readouterr().out
    assert f"warning: `docker compose` does not obey `!override`, so that the copy is one whole file: {whole}" in said
    assert "Compose 2.24.4 or newer needs no such file" in said
    assert PASSWORD not in said


def test_later_tasks_read_the_copy_in_the_form_that_the_journal_names(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _older(tmp_path, monkeypatch, BEFORE_OVERRIDE)
    copy = _written(session)
    assert reopen(session).stack.options == copy.stack.options
    session.journal.update(form=OVERRIDE)
    assert reopen(session).stack.options != copy.stack.options


def test_an_override_that_is_merged_wrongly_falls_back_to_one_whole_file(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The small files of the trial are obeyed, the real override is not: as 2.24.4 does with included files.
    _older(tmp_path, monkeypatch, BEFORE_OVERRIDE, only_in=".migrations_tools")
    assert find_features(read_original(session)).override
    _written(session)
    assert session.journal.run.form == WHOLE
    said = capsys.readouterr().out
    assert "`docker compose` merges the override wrongly" in said
    assert "it publishes the host port 5432, which the original publishes" in said


def test_where_no_form_keeps_the_copy_apart_every_reason_is_given(session: Session) -> None:
    original = read_original(session)
    planned = _planned(original)
    # A plan of other ports than the ones in its override: neither form can come out as planned.
    other = plan(
        original.config, PlanInputs(project="recyclic", database_service="postgres", busy_ports=frozenset({5433}))
    )
    session.journal.begin(Run("1", "recyclic", planned.project, "compose", 0.0, "token"))
    with pytest.raises(CannotProceed) as caught:
        write_verified(session, original, replace(other, override=planned.override), find_features(original))
    assert caught.value.reasons[0] == "The copy would not be apart from the original:"
    assert any("published ports are not the planned ones" in reason for reason in caught.value.reasons)
    assert len(set(caught.value.reasons)) == len(caught.value.reasons)


def test_a_compose_that_obeys_neither_tag_is_refused_with_what_to_install(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _older(tmp_path, monkeypatch, BEFORE_RESET)
    with pytest.raises(CannotProceed) as caught:
        find_features(read_original(session))
    assert caught.value.reasons[0].startswith("`docker compose` obeys neither `!override` nor `!reset`")
    assert caught.value.tip == "Install Docker Compose 2.24.4 or newer."


def test_a_whole_file_whose_journal_is_lost_goes_with_the_next_cleanup(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(session.root)
    session.journal.prepare()
    session.journal.whole_path.write_text(PASSWORD)
    settings = Settings(compose_files=["compose/docker-compose.yml"], engine="embedded")
    cleanup(Session(session.root, settings, session.journal, session.console))
    assert not session.journal.whole_path.exists()
