"""A quiet console gets the result: what failed, what was held back, what was not checked."""

from __future__ import annotations

import pytest

from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, Proof
from migrations_tools.report.console import Console
from migrations_tools.report.terminal import show_findings, show_proofs
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding


def test_proofs_that_passed_are_no_part_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = ((PASSED, "first"), (FAILED, "second"), (NOT_CHECKED, "third"))
    show_proofs(Console(quiet=True), [Proof(claim, outcome, "evidence", ("why",)) for outcome, claim in outcomes])
    assert capsys.readouterr().out.splitlines() == [
        "✘ second",
        "    evidence",
        "      why",
        "– third [not checked]",
        "    evidence",
        "      why",
    ]


def test_notes_and_repairs_are_no_part_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    edit = Edit(replaces=(1,))
    found = [
        Finding("held", "It is held.", code="FD01", severity="hold"),
        Finding("warned", "It is odd.", code="LK01", severity="warn"),
        Finding("mended", "It was mended.", code="EN05", severity="warn", edits=(edit,)),
        Finding("noted", "It is so.", code="AG10", severity="info"),
    ]
    show_findings(Console(quiet=True), found)
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines()] == ["FD01", "LK01"]
    show_findings(Console(), found)
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["FD01", "LK01", "EN05", "AG10"]
