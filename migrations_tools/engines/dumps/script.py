"""A plain dump, read as psql would read it, into statements and the rows of COPY; pure.

psql itself is not used: what it could be told to do (connect elsewhere, run programs) cannot happen. Its own commands
come out as what they are, so that whoever runs the script can refuse them.
Sources: PostgreSQL manual, 4.1 "Lexical Structure" and the reference page of psql.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

_TOKEN = re.compile(
    rb"(?P<escaped>[eE]')|(?P<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*)|(?P<dollar>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)"
    rb"|(?P<sign>--|/\*|['\";()\\])"
)
_INSIDE_COMMENT = re.compile(rb"/\*|\*/")
_PLAIN_END = re.compile(rb"'")
_ESCAPED_END = re.compile(rb"\\.|'", re.DOTALL)
_QUOTED_END = re.compile(rb'"')
_FROM_STDIN = re.compile(rb"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_BACKSLASHES = re.compile(rb"\s*SET\s+standard_conforming_strings\s*(?:=|TO)\s*'?(on|off)", re.IGNORECASE)
_PORTION = 1 << 16
# What some editors write before the first line.
_MARK = "\ufeff".encode()


@dataclass(frozen=True, slots=True)
class DumpStatement:
    """An SQL statement, without its comments, and the number of its first line."""

    line: int
    text: bytes

    @property
    def takes_rows(self) -> bool:
        """Return whether rows follow: COPY … FROM stdin."""
        return bool(_FROM_STDIN.match(self.text))

    @property
    def words(self) -> str:
        """Return the first words in capitals."""
        return b" ".join(self.text[:300].split()).decode(errors="replace").upper()

    @property
    def head(self) -> str:
        """Return the first three words as they stand."""
        return b" ".join(self.text[:300].split()[:3]).decode(errors="replace").rstrip(";(")


@dataclass(frozen=True, slots=True)
class CopyRows:
    """Some lines of rows for the COPY before; the last portion says that it is."""

    data: bytes
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command of psql's own, and its line."""

    line: int
    text: str


Part: TypeAlias = DumpStatement | CopyRows | Command


def parts(lines: Iterable[bytes]) -> Iterator[Part]:
    """Yield the parts of a script in order; rows come in portions."""
    reader = _Reader()
    data: list[bytes] = []
    size = 0
    for number, line in enumerate(lines, 1):
        if not reader.copying:
            yield from reader.read(number, line.removeprefix(_MARK) if number == 1 else line)
        elif line.rstrip(b"\r\n") == rb"\.":
            yield CopyRows(b"".join(data), is_last=True)
            data, size, reader.copying = [], 0, False
        else:
            data.append(line)
            size += len(line)
            if size > _PORTION:
                yield CopyRows(b"".join(data))
                data, size = [], 0
    if reader.copying:
        yield CopyRows(b"".join(data), is_last=True)
    yield from reader.rest()


@dataclass(slots=True)
class _Reader:
    """What has been read of a statement, and what the reading is inside of."""

    copying: bool = False
    end: re.Pattern[bytes] | None = None
    comment: int = 0
    parentheses: int = 0
    blocks: int = 0
    first: int = 0
    text: list[bytes] = field(default_factory=list)
    last: bytes = b""
    plain_end: re.Pattern[bytes] = _PLAIN_END

    def read(self, number: int, line: bytes) -> Iterator[Part]:
        """Read one line and give the parts that end in it."""
        at = start = 0
        while at < len(line):
            if self.comment or self.end:
                is_comment = bool(self.comment)
                at = self._inside(line, at)
                start = at if is_comment else start
                continue
            match = _TOKEN.search(line, at)
            if not match:
                break
            if self._is_blank(line[start : match.start()]):
                start, self.first = match.start(), number
            at, sign = match.end(), match["sign"]
            if sign in (b"--", b"/*"):
                self.text.append(line[start : match.start()] + b" ")
                self.comment = sign == b"/*"
                at = start = at if self.comment else len(line)
                continue
            if sign == b"\\":
                self._begin()
                yield Command(number, line[match.start() :].decode(errors="replace").strip())
                return
            if sign == b";" and not self.parentheses and not self.blocks:
                yield self._statement(line[start:at])
                start = at
                if self.copying:
                    return
            else:
                self._enter(match)
        if not self.comment:
            self.text.append(line[start:])

    def rest(self) -> Iterator[Part]:
        """Yield what stands at the end without a semicolon."""
        text = b"".join(self.text).strip()
        if text:
            yield DumpStatement(self.first, text)

    def _is_blank(self, before: bytes) -> bool:
        """Return whether a statement has not begun yet; what stands before it is dropped."""
        if before.strip() or any(part.strip() for part in self.text):
            return False
        self.text.clear()
        return True

    def _statement(self, last: bytes) -> DumpStatement:
        statement = DumpStatement(self.first, b"".join([*self.text, last]))
        setting = _BACKSLASHES.match(statement.text)
        if setting:
            self.plain_end = _PLAIN_END if setting[1].lower() == b"on" else _ESCAPED_END
        self.copying = statement.takes_rows
        self._begin()
        return statement

    def _begin(self) -> None:
        self.text, self.last = [], b""
        self.parentheses = self.blocks = 0

    def _enter(self, match: re.Match[bytes]) -> None:
        """Go into what a token opens, or out of what it closes."""
        if match["word"]:
            self._count(match["word"].upper())
        elif match["escaped"]:
            self.end = _ESCAPED_END
        elif match["dollar"]:
            self.end = re.compile(re.escape(match["dollar"]))
        elif match["sign"] == b"'":
            self.end = self.plain_end
        elif match["sign"] == b'"':
            self.end = _QUOTED_END
        elif match["sign"] != b";":
            self.parentheses = max(0, self.parentheses + (1 if match["sign"] == b"(" else -1))

    def _count(self, word: bytes) -> None:
        """Count the blocks of a function whose body is SQL (BEGIN ATOMIC … END): semicolons in it end nothing."""
        before, self.last = self.last, word
        if self.blocks:
            self.blocks += {b"CASE": 1, b"END": -1}.get(word, 0)
        elif before == b"BEGIN" and word == b"ATOMIC":
            self.blocks = 1

    def _inside(self, line: bytes, at: int) -> int:
        """Return where the text or comment that the reading is inside of ends in the line, or the line's end."""
        match = (_INSIDE_COMMENT if self.comment else self.end or _PLAIN_END).search(line, at)
        if not match:
            return len(line)
        if self.comment:
            self.comment += 1 if match.group() == b"/*" else -1
        elif not match.group().startswith(b"\\"):
            self.end = None
        return match.end()
