"""All rules, in the order in which they are asked and documented."""

from __future__ import annotations

from typing import Final

from migrations_tools.review import (
    by_hand,
    compatibility,
    completion,
    downgrades,
    drops,
    enums,
    failures,
    files,
    history,
    leftovers,
    locks,
    primary_keys,
    renames,
    retyping,
    rows,
    trips,
)  # fmt: skip
from migrations_tools.review.rules import Find, Rule

# Asked when it is decided what is held back: what is still missing then is added.
LATER: Final[tuple[Rule, ...]] = (*enums.LATER.rules, *completion.CATALOGUE.rules, *leftovers.CATALOGUE.rules)
# What speaks when a file has been executed, or of the history as a whole; the others speak of what Alembic found.
MEASURED: Final[tuple[Rule, ...]] = (
    *failures.CATALOGUE.rules, *trips.CATALOGUE.rules, *locks.CATALOGUE.rules, *history.CATALOGUE.rules,
)  # fmt: skip
RULES: Final[tuple[Rule, ...]] = (
    *drops.CATALOGUE.rules, *renames.CATALOGUE.rules, *compatibility.CATALOGUE.rules, *rows.CATALOGUE.rules,
    *retyping.CATALOGUE.rules, *enums.CATALOGUE.rules, *files.CATALOGUE.rules, *primary_keys.CATALOGUE.rules,
    *downgrades.CATALOGUE.rules, *LATER, *MEASURED,
)  # fmt: skip
# What speaks under the codes of rules that foresee the same.
SPEAKERS: Final[tuple[Find, ...]] = (failures.failures_of_rows, by_hand.taken_away)
