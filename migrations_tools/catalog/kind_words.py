"""What the kinds of objects mean for a comparison, and the words for what is not as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from migrations_tools.catalog.kinds import KINDS
from migrations_tools.catalog.model import Catalog

_BY_NAME: Final = {kind.name: kind for kind in KINDS}


def is_stated(name: str) -> bool:
    """Return whether models can state objects of a kind, so that a difference from them is one."""
    return name not in _BY_NAME or _BY_NAME[name].stated != "never"


def counted(found: Mapping[str, int]) -> str:
    """Return numbers of objects in words: "12 policies, 1 trigger"."""
    named = ((number, _BY_NAME[name]) for name, number in found.items())
    return ", ".join(f"{number} {kind.name if number == 1 else kind.plural}" for number, kind in named)


def not_read(catalog: Catalog) -> str:
    """Return what a database holds and nobody reads, with the reasons; "" where there is nothing."""
    held = {each.kind for each in catalog.others if each.kind in _BY_NAME}
    return "; ".join(f"not read: {kind.plural} ({kind.unread})" for kind in KINDS if kind.unread and kind.name in held)


def taken_back(kind: str, sort: str, thing: str, was: str, now: str) -> str:
    """Return what there is to say of an object after a revision was taken back; "" for kinds that models state."""
    if kind not in _BY_NAME or _BY_NAME[kind].stated == "all":
        return ""
    words = {"missing": _BY_NAME[kind].gone, "unexpected": _BY_NAME[kind].left}.get(sort, _BY_NAME[kind].changed)
    return words.format(object=thing, was=was, now=now)
