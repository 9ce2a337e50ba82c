"""How proofs and findings look on the console."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Print each proof with its outcome and evidence; one that was not checked is never green."""
    for proof in proofs:
        mark, style = _MARKS[proof.outcome]
        outcome = f" [{proof.outcome}]" if proof.outcome == NOT_CHECKED else ""
        console.say(f"{mark} {proof.claim}{outcome}", style=style)
        console.say(f"    {proof.evidence}", style="dim")
        for line in (line for detail in proof.details for line in detail.split("\n")):
            console.say(f"      {line}")
        for warning in proof.warnings:
            console.say(f"    ! warning: {warning}", style="yellow")


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print each finding: what, where it came from, what it rests on, why it matters, and the ways out."""
    for finding in findings:
        mark, word, style = _OUTCOMES.get(finding.outcome) or _SEVERITIES[finding.severity]
        where = f" {finding.file}:{finding.line}" if finding.file else ""
        console.say(f"{mark} {finding.code} {word}:{where} {finding.sentence}", style=style)
        for line in filter(None, (finding.provenance, *finding.evidence, finding.effect, *finding.ways_out)):
            console.say(f"     {line}")
