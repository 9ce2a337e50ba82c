"""What may stand in a column: values of its type, and values that the text of its constraints suggests.

Nothing here decides whether a constraint holds: PostgreSQL does, over these candidates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice, zip_longest

from migrations_tools.data.column_types import ColumnType
from migrations_tools.data.patterns import USUAL, like, matching
from migrations_tools.data.sql_text import constants
from migrations_tools.data.values import array, is_known, short_text, value

_TEXTS = frozenset({"text", "character varying", "character", "citext", "bpchar", "name"})
_WHOLE = frozenset({"smallint", "integer", "bigint"})
_NUMBERS = _WHOLE | {"numeric", "real", "double precision", "money"}
_TIMES = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_DOCUMENTS = frozenset({"json", "jsonb"})
_LONGEST = 2000
_MOST_HINTS = 60
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def candidates(type_: ColumnType, hints: Sequence[str], count: int, word: str, first: int = 0) -> tuple[str, ...]:
    """Return values to try, the likeliest first: those that the hints (expressions) suggest before the type's own.

    `count` is how many of each kind there are at least, where the type has so many; `first` is the number of the
    first of the type's own.
    """
    own = [value(type_, number, word) for number in range(first, first + count)] if is_known(type_) else []
    suggested = islice(_suggested(type_, hints, count, word, first), _MOST_HINTS * count) if hints else ()
    return tuple(dict.fromkeys(text for text in (*suggested, *own) if _fits(type_, text)))


def _fits(type_: ColumnType, text: str) -> bool:
    if not type_.modifier:
        return True
    if type_.name == "numeric":
        precision, scale = int(type_.modifier[0]), int((*type_.modifier, "0")[1])
        number = _number(text)
        return number is None or abs(number) < Decimal(10) ** (precision - scale)
    return type_.name not in _TEXTS or len(text) <= int(type_.modifier[0])


def _suggested(type_: ColumnType, hints: Sequence[str], count: int, word: str, first: int) -> Iterator[str]:
    strings, numbers = _constants(hints)
    if type_.labels:
        yield from (label for label in strings if label in type_.labels)
        yield from type_.labels
    elif type_.element:
        yield from _arrays(type_.element, hints, count, word, first, _counts(numbers))
    elif type_.name in _TEXTS:
        yield from _texts(type_, strings, _counts(numbers), range(first, first + count), word)
    elif type_.name in _NUMBERS:
        yield from _numbers(type_, (*strings, *numbers), count)
    elif type_.name in _TIMES:
        yield from _moments(type_, strings, count)
    elif type_.name in _DOCUMENTS:
        yield from _documents(strings, range(first, first + count))
    elif type_.name == "bytea":
        yield from (f"\\x{number:0{2 * size}x}" for size in _counts(numbers) for number in range(count))
    else:
        yield from _others(type_, strings)


def _constants(hints: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [constants(hint) for hint in hints]
    strings = tuple(dict.fromkeys(text for group, _ in found for text in group))
    return strings, tuple(dict.fromkeys(text for _, group in found for text in group))


def _counts(numbers: Iterable[str]) -> list[int]:
    """Return the numbers that could be lengths, and their neighbours."""
    whole = [int(number) for number in numbers if number.isdigit() and int(number) <= _LONGEST]
    return list(dict.fromkeys(near for number in whole for near in (number, number - 1, number + 1) if near >= 0))


# Texts ---------------------------------------------------------------------------------------------------------------


def _texts(type_: ColumnType, strings: Sequence[str], lengths: Sequence[int], which: range, word: str) -> Iterator[str]:
    """Yield texts of patterns, constants, texts of the lengths and of the usual forms, one of each kind in turn."""
    forms: list[Iterable[str]] = [_of_pattern(text, which) for text in strings if _looks_like_pattern(text)]
    forms += [strings]
    forms += [_of_length(length, which, word) for length in lengths]
    forms += [[f"{word}{number}" for number in which], [f"{word.upper()}{number}" for number in which]]
    forms += [[form.replace("{n", "{0").format(number + 1) for number in which] for form in USUAL]
    forms += [[value(ColumnType("numeric", "numeric", ("9", "0")), number, word) for number in which]]
    forms += [[short_text(word.upper(), number, _limit(type_)) for number in which], [""]]
    yield from (text for turn in zip_longest(*forms) for text in turn if text is not None)


def _limit(type_: ColumnType) -> int | None:
    return int(type_.modifier[0]) if type_.modifier else None


def _looks_like_pattern(text: str) -> bool:
    return any(char in text for char in "^$[](){}*+?|\\%_.")


def _of_pattern(pattern: str, which: range) -> Iterator[str]:
    """Yield texts that match a pattern, of either kind; with what is around a pattern that is no whole one."""
    inner = re.sub(r"^\*{3}[:=]|^\(\?[a-z]+\)", "", pattern)
    for number in which:
        for longer in (False, True):
            found = matching(inner, number, longer)
            if found is not None:
                yield found
        if "%" in pattern or "_" in pattern:
            yield like(pattern, number)


def _of_length(length: int, which: range, word: str) -> Iterator[str]:
    for number in which:
        text = short_text(word, number, length) if length else ""
        yield text.ljust(length, "x")
        yield f"{number:0{length}d}"[-length:] if length else ""
        yield text.ljust(length, "x").upper()


# Numbers and moments -------------------------------------------------------------------------------------------------


def _numbers(type_: ColumnType, constants: Iterable[str], count: int) -> Iterator[str]:
    """Yield numbers around the constants: each, and its neighbours on both sides."""
    found = [number for number in map(_number, constants) if number is not None]
    steps = [Decimal(0), *(sign * step for step in range(1, count + 1) for sign in (Decimal(1), Decimal(-1)))]
    shares = [] if type_.name in _WHOLE else [Decimal(1) / 2, Decimal(1) / 4]
    for step in (*steps, *shares):
        for number in found:
            near = number + step
            if type_.name not in _WHOLE or near == near.to_integral_value():
                yield f"{near:f}"
    for low, high in zip(sorted(found), sorted(found)[1:], strict=False):
        for part in range(1, count + 1):
            between = low + (high - low) * part / (count + 1)
            yield f"{between:.0f}" if type_.name in _WHOLE else f"{between:.4f}"
    yield from ("0", "-1", "1", "2", "100")
    if type_.name not in _WHOLE:
        yield from ("0.5", "0.25", "0.125")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _moments(type_: ColumnType, strings: Iterable[str], count: int) -> Iterator[str]:
    """Yield moments around the constants: each, and some days, then years, before and after it."""
    found = [moment for moment in map(_moment, strings) if moment is not None]
    for days in (step * size for size in (1, 365) for step in range(count + 1)):
        for moment, zone in found:
            for sign in (1, -1) if days else (1,):
                try:
                    near = moment + timedelta(days=sign * days)
                except OverflowError:
                    continue
                yield near.date().isoformat() if type_.name == "date" else near.isoformat(" ") + zone
    yield from (value(type_, number) for number in range(count))
    yield from (f"{year}-01-01" for year in (1970, 1990, 2100, 2200))


def _moment(text: str) -> tuple[datetime, str] | None:
    """Read a moment as PostgreSQL prints it (DateStyle ISO), the offset apart."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d+)?)?)([+-]\d\d(?::\d\d)?)?", text)
    if not match:
        return None
    try:
        return _parsed(match[1]), match[2] or ""
    except ValueError:
        return None


def _parsed(text: str) -> datetime:
    if len(text) == len("2024-01-01"):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the offset is kept beside it
    form = "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S"
    return datetime.strptime(text, form)  # noqa: DTZ007 - the offset is kept beside it


# The rest ------------------------------------------------------------------------------------------------------------


def _arrays(
    element: ColumnType, hints: Sequence[str], count: int, word: str, first: int, sizes: Sequence[int]
) -> Iterator[str]:
    """Yield arrays of one element, of two, of the sizes that the hints name, and an empty one."""
    elements = [*candidates(element, hints, count, word, first)][: _MOST_HINTS // 2]
    strings, _ = _constants(hints)
    if not elements:
        return
    for text in elements:
        yield array([text])
    for size in (*(size for size in sizes if 0 < size <= 100), 2):
        for start in range(count):
            yield array([elements[(start + at) % len(elements)] for at in range(size)])
    yield array(list(strings))
    yield "{}"


def _documents(strings: Sequence[str], which: range) -> Iterator[str]:
    """Yield objects with the keys that the hints name, and a document of every kind."""
    makers: tuple[Callable[[int], object], ...] = (
        lambda number: dict.fromkeys(strings, number + 1),
        lambda number: dict.fromkeys(strings, f"text {number + 1}"),
        lambda number: [number + 1],
        lambda number: f"text {number + 1}",
        lambda number: number + 1,
    )
    for make in makers:
        yield from (json.dumps(make(number)) for number in which)
    yield from ("{}", "[]", "true", "null")
    yield from (json.dumps({text: more}) for text in strings for more in ({}, [], True, *strings))


_FORMS = {
    "uuid": _UUID,
    "inet": re.compile(r"[0-9a-fA-F.:]+(/\d+)?"),
    "cidr": re.compile(r"[0-9a-fA-F.:]+(/\d+)?"),
    "boolean": re.compile("true|false"),
}


def _others(type_: ColumnType, strings: Sequence[str]) -> Iterator[str]:
    if type_.name.startswith("interval"):
        yield from ("1 second", "1 minute", "1 hour", "1 day", "30 days", "1 year", "00:00:00")
    if type_.name.startswith("interval") or type_.name.startswith("time "):
        yield from (text for text in strings if re.match(r"-?\d", text))
    form = _FORMS.get(type_.name)
    if form:
        yield from (text for text in strings if form.fullmatch(text))
