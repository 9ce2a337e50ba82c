"""The schema as an entity-relationship diagram: tables in layers, what is referred to on the left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from migrations_tools.report.page.markup import Markup, tag
from migrations_tools.report.page.parts import scrolled

Record: TypeAlias = Mapping[str, Any]

_WIDTH: Final = 240
_GAP_X: Final = 90
_GAP_Y: Final = 22
_HEAD: Final = 26
_LINE: Final = 18
_TALLEST: Final = 1500  # a layer that would be taller goes on beside itself
_SWEEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A table's place: its left and upper edge, and the height of each column's line."""

    x: float
    y: float
    height: float
    lines: Mapping[str, float]


def draw(tables: Sequence[Record]) -> Markup | None:
    """Return the diagram; new tables and columns are marked."""
    if not tables:
        return None
    boxes = place(tables)
    keys = [(table, key) for table in tables for key in table["foreign_keys"] if key["table"] in boxes]
    edges = [_edge(boxes, table["name"], key) for table, key in keys]
    drawn = [_table(table, boxes[table["name"]]) for table in tables]
    right = max(box.x for box in boxes.values()) + _WIDTH + 20
    bottom = max(box.y + box.height for box in boxes.values()) + 20
    svg = tag(
        "svg",
        *edges,
        *drawn,
        viewBox=f"0 0 {right:.0f} {bottom:.0f}",
        width=f"{right:.0f}",
        height=f"{bottom:.0f}",
        class_="diagram",
        role="group",
        aria_label=f"{len(tables)} tables and {len(keys)} foreign keys",
    )
    new = sum(table["new"] for table in tables)
    caption = f"{len(tables)} tables, {len(keys)} foreign keys; {new} new tables. Tab goes from table to table."
    return tag("figure", scrolled(svg, "Schema diagram"), tag("figcaption", caption))


def place(tables: Sequence[Record]) -> dict[str, Box]:
    """Return each table its box, by name: layers by how far the foreign keys lead, ordered so that few lines cross."""
    known = {table["name"]: table for table in tables}
    layers = _layers(known)
    columns = _ordered(known, layers)
    boxes: dict[str, Box] = {}
    x = 10.0
    for names in columns:
        y, top = 10.0, 10.0
        for name in names:
            height = _HEAD + _LINE * len(known[name]["columns"]) + 6
            if y > top and y + height > _TALLEST:
                x, y = x + _WIDTH + _GAP_Y, top
            lines = {
                column["name"]: y + _HEAD + _LINE * (index + 0.5) for index, column in enumerate(known[name]["columns"])
            }
            boxes[name] = Box(x, y, height, lines)
            y += height + _GAP_Y
        x += _WIDTH + _GAP_X
    return boxes


def _layers(known: Mapping[str, Record]) -> dict[str, int]:
    """Return each table's layer: one more than that of any table that it refers to; a cycle is cut where it is met."""
    layers: dict[str, int] = {}
    for name in known:
        _find_layer(name, known, layers)
    return layers


def _find_layer(start: str, known: Mapping[str, Record], layers: dict[str, int]) -> None:
    stack, open_ = [start], set()
    while stack:
        name = stack[-1]
        targets = [
            key["table"] for key in known[name]["foreign_keys"] if key["table"] in known and key["table"] != name
        ]
        waiting = [target for target in targets if target not in layers and target not in open_]
        if name not in layers and waiting:
            open_.add(name)
            stack += waiting[:1]
            continue
        layers.setdefault(name, max((layers[target] + 1 for target in targets if target in layers), default=0))
        open_.discard(name)
        stack.pop()


def _ordered(known: Mapping[str, Record], layers: Mapping[str, int]) -> list[list[str]]:
    columns: dict[int, list[str]] = defaultdict(list)
    for name in sorted(known, key=lambda name: (not known[name]["foreign_keys"], name)):
        columns[layers[name]].append(name)
    ordered = [columns[layer] for layer in sorted(columns)]
    near = _neighbours(known)
    for _ in range(_SWEEPS):
        position = {name: index for column in ordered for index, name in enumerate(column)}
        for column in ordered:
            column.sort(key=lambda name: (_middle(near[name], position, position[name]), name))
            position |= {name: index for index, name in enumerate(column)}
    return ordered


def _neighbours(known: Mapping[str, Record]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {name: [] for name in known}
    for name, table in known.items():
        for key in table["foreign_keys"]:
            if key["table"] in known and key["table"] != name:
                near[name].append(key["table"])
                near[key["table"]].append(name)
    return near


def _middle(names: Iterable[str], position: Mapping[str, int], own: int) -> float:
    found = [position[name] for name in names]
    return sum(found) / len(found) if found else float(own)


def _table(table: Record, box: Box) -> Markup:
    words = f"Table {table['name']}{', new' if table['new'] else ''}, {len(table['columns'])} columns"
    badge = "new" if table["new"] else ""
    return tag(
        "g",
        tag("title", words),
        tag("rect", x=box.x, y=box.y, width=_WIDTH, height=box.height, rx=5, class_="box"),
        tag("rect", x=box.x, y=box.y, width=_WIDTH, height=_HEAD - 4, rx=5, class_="head"),
        tag("text", _short(table["name"], 30), x=box.x + 10, y=box.y + 16, class_="name"),
        tag("text", badge, x=box.x + _WIDTH - 10, y=box.y + 16, text_anchor="end", class_="badge"),
        *(_column(column, table, box) for column in table["columns"]),
        class_=f"table{' new' if table['new'] else ''}",
        tabindex="0",
        role="img",
        aria_label=words,
        data_table=table["name"],
        data_refers=" ".join(key["table"] for key in table["foreign_keys"]),
    )


def _column(column: Record, table: Record, box: Box) -> Markup:
    keys = {name for key in table["foreign_keys"] for name in key["columns"]}
    mark = "●" if column["primary"] else "→" if column["name"] in keys else "◇" if column["unique"] else ""
    y = box.lines[column["name"]] + 4
    return tag(
        "g",
        tag("text", mark, x=box.x + 10, y=y, class_="key"),
        tag("text", _short(column["name"], 20), x=box.x + 24, y=y, class_="column"),
        tag("text", _short(_type(column), 16), x=box.x + _WIDTH - 10, y=y, text_anchor="end", class_="type"),
        class_="new" if column["new"] else None,
    )


def _type(column: Record) -> str:
    short = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp"}
    kind = short.get(column["type"], column["type"].replace("character varying", "varchar"))
    return f"{kind}?" if column["nullable"] else kind


def _edge(boxes: Mapping[str, Box], name: str, key: Record) -> Markup:
    start, end = boxes[name], boxes[key["table"]]
    y1 = start.lines.get(key["columns"][0], start.y + _HEAD) if key["columns"] else start.y + _HEAD
    y2 = end.y + _HEAD / 2
    backwards = end.x >= start.x
    x1 = start.x + _WIDTH if backwards else start.x
    x2 = end.x + _WIDTH
    bend = 60 if backwards else max(40.0, (x1 - x2) / 2)
    out = x1 + bend if backwards else x1 - bend
    return tag(
        "path",
        d=f"M{x1:.0f},{y1:.0f} C{out:.0f},{y1:.0f} {x2 + bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}",
        class_="edge",
        data_from=name,
        data_to=key["table"],
    )


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
