"""All rules, in the order in which they are asked."""

from __future__ import annotations

from typing import Final

from migrations_tools.review.registry import Find, Phase, Rule
from migrations_tools.review.rules import (
    access,
    compatibility,
    downgrades,
    enums,
    false_drops,
    history,
    locks,
    renames,
    rows,
    unseen,
    unworkable,
)

_FAMILIES: Final = (
    false_drops.FAMILY,
    renames.FAMILY,
    compatibility.FAMILY,
    rows.FAMILY,
    enums.FAMILY,
    unworkable.FAMILY,
    access.FAMILY,
    downgrades.FAMILY,
    unseen.FAMILY,
    locks.FAMILY,
    history.FAMILY,
)
RULES: Final[tuple[Rule, ...]] = tuple(rule for family in _FAMILIES for rule in family.rules)
BY_CODE: Final = {rule.code: rule for rule in RULES}
# What speaks of an executed file under the codes of rules that foresee the same.
UNLISTED: Final[tuple[Find, ...]] = tuple(find for family in _FAMILIES for find in family.unlisted)


def of_phase(phase: Phase) -> tuple[Rule, ...]:
    """Return the rules that are asked at one time."""
    return tuple(rule for rule in RULES if rule.phase == phase)
