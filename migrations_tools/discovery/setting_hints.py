"""What an error about discovery tells the user to write."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import yaml

from migrations_tools.errors import CannotProceed
from migrations_tools.settings import SECTION


class Undecided(CannotProceed):
    """Several values fit a setting; `choices` are they, the likeliest first, each with what speaks for it."""

    def __init__(self, question: str, setting: str, choices: Iterable[tuple[Any, str]]) -> None:
        self.question, self.setting, self.choices = question, setting, tuple(choices)
        super().__init__([question, *(line_to_write(setting, in_yaml(value), why) for value, why in self.choices)])


def line_to_write(setting: str, value: str, why: str = "") -> str:
    """Return the line of `invoke.yaml` that settles a question, and what speaks for it."""
    return f"  In invoke.yaml, under `{SECTION}:`, write `{setting}: {value}`" + (f" ({why})" if why else "")


def in_yaml(value: Any) -> str:
    """Return a value on one line, quoted where YAML wants it."""
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=sys.maxsize).strip()[1:-1]
