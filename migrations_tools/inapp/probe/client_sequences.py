"""Keys that count by a sequence of the models' own, on the client's side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pieces import copied

if TYPE_CHECKING:
    from collections.abc import Sequence


def without_serials(pairs: Sequence[tuple[Any, Any]]) -> None:
    """Write new keys that draw from a Sequence as plain columns: Alembic leaves it out, and they became serials."""
    for upgrade, _ in pairs:
        for op in upgrade.ops:
            if type(op).__name__ == "CreateTableOp":
                op.columns = [_plain(item) if _draws(item) else item for item in op.columns]


def _draws(item: Any) -> bool:
    from sqlalchemy import Column, Sequence

    default = item.default if isinstance(item, Column) and item.primary_key else None
    return isinstance(default, Sequence) and not default.optional and item.server_default is None


def _plain(column: Any) -> Any:
    made = copied(column)
    made.autoincrement = False
    return made
