"""Alembic's operations as plain values, as the probe describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of `upgrade()`.

    `kind` is Alembic's verb (`create_table`, `drop_constraint`, …) or an extension's (`drop_enum`); `constraint` is
    "unique", "foreign key", "check" or "primary key" where the operation is about one; `code` is the line that Alembic
    would write; `details` are the operation's own values (types, defaults, conditions), as the probe's `details` has
    them. `schema` is empty for the `default` one, where what names no schema goes, however that is spelled.
    """

    id: int
    kind: str
    table: str
    name: str
    schema: str = ""
    constraint: str = ""
    columns: tuple[str, ...] = ()
    unique: bool = False
    referent: str = ""
    code: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    default: str = "public"

    @property
    def is_drop(self) -> bool:
        """Whether the operation takes something away that the database has."""
        return self.kind.partition("_")[0] == "drop" and self.kind != "drop_table_comment"

    @property
    def object(self) -> str:
        """The object's full name: `table`, `table.column`, `table.constraint`; with its schema when it has one."""
        own = [self.table] if self.kind.endswith("_table") or not self.name else [self.table, self.name]
        return ".".join(part for part in (self.schema, *own) if part)

    @property
    def noun(self) -> str:
        """What the object is: "unique constraint", "index", "column", …."""
        if self.constraint:
            return (
                self.constraint
                if self.constraint in ("foreign key", "primary key")
                else f"{self.constraint} constraint"
            )
        if self.kind.endswith("_index"):
            return "unique index" if self.unique else "index"
        return self.kind.partition("_")[2].replace("_", " ") or "object"

    def summary(self) -> str:
        """Return what the operation does, in a few words: "create table email_logs"."""
        verb = self.kind.partition("_")[0]
        if self.kind == "execute":
            return "execute SQL"
        unnamed = f" ({', '.join(self.columns)})" if self.constraint and not self.name and self.columns else ""
        return f"{verb} {self.noun} {self.object}{unnamed}".rstrip()


def parse(described: Iterable[Mapping[str, Any]], default: str = "public") -> tuple[Operation, ...]:
    """Return the probe's descriptions as values; `default` is the schema that search_path leads to."""
    return tuple(
        Operation(
            id=item["id"],
            kind=item["kind"],
            table=item["table"] or "",
            name=item["name"] or "",
            schema="" if item["schema"] == default else item["schema"] or "",
            default=default,
            constraint=item["constraint"] or "",
            columns=tuple(item["columns"]),
            unique=bool(item["unique"]),
            referent=item["referent"] or "",
            code=item.get("code") or "",
            details=item.get("details") or {},
        )
        for item in described
    )


def message_for(operations: Iterable[Operation]) -> str:
    """Make a revision's message of what it does: "add email_logs", "change users, sites"."""
    operations = list(operations)
    created = [item.table for item in operations if item.kind == "create_table"]
    names = {item.table or (item.name if item.kind.startswith("alter_") else "") for item in operations}
    changed = sorted(names - {"", *created})
    parts = []
    if created:
        parts.append("add " + _few(created))
    if changed:
        parts.append("change " + _few(changed))
    return ", ".join(parts) or "change schema"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
