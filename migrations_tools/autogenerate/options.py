"""What the user wants of `generate`, and says of the change: read from options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from migrations_tools.errors import CannotProceed
from migrations_tools.review.context import ChangeHints
from migrations_tools.review.findings import Allowance

_COLUMN = re.compile(r"((?:[^.=]+\.)?[^.=]+\.[^.=]+)=([^.=]+)")
_TABLE = re.compile(r"((?:[^.=]+\.)?[^.=]+)=([^.=]+)")


_VALUE = re.compile(r"((?:[^.=]+\.)?[^.=]+\.[^.=]+)=(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """What the user wants of `generate`: a message, the head to stand on, the drops that are meant, files or not.

    `wishes` are what the review is told of the change, `dump` has rows to execute the file with.
    """

    message: str
    head: str
    allowances: Sequence[Allowance]
    write: bool
    wishes: ChangeHints = field(default_factory=ChangeHints)
    dump: Path | None = None


def parse_hints(
    renames: Sequence[str], table_renames: Sequence[str], backfills: Sequence[str] = (), usings: Sequence[str] = ()
) -> ChangeHints:
    """Read `table.old=new`, `old=new` and twice `table.column=SQL`; a schema may stand in front (`public` need not).

    Raises CannotProceed with everything that is malformed, or said twice.
    """
    reasons: list[str] = []
    columns = _read("--rename", renames, _COLUMN, "users.full_name=name", reasons)
    tables = _read("--rename-table", table_renames, _TABLE, "users=people", reasons)
    values = _read("--backfill", backfills, _VALUE, "users.locale=\"'fr'\"", reasons, several=True)
    ways = _read("--using", usings, _VALUE, 'users.name="left(name, 50)"', reasons, several=True)
    if reasons:
        raise CannotProceed(reasons)
    return ChangeHints(columns, tables, values, ways)


def existing_dump(given: str) -> Path | None:
    """Return the dump that the user names; None without one. Raises CannotProceed when it is not there."""
    if not given:
        return None
    path = Path(given).expanduser().resolve()
    if not path.exists():
        raise CannotProceed(f"There is no dump {given}.", tip="Give the path of what pg_dump wrote, in any format.")
    return path


def _read(
    option: str, given: Iterable[str], form: re.Pattern[str], example: str, reasons: list[str], several: bool = False
) -> dict[str, str]:
    """Read one option's values; `several` objects may get the same."""
    found: dict[str, str] = {}
    for item in given:
        match = form.fullmatch(item.strip())
        old, new = match.groups() if match else ("", "")
        old, new = old.removeprefix("public.").strip(), new.strip()
        if not match:
            reasons.append(f"{option} {item}: this must read as {example} does.")
        elif found.get(old, new) != new:
            reasons.append(f"{option} {item}: {old} is to be {found[old]} already.")
        elif not several and new in {
            name for other, name in found.items() if _home(other) == _home(old) and other != old
        }:
            reasons.append(f"{option} {item}: something else is to be {new} already.")
        else:
            found[old] = new
    return found


def _home(name: str) -> str:
    return name.rpartition(".")[0]
