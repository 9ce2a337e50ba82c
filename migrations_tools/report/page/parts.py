"""The parts of the page that are text: proofs, findings with the code around them, operations, files, names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from migrations_tools.report.page.markup import Child, Markup, joined, tag

Record: TypeAlias = Mapping[str, Any]

_MARKS = {"passed": "✔", "failed": "✘", "not checked": "–"}
_OUTCOMES = {"held": "held back", "repaired": "repaired"}


def proofs(items: Sequence[Record]) -> Markup | None:
    """Return each proof with its outcome and evidence."""
    return tag("ul", *map(_proof, items), class_="proofs") if items else None


def _proof(item: Record) -> Markup:
    outcome = item["outcome"]
    told = [
        *(tag("li", *_lines(detail)) for detail in item["details"] if not item["groups"]),
        *(tag("li", f"Warning: {text}", class_="warning") for text in item["warnings"]),
    ]
    listed = tag("ul", *told) if told else None
    details = joined(*map(_differences, item["groups"]), listed)
    return tag(
        "li",
        tag("span", _MARKS[outcome], class_="mark", title=outcome, role="img", aria_label=outcome),
        tag("div", tag("strong", item["claim"]), tag("p", marked_up(item["evidence"])), details),
        class_=outcome.replace(" ", "-"),
    )


def _differences(group: Record) -> Markup:
    """Return what differs in one table, both definitions side by side."""
    rows = [
        (
            item["heading"],
            tag("code", item["migrations"] or "-"),
            tag("code", item["models"] or "-"),
            marked_up(item["origin"]),
        )
        for item in group["differences"]
    ]
    return joined(tag("h3", group["table"]), table(("what", "migrations", "models", "revision"), rows))


def _lines(detail: str) -> tuple[Child, ...]:
    """Return a detail: its sentence, and what follows, lines of a log, as they are."""
    sentence, _, rest = detail.partition("\n")
    return (marked_up(sentence), tag("pre", rest)) if rest else (marked_up(sentence),)


def findings(items: Sequence[Record]) -> Markup:
    """Return each finding with its reasons, ways out and the code around it; the gravest first."""
    if not items:
        return tag("p", "The review found nothing.", class_="none")
    order = {"hold": 0, "error": 1, "warn": 2, "info": 3}
    ordered = sorted(items, key=lambda item: (item["outcome"] == "repaired", order[item["severity"]]))
    return joined(*map(_finding, ordered))


def _finding(item: Record) -> Markup:
    outcome = _OUTCOMES.get(item["outcome"], item["severity"])
    style = "repaired" if item["outcome"] == "repaired" else item["severity"]
    grave = style in ("hold", "error")
    where = tag("code", f"{item['file']}:{item['line']}", class_="where") if item["file"] else None
    reasons = [line for line in (item["provenance"], *item["evidence"], item["effect"]) if line]
    return tag(
        "details",
        tag(
            "summary",
            tag("code", item["code"]),
            tag("span", outcome, class_="outcome"),
            tag("span", marked_up(item["sentence"]), class_="sentence"),
        ),
        where,
        _excerpt(item["excerpt"]),
        tag("ul", *(tag("li", marked_up(line)) for line in reasons)),
        tag("div", tag("h3", "Ways out"), tag("ul", *(tag("li", marked_up(line)) for line in item["ways_out"])))
        if item["ways_out"]
        else None,
        class_=f"finding {style}",
        open=grave,
        id=f"{item['code']}-{item['object']}",
    )


def _excerpt(lines: Sequence[Record]) -> Markup | None:
    if not lines:
        return None
    width = len(str(lines[-1]["line"]))
    rows = (
        tag(
            "span",
            tag("span", str(item["line"]).rjust(width), class_="number"),
            item["text"] + "\n",
            class_="here" if item["here"] else None,
        )
        for item in lines
    )
    return tag("pre", tag("code", *rows), tabindex="0", aria_label="The code around it")


def operations(items: Sequence[Record]) -> Markup | None:
    """Return a table of the operations, with what became of each."""
    rows = [(item["outcome"], item["summary"], tag("code", item["code"])) for item in items]
    return table(("outcome", "operation", "as Alembic writes it"), rows, [item["outcome"] for item in items])


def migrations(items: Iterable[Record]) -> Markup | None:
    """Return the new files, whole."""
    found = [
        tag(
            "details",
            tag("summary", tag("code", item["path"]), "" if item["written"] else " (not written)"),
            tag("pre", tag("code", item["text"]), tabindex="0", aria_label=f"The file {item['path']}"),
        )
        for item in items
    ]
    return joined(*found) if found else None


def made(things: Sequence[Record], removed: Sequence[Record]) -> Markup | None:
    """Return what the run made, by exact name, and whether it is gone."""
    gone = {(item["kind"], item["name"]) for item in removed}
    rows = [
        (item["kind"], tag("code", item["name"]), "removed" if (item["kind"], item["name"]) in gone else "")
        for item in things
    ]
    return table(("kind", "name", ""), rows)


def versions(record: Record) -> Markup | None:
    """Return the versions of everything."""
    rows = [("migrations_tools", record["tool"]), *sorted(record["versions"].items())]
    return table(("what", "version"), rows)


def table(columns: Sequence[str], rows: Sequence[Sequence[Child]], classes: Sequence[str] = ()) -> Markup | None:
    """Return a table with a heading line; nothing when it has no rows."""
    if not rows:
        return None
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    body = [
        tag("tr", *(tag("td", cell) for cell in row), class_=classes[index] if classes else None)
        for index, row in enumerate(rows)
    ]
    return scrolled(
        tag("table", tag("thead", head), tag("tbody", *body)), f"Table of {', '.join(filter(None, columns))}"
    )


def scrolled(body: Markup, words: str, style: str = "") -> Markup:
    """Return a part that may be wider than the page, which the keyboard can scroll."""
    return tag("div", body, class_=f"scrolled {style}".strip(), tabindex="0", role="group", aria_label=words)


def marked_up(text: str) -> Markup:
    """Return a sentence, what stands in backticks as code."""
    pieces = re.split(r"`([^`]*)`", text)
    return joined(*(tag("code", piece) if index % 2 else piece for index, piece in enumerate(pieces)))
