"""What an error about discovery tells the user to write."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from migrations_tools.errors import CannotProceed
from migrations_tools.settings import SECTION


class Undecided(CannotProceed):
    """A setting would settle it: `said` is what to settle, `choices` are the values, the likeliest first, and why."""

    def __init__(
        self, said: str | Sequence[str], setting: str, choices: Iterable[tuple[Any, str]], tip: str = ""
    ) -> None:
        self.said = (said,) if isinstance(said, str) else tuple(said)
        self.setting, self.choices = setting, tuple(choices)
        lines = (line_to_write(setting, in_yaml(value), why) for value, why in self.choices)
        super().__init__([*self.said, *lines], tip)


def line_to_write(setting: str, value: str, why: str = "") -> str:
    """Return the line of `invoke.yaml` that settles a question, and what speaks for it."""
    return f"  In invoke.yaml, under `{SECTION}:`, write `{setting}: {value}`" + (f" ({why})" if why else "")


def in_yaml(value: Any) -> str:
    """Return a value on one line, quoted where YAML wants it."""
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=sys.maxsize).strip()[1:-1]
