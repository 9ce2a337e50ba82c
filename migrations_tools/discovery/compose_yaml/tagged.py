"""The two tags of the Compose specification that say how a value is merged: `!reset` and `!override`.

https://github.com/compose-spec/compose-spec/blob/main/13-merge.md#reset-value
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reset:
    """What stands for `!reset`: whatever an earlier file says here goes away."""


@dataclass(frozen=True, slots=True)
class Override:
    """What stands for `!override`: this takes the place of what an earlier file says, and is not merged with it."""

    value: Any


RESET = Reset()


def through(value: Any, form: Callable[[Any], Any]) -> Any:
    """Apply a function to a value below its tag."""
    if isinstance(value, Reset):
        return value
    return Override(form(value.value)) if isinstance(value, Override) else form(value)


def untagged(value: Any) -> Any:
    """Return a value in which nothing is left to merge: the tags are gone, and with them what was reset."""
    if isinstance(value, Override):
        return untagged(value.value)
    if isinstance(value, dict):
        return {key: untagged(each) for key, each in value.items() if not isinstance(each, Reset)}
    if isinstance(value, list):
        return [untagged(each) for each in value]
    return value
