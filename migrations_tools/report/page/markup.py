"""HTML and SVG elements as text, everything in them escaped."""

from __future__ import annotations

from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is markup already; any other is escaped where it is put in."""

    __slots__ = ()


Child: TypeAlias = "Markup | str | None"
_VOID = frozenset({"meta", "br", "input", "path", "rect", "circle", "line"})


def tag(element: str, /, *children: Child, **attributes: object) -> Markup:
    """Return an element; `class_` is the attribute class, `data_x` and `aria_x` are written with a hyphen.

    An attribute that is None or False is left out, one that is True stands alone.
    """
    written = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if element in _VOID:
        return Markup(f"<{element}{written}/>")
    return Markup(f"<{element}{written}>{joined(*children)}</{element}>")


def joined(*children: Child) -> Markup:
    """Return children one after the other, each escaped unless it is markup."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(child) for child in children if child is not None)
    )


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-") if key not in ("viewBox", "markerWidth") else key
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
