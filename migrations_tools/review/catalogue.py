"""All rules, in the order in which they are asked and documented."""

from __future__ import annotations

from typing import Final

from migrations_tools.review import by_hand, drops, failures, history, locks, trips
from migrations_tools.review.rules import Find, Rule

# What speaks when a file has been executed, or of the history as a whole; the others speak of what Alembic found.
MEASURED: Final[tuple[Rule, ...]] = (
    *failures.CATALOGUE.rules, *trips.CATALOGUE.rules, *locks.CATALOGUE.rules, *history.CATALOGUE.rules,
)  # fmt: skip
RULES: Final[tuple[Rule, ...]] = (*drops.CATALOGUE.rules, *MEASURED)
# What speaks under the codes of rules that foresee the same.
SPEAKERS: Final[tuple[Find, ...]] = (failures.failures_of_rows, by_hand.taken_away)
