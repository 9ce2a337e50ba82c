"""What migrations make and a MetaData has no words for."""

from __future__ import annotations

import re
from typing import Final

from migrations_tools.catalog.comparison import Difference

_KINDS: Final = ("extension", "schema", "view", "domain", "sequence")
# PostgreSQL 18: a key over a span of time, as `pg_get_constraintdef` prints it.
_TEMPORAL: Final = re.compile(r'(?<=, )PERIOD (?=[\w"])| WITHOUT OVERLAPS(?=\))')


def without_time(definition: str) -> str:
    """Return a constraint's definition without what makes it temporal."""
    return _TEMPORAL.sub("", definition)


def is_temporal_alone(difference: Difference) -> bool:
    """Return whether a key is the models' own but for being temporal, which guards more than they ask for."""
    actual, expected = difference.actual, difference.expected
    return difference.kind == "constraint" and actual != expected and without_time(actual) == expected


def is_beyond_models(difference: Difference) -> bool:
    """Return whether a difference is about something that migrations make and a MetaData has no words for."""
    unexpected = difference.sort == "unexpected" and difference.kind in _KINDS
    return unexpected or is_temporal_alone(difference)
