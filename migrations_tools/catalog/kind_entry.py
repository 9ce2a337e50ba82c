"""The form of an entry of `kinds.KINDS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Stated: TypeAlias = Literal["all", "stated", "never"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: `compared` says what of it, `catalogs` where PostgreSQL keeps it, `example` makes one.

    Against the models "all" of it is compared, or what they have "stated" (DDL events, extensions of SQLAlchemy), or
    "never". `since` is the oldest major version that has it; `unread` says why not all of it is read. `gone`,
    `left` and `changed` tell of a revision that was taken back.
    """

    name: str
    plural: str
    compared: str
    catalogs: tuple[str, ...]
    example: str
    stated: Stated = "stated"
    since: int = 12
    gone: str = "{object} is gone and never comes back"
    left: str = "{object} is left"
    changed: str = "{object} is different"
    unread: str = ""


SHORT: Final = "{object} is {now} and was {was}"
