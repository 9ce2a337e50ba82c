"""The logs show no traceback and no undefined table or column after the migrations finished."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrations_tools.proofs.proof import Proof, judged
from migrations_tools.secrets import masked

CLAIM = "No traceback and no undefined table or column in the logs after the migrations"
USUAL = (
    r"Traceback \(most recent call last\)",
    r"Undefined(Table|Column|Function|Object)",
    r"relation \".*\" does not exist",
    r"column .* does not exist",
    r"type \".*\" does not exist",
)


def clean(logs: Mapping[str, Sequence[str]], since: str, patterns: Iterable[str]) -> Proof:
    """Prove that no line after `since` (RFC 3339, as `docker logs --timestamps` writes it) matches a pattern.

    `logs` maps a service to its lines, each beginning with its timestamp.
    """
    expressions = [re.compile(pattern) for pattern in (*USUAL, *patterns)]
    problems = []
    count = 0
    for service, lines in sorted(logs.items()):
        later = [text for stamp, _, text in (line.partition(" ") for line in lines) if _fixed(stamp) >= _fixed(since)]
        count += len(later)
        hits = Counter(_hits(later, expressions))
        problems += [f"{service}: {text}" + (f" ({times} times)" if times > 1 else "") for text, times in hits.items()]
    return judged(CLAIM, problems, f"{count} lines of {len(logs)} services")


def _hits(lines: Sequence[str], expressions: Sequence[re.Pattern[str]]) -> Iterator[str]:
    for number, text in enumerate(lines):
        if any(each.search(text) for each in expressions):
            said = masked(text.strip())
            yield f"{said} {masked(_exception(lines[number + 1 :]))}".rstrip(" :") if "Traceback" in text else said


def _exception(following: Sequence[str]) -> str:
    """Give the line that ends a traceback: the first one that is not indented."""
    return next(
        (
            text.strip()
            for text in following
            if text and not text[0].isspace() and "+" not in text[:4] and "|" not in text[:4]
        ),
        "",
    )


def _fixed(stamp: str) -> str:
    """Give an RFC 3339 time in UTC with nine digits of fraction, so that it compares as text."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"
