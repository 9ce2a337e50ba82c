"""All rules, in the order in which they are asked and documented."""

from __future__ import annotations

from typing import Final

from migrations_tools.review.analysis import failures
from migrations_tools.review.registry import Find, Rule
from migrations_tools.review.rules import (
    by_hand,
    compatibility,
    downgrades,
    enums,
    false_drops,
    history,
    locks,
    primary_keys,
    renames,
    roundtrips,
    rows,
    type_changes,
    unseen,
    unseen_leftovers,
    unworkable_files,
)

# Asked when it is decided what is held back: what is still missing then is added.
AFTER_HOLDS: Final[tuple[Rule, ...]] = (*enums.LATER.rules, *unseen.CATALOGUE.rules, *unseen_leftovers.CATALOGUE.rules)
# What speaks when a file has been executed, or of the history as a whole; the others speak of what Alembic found.
MEASURED: Final[tuple[Rule, ...]] = (
    *failures.CATALOGUE.rules,
    *roundtrips.CATALOGUE.rules,
    *locks.CATALOGUE.rules,
    *history.CATALOGUE.rules,
)
RULES: Final[tuple[Rule, ...]] = (
    *false_drops.CATALOGUE.rules,
    *renames.CATALOGUE.rules,
    *compatibility.CATALOGUE.rules,
    *rows.CATALOGUE.rules,
    *type_changes.CATALOGUE.rules,
    *enums.CATALOGUE.rules,
    *unworkable_files.CATALOGUE.rules,
    *primary_keys.CATALOGUE.rules,
    *downgrades.CATALOGUE.rules,
    *AFTER_HOLDS,
    *MEASURED,
)
# What speaks under the codes of rules that foresee the same.
UNLISTED: Final[tuple[Find, ...]] = (failures.failures_of_rows, by_hand.taken_away)
