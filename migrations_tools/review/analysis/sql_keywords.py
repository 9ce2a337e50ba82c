"""The words of a SQL statement: enough to tell what kind of clause it has, never what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/                  # comments
    |(?:\b[eE])?'(?:[^']|'')*'               # texts
    |\$(?P<tag>\w*)\$.*?\$(?P=tag)\$         # texts between dollars
    |"(?P<quoted>(?:[^"]|"")*)"              # names in quotes
    |(?P<word>[^\W\d]\w*)""",
    re.DOTALL | re.VERBOSE,
)


@lru_cache(maxsize=4096)
def words(statement: str) -> tuple[str, ...]:
    """Return the statement's bare words in capitals and its quoted names as written, without texts and comments."""
    found = (match["word"].upper() if match["word"] else match["quoted"] for match in _TOKEN.finditer(statement))
    return tuple(word for word in found if word)


def has(found: Sequence[str], *run: str) -> bool:
    """Return whether words stand one after the other."""
    return any(tuple(found[start : start + len(run)]) == run for start in range(len(found)))


def names(statement: str, name: str) -> bool:
    """Return whether a statement names something, in quotes or not."""
    found = words(statement)
    return name in found or name.upper() in found


def shown(statement: str, longest: int = 200) -> str:
    """Return a statement on one line, cut where it is long."""
    line = " ".join(statement.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
