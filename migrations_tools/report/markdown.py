"""The record as Markdown: for a CI job's summary, or a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Record: TypeAlias = Mapping[str, Any]

_VERDICTS = {
    "passed": "✅ The fresh install works",
    "incomplete": "⚠️ Not everything was checked",
    "failed": "❌ Something failed",
}
_PROOFS = {"passed": "✅", "failed": "❌", "not checked": "⚠️"}
_FINDINGS = {"held": "✋ held back", "repaired": "🔧 repaired"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def render(record: Record) -> str:
    """Return the record as GitHub-flavoured Markdown."""
    return "\n".join(_lines(record)).rstrip() + "\n"


def _lines(record: Record) -> Iterator[str]:
    seconds = sum(step["seconds"] for step in record["steps"])
    yield f"## {_VERDICTS[record['verdict']]}: {_text(record['project'])}"
    yield ""
    counts = f"{len(record['proofs'])} proofs, {len(record['findings'])} findings"
    yield f"{counts}, {seconds:.1f} s, engine `{record['engine']}`."
    yield ""
    yield from _revisions(record["revisions"])
    yield from _findings(record["findings"])
    yield from _proofs(record["proofs"])
    yield from _versions(record["versions"])


def _revisions(revisions: Sequence[Record]) -> Iterator[str]:
    for item in revisions:
        yield f"### {'New' if item['written'] else 'Missing'} migration: `{item['path']}`"
        yield ""
        yield from _folded("The file", item["text"], "python")


def _findings(findings: Sequence[Record]) -> Iterator[str]:
    if findings:
        yield from ("### Findings", "")
    for item in findings:
        where = f" `{item['file']}:{item['line']}`" if item["file"] else ""
        outcome = _FINDINGS.get(item["outcome"], item["severity"])
        yield f"- **{item['code']}** {outcome}{where}: {_text(item['sentence'])}"
        more = [item["provenance"], *item["evidence"], item["effect"], *item["ways_out"]]
        yield from (f"  - {_text(line)}" for line in more if line)
    if findings:
        yield ""


def _proofs(proofs: Sequence[Record]) -> Iterator[str]:
    if not proofs:
        return
    yield from ("### Proofs", "", "| | what | evidence |", "|---|---|---|")
    for item in proofs:
        details = () if item["groups"] else item["details"]
        lines = [line for text in (item["evidence"], *details) for line in text.split("\n")]
        evidence = "<br>".join(_text(line) for line in (*lines, *(f"⚠️ {text}" for text in item["warnings"])))
        yield f"| {_PROOFS[item['outcome']]} | {_text(item['claim'])} | {evidence} |"
    yield ""
    for item in proofs:
        yield from _groups(item["groups"])


def _groups(groups: Sequence[Record]) -> Iterator[str]:
    """Yield the differences by table, each with both definitions and the revision behind it."""
    for group in groups:
        yield from (
            f"#### {_text(group['table'])}",
            "",
            "| what | migrations | models | revision |",
            "|---|---|---|---|",
        )
        for item in group["differences"]:
            yield "| {} |".format(" | ".join(_text(item[key]) for key in ("heading", "migrations", "models", "origin")))
        yield ""


def _versions(versions: Record) -> Iterator[str]:
    if versions:
        yield ", ".join(f"{_text(name)} {_text(version)}" for name, version in sorted(versions.items()))


def _folded(title: str, text: str, language: str) -> Iterator[str]:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    yield from (
        f"<details><summary>{title}</summary>",
        "",
        f"{fence}{language}",
        text.rstrip(),
        fence,
        "",
        "</details>",
        "",
    )


def _text(text: str) -> str:
    """Write a text so that nothing in it is markup; code in backticks stays code."""
    parts = text.replace("\n", " ").split("`")
    if len(parts) % 2 == 0:  # a backtick without its other half
        return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return "`".join(
        part.replace("|", "\\|") if index % 2 else _SPECIAL.sub(r"\\\1", part) for index, part in enumerate(parts)
    )
