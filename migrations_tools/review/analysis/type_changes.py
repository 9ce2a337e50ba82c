"""Columns whose types change: which PostgreSQL casts by itself, which need words, and the repair of the operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.analysis.enum_use import renamed_types
from migrations_tools.review.analysis.objects import column
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit, Piece

_BY_ITSELF = frozenset({"assignment", "unknown"})


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column whose type changes: the operation, the column before, its new type and, if known, its new self.

    `told` is the user's expression for the new values.
    """

    operation: Operation
    before: Column
    type: str
    after: Column | None
    up: types.Cast
    down: types.Cast
    told: str = ""

    @property
    def carries_default(self) -> bool:
        """Whether a server default stands in the way of the change, in one direction or the other."""
        forth = self.before.default is not None and self.up != "assignment"
        return forth or (self.after is not None and self.after.default is not None and self.down != "assignment")

    @property
    def needs_words(self) -> bool:
        """Whether PostgreSQL does not cast by itself, in one direction or the other, or the user says how."""
        return bool(self.told) or not {self.up, self.down} <= _BY_ITSELF

    @property
    def takes_zone(self) -> bool:
        """Whether values become others by the session's time zone."""
        return not self.told and types.takes_zone(types.parse(self.before.type), types.parse(self.type))

    @property
    def without_way(self) -> str:
        """The direction, "up" or "down", in which nothing is known of what values become; empty where there is none."""
        if self.told:
            return ""
        return "up" if self.up == "none" else "down" if self.down == "none" else ""

    @property
    def words(self) -> str:
        """Name the column and the change."""
        return f"The column {self.before.path} becomes {self.type} (it is {self.before.type})"

    def using(self, direction: str) -> dict[str, str]:
        """Return the expression of USING, "up" or "down", where one is needed."""
        cast, kind = (self.up, self.type) if direction == "up" else (self.down, self.before.type)
        in_zone = types.takes_zone(types.parse(self.before.type), types.parse(self.type))
        if self.told and (direction == "up" or in_zone):  # AT TIME ZONE leads there and back
            return {"using": self.told}
        if cast in _BY_ITSELF:
            return {}
        through = "text::" if cast in ("through text", "none") else ""
        return {"using": f"{sql.name(self.before.name)}::{through}{kind}"}

    def suggestion(self) -> str:
        """Return an expression that makes new values of old ones, for the user to mend."""
        name, new = sql.name(self.before.name), types.parse(self.type)
        if types.takes_zone(types.parse(self.before.type), new):
            return f"{name} AT TIME ZONE 'UTC'"
        if new.name in ("character varying", "character") and new.arguments and not new.array:
            return f"left({name}::text, {new.arguments[0]})"
        return f"{name}::{'text::' if self.up == 'none' else ''}{self.type}"


def retyped(facts: ReviewContext) -> Iterator[Retyped]:
    """Yield every column whose type an operation changes, but where a hand has written how (`postgresql_using`)."""
    catalogs = [facts.before, *([facts.after] if facts.after else [])]
    enums = {enum.qualified_name for catalog in catalogs for enum in catalog.enums}
    only_named = {(have.qualified_name, want.qualified_name) for have, want in renamed_types(facts)}
    own = {"citext", *(domain.qualified_name for catalog in catalogs for domain in catalog.domains)}
    for item in facts.operations:
        if item.kind != "alter_column" or not item.details.get("modify_type") or item.details.get("using"):
            continue
        before, after = column(facts.existing(item), item.name), column(facts.wanted(item), item.name)
        new = after.type if after else item.details["modify_type"]
        if before and new:
            old, wanted = types.parse(before.type), types.parse(new)
            if not {old.name, wanted.name} & own and (old.name, wanted.name) not in only_named:
                casts = types.cast(old, wanted, enums), types.cast(wanted, old, enums)
                yield Retyped(item, before, new, after, *casts, facts.wishes.usings.get(before.path, ""))


def with_using(item: Retyped) -> Edit:
    """Write how values become those of the other type, in both directions."""
    up, down = item.using("up"), item.using("down")
    forth = f"DT05: PostgreSQL does not cast {item.before.type} to {item.type} by itself, and stops at a value that"
    said = f"{forth} is none" if up else ""
    return Edit(
        comment=f"DT05: values of {item.before.type} become {item.type} as --using says" if item.told else said,
        comment_down=f"DT05: PostgreSQL does not cast {item.type} to {item.before.type} by itself" if down else "",
        replaces=(item.operation.id,),
        upgrade=(edits.original(item.operation.id, **up),),
        downgrade=(edits.mirror(item.operation.id, **down),),
    )


def new_default(item: Retyped) -> str | None:
    """Return the server default that a retyped column gets: the models', the old one where theirs is not known."""
    old = item.before.default
    return item.after.default if item.after else old and f"({old})::{item.type}"


def with_default(item: Retyped) -> Edit:
    """Take the default away, change the type, and set the default again, in both directions."""
    old, new = item.before.default, new_default(item)
    words = "DT06: the server default cannot be cast with the column, so it is dropped{}"
    return Edit(
        comment=words.format(" and set again" if new else ""),
        comment_down=words.format(" and set again" if old else ""),
        replaces=(item.operation.id,),
        upgrade=_around(item, edits.original, item.using("up"), old, new),
        downgrade=_around(item, edits.mirror, item.using("down"), new, old),
    )


def _around(
    item: Retyped, piece: Callable[..., Piece], using: dict[str, str], leaving: str | None, taking: str | None
) -> tuple[Piece, ...]:
    operation = item.operation
    default = [
        edits.alter_column(operation.table, item.before.name, operation.schema, server_default=each)
        for each in (None, taking)
    ]
    own = {"server_default": None} if "modify_server_default" in operation.details else {}
    change = piece(operation.id, **using, **own)
    return (*(default[:1] if leaving else ()), change, *(default[1:] if taking else ()))
