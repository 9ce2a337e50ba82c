"""What existing rows are to get in a column, as the user says it: `users.locale='fr'`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrations_tools.errors import CannotProceed


def parse_backfills(given: Iterable[str]) -> Mapping[str, str]:
    """Read `table.column=SQL`, by table and column. Raises CannotProceed with everything that is malformed."""
    found: dict[str, str] = {}
    reasons = []
    for item in given:
        path, equals, expression = (part.strip() for part in item.partition("="))
        if "." in path and equals and expression:
            found[path] = expression
        else:
            reasons.append(f"The backfill {item!r} must read table.column=SQL, such as users.locale=\"'fr'\".")
    if reasons:
        raise CannotProceed(reasons)
    return found
