"""Texts that a pattern matches: of a regular expression, and of LIKE.

A pattern is read as far as constraints usually go; what comes out is tried by PostgreSQL before it is used.
Source: PostgreSQL manual, 9.7 "Pattern Matching".
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

_PRINTABLE = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_.@/:+ ,#!"
_LOWER, _UPPER, _DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
_SHORTHANDS = {"d": _DIGITS, "w": _LOWER + _DIGITS + _UPPER + "_", "s": " ", "D": _LOWER, "W": "-", "S": _LOWER}
_CLASSES = {
    "alpha": _LOWER + _UPPER,
    "alnum": _LOWER + _DIGITS + _UPPER,
    "digit": _DIGITS,
    "lower": _LOWER,
    "upper": _UPPER,
    "space": " ",
    "punct": "-_.",
    "xdigit": _DIGITS + "abcdef",
    "word": _LOWER + _DIGITS + "_",
}
_MOST = 64


class Unreadable(ValueError):
    """The pattern has something that is not read here."""


@dataclass(slots=True)
class _Reader:
    """Reads a pattern and writes one text that it matches; `number` chooses among the characters of classes."""

    pattern: str
    number: int
    longer: bool
    at: int = 0

    def alternatives(self) -> str:
        """Read up to the end or a closing parenthesis: the first alternative counts, or one that the number picks."""
        found = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            found.append(self._sequence())
        self.number, index = divmod(self.number, len(found))
        return found[index]

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self) -> str:
        taken = self._peek()
        if not taken:
            raise Unreadable(self.pattern)
        self.at += 1
        return taken

    def _sequence(self) -> str:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._piece())
        return "".join(parts)

    def _piece(self) -> str:
        start = self.at
        text = self._atom()
        end = self.at
        least, most = self._quantifier()
        count = min(most, max(least, 1) + (2 if self.longer and most > least else 0))
        for _ in range(count - 1):
            after, self.at = self.at, start
            text += self._atom()
            self.at = after
        if count == 0 or end == start:
            return ""
        return text

    def _atom(self) -> str:
        char = self._take()
        if char in "^$":
            return ""
        if char == "(":
            return self._group()
        if char == "[":
            return self._pick(self._class())
        if char == ".":
            return self._pick(_LOWER)
        return self._escape() if char == "\\" else char

    def _group(self) -> str:
        if self.pattern.startswith("?:", self.at):
            self.at += 2
        elif self._peek() == "?":
            raise Unreadable(self.pattern)
        text = self.alternatives()
        if self._take() != ")":
            raise Unreadable(self.pattern)
        return text

    def _escape(self) -> str:
        char = self._take()
        if char in _SHORTHANDS:
            return self._pick(_SHORTHANDS[char])
        if char in "AZymM":  # places, not characters
            return ""
        if char.isalnum():
            raise Unreadable(self.pattern)
        return char

    def _class(self) -> str:
        negated = self._peek() == "^"
        self.at += negated
        chars = ""
        while self._peek() != "]" or not chars:
            chars += self._member()
        self.at += 1
        return "".join(char for char in _PRINTABLE if char not in chars) if negated else chars

    def _member(self) -> str:
        if self.pattern.startswith("[:", self.at):
            end = self.pattern.find(":]", self.at)
            name, self.at = self.pattern[self.at + 2 : end], end + 2
            return _CLASSES.get(name, _LOWER)
        first = self._take()
        if first == "\\":
            first = self._take()
            return _SHORTHANDS.get(first, first)
        if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            last = self._take()
            return "".join(map(chr, range(ord(first), min(ord(last), ord(first) + 100) + 1)))
        return first

    def _pick(self, chars: str) -> str:
        if not chars:
            raise Unreadable(self.pattern)
        self.number, index = divmod(self.number, len(chars))
        return chars[index]

    def _quantifier(self) -> tuple[int, int]:
        known = {"*": (0, _MOST), "+": (1, _MOST), "?": (0, 1)}
        bounds = known.get(self._peek(), (1, 1))
        if self._peek() in known:
            self.at += 1
        elif self._peek() == "{":
            end = self.pattern.find("}", self.at)
            low, comma, high = self.pattern[self.at + 1 : end].partition(",")
            if end < 0 or not low.isdigit():
                raise Unreadable(self.pattern)
            self.at = end + 1
            bounds = (int(low), int(high) if high else _MOST if comma else int(low))
        if self._peek() == "?":
            self.at += 1  # not greedy
        return bounds


def matching(pattern: str, number: int, longer: bool = False) -> str | None:
    """Return a text that a regular expression matches, another for another number; None when it cannot be read.

    `longer` repeats what may be repeated once or more.
    """
    reader = _Reader(pattern, number, longer)
    try:
        text = reader.alternatives()
    except Unreadable:
        return None
    return text if reader.at == len(pattern) else None


_LIKE = re.compile(r"\\(.)|(%)|(_)", re.DOTALL)


def like(pattern: str, number: int) -> str:
    """Return a text that a LIKE pattern matches."""
    return _LIKE.sub(lambda match: match[1] or (f"a{number + 1}" if match[2] else "a"), pattern)


# What columns with a check on their form usually hold.
USUAL = (
    "person{n}@example.org",
    "+4930123456{n:02}",
    "03012345{n:02}",
    "https://example.org/{n}",
    "slug-{n}",
    "name_{n}",
    "AB{n:02}",
    "ABC-{n:03}",
    "#a0b0{n:02}",
    "1.0.{n}",
    "2024-01-{n:02}",
    "{n:02}:00",
    "{n:05}",
    "{n:064x}",
    "{n:040x}",
    "{n:032x}",
    "DE",
    "EUR",
    "en",
    "en_US",
    "10.0.0.{n}",
    "Europe/Berlin",
    "a/b/{n}",
    "A{n}",
)
