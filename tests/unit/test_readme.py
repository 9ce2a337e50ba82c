"""What the README says is derived from the code, or checked against it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from migrations_tools import ns
from migrations_tools.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def _row(name: str, default: object, words: str) -> str:
    shown = "(empty)" if default in ("", [], {}) else f"`{str(default).lower() if default is False else default}`"
    return f"| `{name}` | {shown} | {words} |"


def test_the_settings_table_is_the_settings() -> None:
    table = README.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0].strip().splitlines()
    blank = Settings()
    assert table[2:] == [_row(item.name, getattr(blank, item.name), item.metadata["help"]) for item in fields(Settings)]


def test_every_task_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `invoke (\w+)`", README, re.MULTILINE)) == set(ns.task_names)
