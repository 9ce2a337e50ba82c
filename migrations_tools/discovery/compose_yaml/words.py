"""Commands, durations and scalars as Compose writes them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.yaml_text import Unclear

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<single>'[^']*')|(?P<double>"(?:\\.|[^"\\])*")|\\(?P<escaped>.)"""
    r"""|(?P<group>\$\((?:[^()])*\)|`[^`]*`)|(?P<end>[;&|<>])|(?P<plain>[^\s'"\\;&|<>()`])""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_FIXED_POINT = range(-4, 6)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def split(text: str, place: str) -> list[str]:
    """Split a command into words as Compose does, which is not quite as a shell does.

    What follows an unquoted `;`, `&`, `|`, `<` or `>` is dropped: Compose starts no shell, and its splitter ends there
    (https://github.com/mattn/go-shellwords). Raises CannotProceed for quotes that are not closed.
    """
    words: list[str] = []
    word: str | None = None
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if not token:
            fail(place, "the command cannot be split into words; write it as a list.")
        position = token.end()
        if token["end"]:
            word = None if token["end"] == ">" and (word or "")[:1].isdigit() else word
            break
        if token["space"]:
            words += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + _spoken(token)
    return words if word is None else [*words, word]


def _spoken(token: re.Match[str]) -> str:
    if token["single"]:
        return token["single"][1:-1]
    if token["double"]:
        return _ESCAPE.sub(r"\1", token["double"][1:-1])
    return token["escaped"] or token["group"] or token["plain"]


def duration(text: str, place: str) -> str:
    """Return a duration as Go writes it: "90s" is "1m30s" (https://pkg.go.dev/time#Duration.String)."""
    parts = _DURATION.findall(text)
    if text != "0" and (not parts or "".join(map("".join, parts)) != text):
        fail(place, f"{text!r} is no duration such as 1m30s.")
    total = int(sum(Decimal(number) * _UNITS[unit] for number, unit in parts))
    if total < _UNITS["s"]:
        unit, size = next(((unit, _UNITS[unit]) for unit in ("ms", "µs") if total >= _UNITS[unit]), ("ns", 1))
        return f"{_short(Decimal(total) / size)}{unit}" if total else "0s"
    minutes, rest = divmod(total, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_short(Decimal(rest) / _UNITS['s'])}s"
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}" if minutes else seconds


def _short(number: Decimal) -> str:
    return f"{number.normalize():f}"


def scalar(value: Any, place: str) -> str:
    """Return a text, a number or a truth value as Compose writes it in the environment: true, 511, 1e+06.

    Raises CannotProceed for maps and lists, and for what Compose writes in another way than it was written.
    """
    if isinstance(value, Unclear):
        fail(place, f"Compose reads {str(value)!r} as a date or as no number; put it in quotes.")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _go_float(value)
    return (
        str(value) if isinstance(value, (str, int)) else fail(place, "a text, a number or a truth value belongs here.")
    )


def _go_float(value: float) -> str:
    """Return a float as Go's `%v` does: the fewest digits, with an exponent below -4 and from 6 on."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    mark, power = "-" * sign, len(digits) + int(exponent) - 1
    if power in _FIXED_POINT:
        return f"{mark}{Decimal(repr(abs(value))).normalize():f}"
    mantissa = "".join(map(str, digits))
    return f"{mark}{mantissa[0]}{'.' * (len(mantissa) > 1)}{mantissa[1:]}e{power:+03d}"
