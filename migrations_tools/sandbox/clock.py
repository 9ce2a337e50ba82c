"""The time, as logs and containers write it."""

from __future__ import annotations

import datetime


def now() -> str:
    """Return the present moment in UTC as RFC 3339: `2026-01-31T12:00:00.000000Z`."""
    return datetime.datetime.now(tz=datetime.timezone.utc).isoformat().replace("+00:00", "Z")
