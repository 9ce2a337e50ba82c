"""What an error about discovery tells the user to write."""

from __future__ import annotations

from migrations_tools.settings import SECTION


def line_to_write(setting: str, value: str) -> str:
    """Return the line of `invoke.yaml` that settles a question."""
    return f"  In invoke.yaml, under `{SECTION}:`, write `{setting}: {value}`"
