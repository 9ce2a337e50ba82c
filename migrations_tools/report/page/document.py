"""The page as a whole: the verdict on top, then the parts, each under a heading that the list above leads to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeAlias

from migrations_tools.report.page import diagram, parts, revisions, timeline
from migrations_tools.report.page.markup import Markup, joined, tag

Record: TypeAlias = Mapping[str, Any]

_VERDICTS = {
    "passed": ("✔", "The fresh install works"),
    "incomplete": ("–", "Not everything was checked"),
    "failed": ("✘", "Something failed"),
}
# Nothing is loaded from anywhere; scripts and styles are the page's own.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def render(record: Record) -> str:
    """Return the record as an HTML document."""
    title = f"{_VERDICTS[record['verdict']][1]}: {record['project']}"
    sections = [(name, words, body) for name, words, body in _sections(record) if body]
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(_own("style.css"))),
    )
    body = joined(
        tag("a", "Skip to the findings", href="#findings", class_="skip"),
        _verdict(record),
        _contents(sections),
        tag("main", *(_section(*section) for section in sections)),
        tag("script", Markup(_own("script.js"))),
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _own(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


def _sections(record: Record) -> Iterator[tuple[str, str, Markup | None]]:
    yield "proofs", "Proofs", parts.proofs(record["proofs"])
    yield "findings", "Findings", parts.findings(record["findings"])
    yield "operations", "Operations", parts.operations(record["operations"])
    yield "files", "New migrations", parts.migrations(record["revisions"])
    yield "time", "Time", timeline.draw(record["steps"])
    for database, tables in record["schema"].items():
        several = f" of {database}" if len(record["schema"]) > 1 else ""
        yield f"schema-{database}", f"Schema{several}", diagram.draw(tables)
    yield "history", "History", revisions.draw(record["history"])
    yield "made", "Made and removed", parts.made(record["made"], record["removed"])
    yield "versions", "Versions", parts.versions(record)


def _verdict(record: Record) -> Markup:
    mark, words = _VERDICTS[record["verdict"]]
    counts = [
        f"{sum(item['outcome'] == 'passed' for item in record['proofs'])} of {len(record['proofs'])} proofs passed",
        f"{len(record['findings'])} findings",
        f"{sum(item['outcome'] != 'held' for item in record['operations'])} operations written",
        f"{sum(step['seconds'] for step in record['steps']):.1f} s",
    ]
    began = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(record["began"]))
    return tag(
        "header",
        tag("p", tag("span", mark, class_="mark", aria_hidden="true"), class_="badge"),
        tag(
            "div",
            tag("h1", words),
            tag("p", f"{record['project']} · engine {record['engine']} · {began}"),
            tag("ul", *(tag("li", item) for item in counts), class_="counts"),
        ),
        class_=f"verdict {record['verdict']}",
    )


def _contents(sections: Sequence[tuple[str, str, Markup | None]]) -> Markup:
    links = (tag("li", tag("a", words, href=f"#{name}")) for name, words, _ in sections)
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _section(name: str, words: str, body: Markup | None) -> Markup:
    return tag("section", tag("h2", words, id=f"{name}-title"), body, id=name, aria_labelledby=f"{name}-title")
