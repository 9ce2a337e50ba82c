"""The run in time: a bar for each step, as long as it took, in the order in which they ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from migrations_tools.report.page.markup import Markup, tag

Step: TypeAlias = Mapping[str, Any]

_ROW: Final = 24
_LEFT: Final = 330
_WIDTH: Final = 620
_TASKS: Final = ("isolate", "generate", "validate", "review", "check", "cleanup")


def draw(steps: Sequence[Step]) -> Markup | None:
    """Return the timeline. Pauses between tasks, when nothing ran, are left out of the axis."""
    if not steps:
        return None
    total = sum(step["seconds"] for step in steps) or 1.0
    rows, at = [], 0.0
    for index, step in enumerate(steps):
        rows.append(_bar(index, step, at / total, step["seconds"] / total))
        at += step["seconds"]
    height = len(steps) * _ROW + 4
    svg = tag(
        "svg",
        *rows,
        viewBox=f"0 0 {_LEFT + _WIDTH + 60} {height}",
        role="img",
        class_="timeline",
        aria_label=f"{len(steps)} steps in {total:.1f} seconds",
    )
    return tag("figure", svg, tag("figcaption", f"{total:.1f} s of work; pauses between the tasks are left out."))


def _bar(index: int, step: Step, start: float, share: float) -> Markup:
    y = index * _ROW + 2
    x, width = _LEFT + start * _WIDTH, max(2.0, share * _WIDTH)
    task = f"t{_TASKS.index(step['task'])}" if step["task"] in _TASKS else "t0"
    style, name = f"bar {task} {step['outcome']}", f"{step['task']}: {step['step']}"
    return tag(
        "g",
        tag("title", f"{name}, {step['seconds']:.2f} s, {step['outcome']}"),
        tag("text", _short(name), x=_LEFT - 8, y=y + 15, text_anchor="end"),
        tag("rect", x=f"{x:.1f}", y=y + 3, width=f"{width:.1f}", height=_ROW - 8, rx=2, class_=style),
        tag("text", f"{step['seconds']:.1f} s", x=f"{x + width + 5:.1f}", y=y + 15, class_="seconds"),
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
