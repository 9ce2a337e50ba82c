"""All rules, in the order in which they are asked and documented."""

from __future__ import annotations

from typing import Final

from migrations_tools.review import compatibility, drops, renames
from migrations_tools.review.rules import Rule

RULES: Final[tuple[Rule, ...]] = (
    *drops.CATALOGUE.rules,
    *renames.CATALOGUE.rules,
    *compatibility.CATALOGUE.rules,
)
