"""The logs show no traceback and no undefined table or column; what came before the migrations is a warning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from migrations_tools.proofs import tracebacks
from migrations_tools.proofs.proof import Proof, judged
from migrations_tools.secrets import harmless, masked

CLAIM: Final = "No traceback and no undefined table or column in the logs after the migrations"
USUAL: Final = (
    r"Traceback \(most recent call last\)",
    r"Undefined(Table|Column|Function|Object)",
    r"relation \".*\" does not exist",
    r"column .* does not exist",
    r"type \".*\" does not exist",
)
# What the application's exception and the database's own log say of one and the same error.
_MISSING: Final = re.compile(r"(?:relation|type|column|function) .*? does not exist")
# Times, addresses, ids and numbers: what differs from one time to the next.
_CHANGING: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d| [A-Z]{3,4})?"
    r"|0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?<![\w\"])\d[\d.,:]*"
)
_WIDEST: Final = 400


@dataclass(slots=True)
class _Group:
    """What is the same but for numbers: what it says at its first time, and how often which service said it."""

    text: str
    services: Counter[str] = field(default_factory=Counter)

    def words(self) -> str:
        if len(self.services) == 1:
            ((service, times),) = self.services.items()
            return f"{service}: {self.text}" + (f" ({times} times)" if times > 1 else "")
        counts = ", ".join(f"{service} ({times})" for service, times in self.services.items())
        return f"{counts}: {self.text}"


def clean(
    logs: Mapping[str, Sequence[str]], since: str, patterns: Iterable[str], hide: Callable[[str], str] = masked
) -> Proof:
    """Prove that nothing after `since` (RFC 3339, as `docker logs --timestamps` writes it) matches a pattern.

    `logs` maps a service to its lines, each beginning with its timestamp. What matches before is a warning.
    """
    expressions = [re.compile(pattern) for pattern in (*USUAL, *patterns)]
    moment = _fixed(since)
    early: dict[str, list[str]] = {service: [] for service in logs}
    late: dict[str, list[str]] = {service: [] for service in logs}
    for service, lines in logs.items():
        for stamp, text in _split(lines):
            (early if stamp < moment else late)[service].append(text)
    warnings = [f"before the migrations were done: {words}" for words in _grouped(early, expressions, hide)]
    evidence = f"{sum(map(len, late.values()))} lines of {len(logs)} services"
    return judged(CLAIM, list(_grouped(late, expressions, hide)), evidence, warnings)


def without(lines: Sequence[str], span: tuple[int, int]) -> list[str]:
    """Return a log without the lines that this tool's own work on scratch databases left in it."""
    return [*lines[: span[0]], *lines[span[1] :]]


def _split(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        stamp, _, text = line.partition(" ")
        yield _fixed(stamp), harmless(text)


def _grouped(
    logs: Mapping[str, Sequence[str]], expressions: Sequence[re.Pattern[str]], hide: Callable[[str], str]
) -> Iterator[str]:
    """Yield what matches, each once with its count; what the application and the database say of one error is one."""
    groups: dict[str, _Group] = {}
    for service, lines in logs.items():
        for text, place in _hits(lines, expressions):
            missing = _MISSING.search(text)
            key = _CHANGING.sub("#", missing[0] if missing else text)
            told = f"{text} ({place})" if place else text
            groups.setdefault(key, _Group(hide(told)[:_WIDEST])).services[service] += 1
    yield from (group.words() for group in groups.values())


def _hits(lines: Sequence[str], expressions: Sequence[re.Pattern[str]]) -> Iterator[tuple[str, str]]:
    """Yield what matches, and where it happened if that is known: tracebacks first, each as its exception."""
    found = tracebacks.find(lines)
    for each in found:
        yield each.exception or "a traceback without an end", each.place()
    covered = {number for each in found for number in each.lines}
    for number, text in enumerate(lines):
        if number not in covered and any(each.search(text) for each in expressions):
            yield text.strip(), ""


def _fixed(stamp: str) -> str:
    """Return an RFC 3339 time in UTC with nine digits of fraction, so that it compares as text."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"
