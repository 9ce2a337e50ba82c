"""Renames that the user asks for, read from options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from migrations_tools.errors import CannotProceed
from migrations_tools.review.facts import Wishes

_COLUMN = re.compile(r"((?:[^.=]+\.)?[^.=]+\.[^.=]+)=([^.=]+)")
_TABLE = re.compile(r"((?:[^.=]+\.)?[^.=]+)=([^.=]+)")


def parse_renames(renames: Sequence[str], table_renames: Sequence[str]) -> Wishes:
    """Read `table.old=new` and `old=new`; a schema may stand in front (`public` need not).

    Raises CannotProceed with everything that is malformed, or said twice.
    """
    reasons: list[str] = []
    columns = _read("--rename", renames, _COLUMN, "users.full_name=name", reasons)
    tables = _read("--rename-table", table_renames, _TABLE, "users=people", reasons)
    if reasons:
        raise CannotProceed(reasons)
    return Wishes(renames=columns, table_renames=tables)


def _read(option: str, given: Iterable[str], form: re.Pattern[str], example: str, reasons: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in given:
        match = form.fullmatch(item.strip())
        old, new = match.groups() if match else ("", "")
        old = old.removeprefix("public.")
        if not match:
            reasons.append(f"{option} {item}: this must read as {example} does.")
        elif found.get(old, new) != new:
            reasons.append(f"{option} {item}: {old} is to be {found[old]} already.")
        elif new in {name for other, name in found.items() if _home(other) == _home(old) and other != old}:
            reasons.append(f"{option} {item}: something else is to be {new} already.")
        else:
            found[old] = new
    return found


def _home(name: str) -> str:
    return name.rpartition(".")[0]
