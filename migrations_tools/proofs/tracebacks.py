"""Python's tracebacks in a log: found among lines of others, told from one another, and said in a few lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_TITLE: Final = "Traceback (most recent call last):"
# What stands before it is the mark of a process (`web.1 | `), the gutter of a group's part, or nothing.
_START: Final = re.compile(r"(?P<lead>.*?)(?P<group>\+ Exception Group )?Traceback \(most recent call last\):\s*$")
_ESCAPED: Final = re.compile(r'Traceback \(most recent call last\):\\n(?:[^"\\]|\\.)*')
_FRAME: Final = re.compile(r'\s*File "(?P<file>.+)", line \d+')
# `package.Error`, `package.Error: words`; what a log calls its levels looks the same.
_EXCEPTION: Final = re.compile(
    r"(?!(?:INFO|DEBUG|WARNING|WARN|ERROR|CRITICAL|FATAL|NOTICE|LOG|TRACE):)[^\W\d][\w.]*(?:: .*|:?)$"
)
_CHAIN: Final = re.compile(
    r"The above exception was the direct cause|During handling of the above exception|\+-+ (\d+|\.\.\.) -+"
)
_FURTHEST: Final = 80  # lines from an exception to the words that lead on to the next one
_LONGEST: Final = 2000  # lines of one traceback
_FOREIGN: Final = ("/site-packages/", "/dist-packages/", "/lib/python", "<frozen ", "/lib64/python")
_FRAMES: Final = 3
_WIDEST: Final = 300


@dataclass(slots=True)
class Traceback:
    """One failure: its frames (the line of the place, the line of code), its exception, its lines in the log."""

    frames: list[tuple[str, str]] = field(default_factory=list)
    exception: str = ""
    lines: list[int] = field(default_factory=list)

    def last_frames(self) -> list[tuple[str, str]]:
        """Return the last frames of the project's own code; where it has none, the last there are."""
        own = [frame for frame in self.frames if not any(part in frame[0].replace("\\", "/") for part in _FOREIGN)]
        return (own or self.frames)[-_FRAMES:]

    def place(self) -> str:
        """Return where it happened, in the project's own code: `File "app.py", line 3, in f`."""
        return next((place for place, _ in reversed(self.last_frames())), "")

    def said(self) -> list[str]:
        """Return it in a few lines: the last frames and the exception."""
        frames = [line for place, code in self.last_frames() for line in (f"  {place}", f"    {code}" if code else "")]
        return [_cut(line) for line in (*filter(None, frames), self.exception or "(the log ends before the exception)")]


def find(lines: Sequence[str]) -> list[Traceback]:
    """Return the tracebacks of a log, oldest first; one that led to another is a part of it."""
    found: list[Traceback] = []
    covered: set[int] = set()
    for number, line in enumerate(lines):
        if number not in covered and _START.match(line):
            found.append(_chain(lines, number))
            covered.update(found[-1].lines)
        elif escaped := _ESCAPED.search(line):
            found += _from_one_line(escaped[0], number)
    return found


def _from_one_line(text: str, number: int) -> Iterator[Traceback]:
    """Read a traceback that a log of JSON has as one text; whatever it holds, it was this line."""
    try:
        lines = str(json.loads(f'"{text}"')).splitlines()
    except ValueError:
        lines = text.split("\\n")
    for traceback in find(lines)[-1:]:
        traceback.lines = [number]
        yield traceback


def _chain(lines: Sequence[str], number: int) -> Traceback:
    """Read a traceback and those that it led to, as one."""
    covered: list[int] = []
    while True:
        part, end = _one(lines, number)
        covered += part.lines
        following = _next_of_chain(lines, end) if part.exception else 0
        if not following:
            part.lines = covered
            return part
        covered += range(end, following)
        number = following


def _one(lines: Sequence[str], start: int) -> tuple[Traceback, int]:
    """Read one traceback up to its exception. Lines of others in between, as of another process, are passed over."""
    match = _START.match(lines[start])
    lead = re.sub(r"\+ Exception Group $", "| ", match[0].partition("Traceback")[0]) if match else ""
    if any(_FRAME.match(line) for line in lines[start + 1 : start + 2]):
        lead = ""  # it was logged as a message: what stands before it stands before its first line only
    found = Traceback(lines=[start])
    for number in range(start + 1, min(len(lines), start + _LONGEST)):
        text = _bare(lines[number], lead)
        if text is None:
            continue
        if _START.match(text):
            return found, number
        if text[:1].isspace():
            found.lines.append(number)
            _add(found, text)
        elif _EXCEPTION.match(text):
            found.lines.append(number)
            found.exception = text.strip()
            return found, number + 1
    return found, len(lines)


def _bare(line: str, lead: str) -> str | None:
    """Return a line without what precedes the title too (digits, as of a time, aside); None for other lines."""
    if not lead.strip():
        return line[len(lead) :] if lead and line.startswith(lead) else line
    same = _shape(line[: len(lead)]).rstrip() == _shape(lead).rstrip()
    return line[len(lead) :] if same else None


def _shape(text: str) -> str:
    return re.sub(r"\d", "0", text)


def _add(found: Traceback, text: str) -> None:
    if _FRAME.match(text):
        found.frames.append((text.strip(), ""))
    elif found.frames and not found.frames[-1][1] and text.strip(" ^~"):
        found.frames[-1] = (found.frames[-1][0], text.strip())


def _next_of_chain(lines: Sequence[str], end: int) -> int:
    """Return the line where the traceback that this one led to begins; 0 when it led to none."""
    leads_on = False
    for number in range(end, min(len(lines), end + _FURTHEST)):
        if _START.match(lines[number]):
            return number if leads_on else 0
        leads_on = leads_on or bool(_CHAIN.search(lines[number]))
    return 0


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
