"""Allowances in a revision file: `# migrations: allow CODE object -- reason`, with `until 2027-01-31` before `--`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_tools.review.findings import Allowance

_OURS = re.compile(r"#\s*migrations:\s*(?P<said>.*)")
_ALLOW = re.compile(
    r"allow\s+(?P<code>[A-Z]{2}\d{2})\s+(?P<object>.+?)(?:\s+until\s+(?P<until>\S+))?\s+--\s*(?P<reason>.*)"
)


@dataclass(frozen=True, slots=True)
class Comment:
    """An allowance as a file has it: a map as in the settings, and its line; None where it cannot be read."""

    line: int
    allowance: dict[str, Any] | None
    text: str


def comments(source: str) -> tuple[Comment, ...]:
    """Return the tool's own comments of a file; texts that look like one are none."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return ()
    found = ((token, _OURS.match(token.string)) for token in tokens if token.type == tokenize.COMMENT)
    return tuple(_comment(token.start[0], match["said"].strip()) for token, match in found if match)


def _comment(line: int, said: str) -> Comment:
    match = _ALLOW.fullmatch(said)
    known = {key: value for key, value in match.groupdict().items() if value} if match else {}
    return Comment(line, known if known.get("reason") else None, said)


def write(source: str, allowances: Iterable[Allowance]) -> str:
    """Return a revision file with its allowances above `upgrade()`, so that a later review needs no option."""
    lines = [_written(item) for item in allowances]
    at = _before_upgrade(source)
    if not lines or not at:
        return source
    text = source.splitlines(keepends=True)
    return "".join([*text[: at - 1], *lines, *text[at - 1 :]])


def _written(item: Allowance) -> str:
    until = f" until {item.until}" if item.until else ""
    return f"# migrations: allow {item.code} {item.object}{until} -- {item.reason or 'allowed when it was generated'}\n"


def _before_upgrade(source: str) -> int:
    """Return the line that upgrade() begins on; 0 where there is none."""
    try:
        body: Sequence[ast.stmt] = ast.parse(source).body
    except (SyntaxError, ValueError):
        return 0
    return next((node.lineno for node in body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"), 0)
