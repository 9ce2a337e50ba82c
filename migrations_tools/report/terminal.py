"""How proofs and findings look on the console."""

from __future__ import annotations

from collections.abc import Sequence

from migrations_tools.proofs.differences import lines
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED, Proof
from migrations_tools.report.console import Console
from migrations_tools.review.findings import Finding

_MARKS = {PASSED: ("✔", "green"), FAILED: ("✘", "red"), NOT_CHECKED: ("–", "yellow")}

_OUTCOMES = {"held": ("✋", "held back", "yellow"), "repaired": ("✎", "repaired", "green")}
_SEVERITIES = {
    "hold": ("✘", "error", "red"),
    "error": ("✘", "error", "red"),
    "warn": ("!", "warning", "yellow"),
    "info": ("i", "note", "dim"),
    "": ("i", "note", "dim"),
}


def show_proofs(console: Console, proofs: Sequence[Proof]) -> None:
    """Print each proof with its outcome and evidence; one that was not checked is never green.

    A quiet console gets those that did not pass.
    """
    for proof in proofs:
        if console.quiet and proof.outcome == PASSED:
            continue
        mark, style = _MARKS[proof.outcome]
        outcome = f" [{proof.outcome}]" if proof.outcome == NOT_CHECKED else ""
        console.result(f"{mark} {proof.claim}{outcome}", style=style)
        console.result(f"    {proof.evidence}", style="dim")
        details = [line for group in proof.as_json()["groups"] for line in lines(group)] or proof.details
        for line in (line for detail in details for line in detail.split("\n")):
            console.result(f"      {line}")
        for warning in proof.warnings:
            console.result(f"    ! warning: {warning}", style="yellow")


def tell_unmade(console: Console, lines: Sequence[str]) -> None:
    """Print, before anything else, why the models' own schema could not be made."""
    for line in lines:
        console.result(line, style="bold red")


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print each finding: what, where it came from, what it rests on, why it matters, and the ways out.

    A quiet console gets what was held back and what is more than a note.
    """
    for finding in findings:
        if console.quiet and (finding.outcome == "repaired" or finding.severity in ("info", "")):
            continue
        mark, word, style = _OUTCOMES.get(finding.outcome) or _SEVERITIES[finding.severity]
        where = f" {finding.file}:{finding.line}" if finding.file else ""
        console.result(f"{mark} {finding.code} {word}:{where} {finding.sentence}", style=style)
        for line in filter(None, (finding.provenance, *finding.evidence, finding.effect, *finding.ways_out)):
            console.result(f"     {line}")
