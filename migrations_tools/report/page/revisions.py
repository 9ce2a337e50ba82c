"""The history as a graph: a line for each revision, newest first, branches side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from migrations_tools.report.page.markup import Markup, tag
from migrations_tools.report.page.parts import scrolled

Node: TypeAlias = Mapping[str, Any]

_ROW: Final = 26
_LANE: Final = 18


@dataclass(frozen=True, slots=True)
class Spot:
    """A revision's place: its row from the top and its lane from the left."""

    row: int
    lane: int


def draw(history: Sequence[Node]) -> Markup | None:
    """Return the graph; what the run has added is marked."""
    if not history:
        return None
    spots = place(history)
    lanes = 1 + max(spot.lane for spot in spots.values())
    lines = [_line(spots[item["revision"]], spots[down]) for item in history for down in item["down"] if down in spots]
    nodes = [_node(item, spots[item["revision"]], lanes) for item in history]
    height = len(history) * _ROW + 6
    svg = tag(
        "svg",
        *lines,
        *nodes,
        viewBox=f"0 0 900 {height}",
        width=900,
        height=height,
        class_="history",
        role="group",
        aria_label=f"{len(history)} revisions",
    )
    heads = len(history) - len({down for item in history for down in item["down"]} & set(spots))
    new = sum(item["new"] for item in history)
    caption = f"{len(history)} revisions, {heads} head{'s' * (heads != 1)}, {new} new."
    return tag("figure", scrolled(svg, "Revision graph", "tall"), tag("figcaption", caption))


def place(history: Sequence[Node]) -> dict[str, Spot]:
    """Return each revision its place: a lane is kept until the revision that it leads down to."""
    lanes: list[str | None] = []
    spots: dict[str, Spot] = {}
    for row, item in enumerate(history):
        name = item["revision"]
        lane = lanes.index(name) if name in lanes else _free(lanes)
        spots[name] = Spot(row, lane)
        for index, waiting in enumerate(lanes):
            if waiting == name:
                lanes[index] = None
        for down in item["down"]:
            if down not in lanes:
                lanes[lane if lanes[lane] is None else _free(lanes)] = down
    return spots


def _free(lanes: list[str | None]) -> int:
    if None not in lanes:
        lanes.append(None)
    return lanes.index(None)


def _centre(spot: Spot) -> tuple[float, float]:
    return 14 + spot.lane * _LANE, 16 + spot.row * _ROW


def _line(start: Spot, end: Spot) -> Markup:
    (x1, y1), (x2, y2) = _centre(start), _centre(end)
    return tag("path", d=f"M{x1},{y1} C{x1},{y1 + _ROW} {x2},{y2 - _ROW} {x2},{y2}", class_="edge")


def _node(item: Node, spot: Spot, lanes: int) -> Markup:
    x, y = _centre(spot)
    left = 30 + lanes * _LANE
    words = f"{item['revision']} {item['doc']}{', new' if item['new'] else ''}"
    return tag(
        "g",
        tag("title", f"{words}: {item['file']}"),
        tag("circle", cx=x, cy=y, r=5),
        tag("text", item["revision"], x=left, y=y + 4, class_="revision"),
        tag("text", _short(item["doc"]) + (" (new)" if item["new"] else ""), x=left + 130, y=y + 4, class_="doc"),
        class_=f"node{' new' if item['new'] else ''}",
        tabindex="0",
        role="img",
        aria_label=words,
    )


def _short(text: str) -> str:
    return text if len(text) <= 90 else text[:89] + "…"
