"""Which files `review` takes, and what it makes of the allowances in them."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from migrations_tools.autogenerate import base_branch
from migrations_tools.commands import review
from migrations_tools.commands.review import ReviewOptions
from migrations_tools.errors import CannotProceed, Found
from migrations_tools.provenance import Revision
from migrations_tools.report.console import Console
from migrations_tools.review.findings import Allowance, Finding
from migrations_tools.review.lineage import BaseHistory

HISTORY = (
    Revision("e5", ("c3", "d4"), "e5_x.py", "", ""),
    Revision("d4", ("b2",), "d4_x.py", "", ""),
    Revision("c3", ("b2",), "c3_x.py", "", ""),
    Revision("b2", ("a1",), "b2_x.py", "", ""),
    Revision("a1", (), "a1_x.py", "", ""),
)


def chosen(
    monkeypatch: pytest.MonkeyPatch, base: BaseHistory | None, *files: str, since: str = "", inside: bool = True
) -> tuple[list[str], str]:
    monkeypatch.setattr(base_branch, "find", lambda _session, named="": SimpleNamespace(name=named) if base else None)
    monkeypatch.setattr(base_branch, "read", lambda *_: base)
    monkeypatch.setattr(base_branch, "in_repository", lambda _session: inside)
    given: Any = None
    choice = review.choose(given, given, HISTORY, ReviewOptions(files, since, ()))
    return [each.revision for each in choice.revisions], choice.words


def test_what_the_base_branch_does_not_have_is_reviewed_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    base = BaseHistory("main", tip=HISTORY[3:])
    assert chosen(monkeypatch, base) == (["c3", "d4", "e5"], "Reviewing 3 revisions that main does not have.")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [(True, "no base branch was found (the setting `base_branch`)"), (False, "the project is in no git repository")],
)
def test_without_a_base_branch_it_is_the_newest_alone_which_is_said(
    inside: bool, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = chosen(monkeypatch, None, inside=inside)
    assert found == (["e5"], f"Reviewing the newest revision alone: {reason}.")


def test_files_are_named_by_path_name_or_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, None, "db/versions/a1_x.py", "d4") == (["a1", "d4"], "Reviewing 2 revisions.")


def test_what_comes_after_a_revision_is_all_that_it_does_not_stand_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, None, since="c3") == (["d4", "e5"], "Reviewing 2 revisions after c3.")
    assert chosen(monkeypatch, None, since="e5") == ([], "Reviewing no revisions after e5.")


def test_an_allowance_of_a_file_is_read_and_what_is_malformed_or_expired_is_told_by_its_line() -> None:
    said = "# migrations: allow BC01 users.name -- old\n"
    file = Revision("a1", (), "a1_x.py", "", said)
    assert review.allowances_in(file) == (Allowance("BC01", "users.name", "old"),)
    yesterday = datetime.datetime.now(tz=datetime.timezone.utc).date() - datetime.timedelta(days=2)
    bad = f"# migrations: allow BC01\n# migrations: allow BC01 a until {yesterday} -- old\n"
    with pytest.raises(CannotProceed) as caught:
        review.allowances_in(Revision("a1", (), "a1_x.py", "", bad))
    assert [reason.partition(" ")[0] for reason in caught.value.reasons] == ["a1_x.py:1:", "a1_x.py:2:"]
    assert "expired" in caught.value.reasons[1]


FINDINGS = [Finding("a", "A.", code="BC01", severity="warn"), Finding("b", "B.", code="LK01", severity="info")]


@pytest.mark.parametrize(("threshold", "count"), [("error", 0), ("warn", 1), ("info", 2)])
def test_findings_from_the_threshold_on_end_with_1(threshold: str, count: int) -> None:
    session: Any = SimpleNamespace(settings=SimpleNamespace(threshold=threshold), console=Console("review"))
    if not count:
        review.judge(session, FINDINGS)
        return
    with pytest.raises(Found, match=f"{count} finding"):
        review.judge(session, FINDINGS)
