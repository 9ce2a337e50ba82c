"""All rules, in the order in which they are asked and documented."""

from __future__ import annotations

from typing import Final

from migrations_tools.review import (
    compatibility,
    completion,
    downgrades,
    drops,
    enums,
    files,
    leftovers,
    primary_keys,
    renames,
    retyping,
    rows,
)  # fmt: skip
from migrations_tools.review.rules import Rule

# Asked when it is decided what is held back: what is still missing then is added.
LATER: Final[tuple[Rule, ...]] = (*enums.LATER.rules, *completion.CATALOGUE.rules, *leftovers.CATALOGUE.rules)
RULES: Final[tuple[Rule, ...]] = (
    *drops.CATALOGUE.rules, *renames.CATALOGUE.rules, *compatibility.CATALOGUE.rules, *rows.CATALOGUE.rules,
    *retyping.CATALOGUE.rules, *enums.CATALOGUE.rules, *files.CATALOGUE.rules, *primary_keys.CATALOGUE.rules,
    *downgrades.CATALOGUE.rules, *LATER,
)  # fmt: skip
