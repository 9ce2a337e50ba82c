"""Types that change: which PostgreSQL casts by itself, which need words, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrations_tools.catalog import Column
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.analysis.objects import views_on
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

CATALOGUE = RuleSet()


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column whose type changes: the operation, the column before, its new type and, if known, its new self."""

    operation: Operation
    before: Column
    type: str
    after: Column | None
    up: types.Cast
    down: types.Cast

    @property
    def carries_default(self) -> bool:
        """Whether a server default stands in the way of the change, in one direction or the other."""
        forth = self.before.default is not None and self.up != "assignment"
        return forth or (self.after is not None and self.after.default is not None and self.down != "assignment")

    @property
    def words(self) -> str:
        """Name the column and the change."""
        return f"The column {self.before.path} becomes {self.type} (it is {self.before.type})"


def retyped(facts: ReviewContext) -> Iterator[Retyped]:
    """Yield every column whose type an operation changes, but where a hand has written how (`postgresql_using`)."""
    catalogs = [facts.before, *([facts.after] if facts.after else [])]
    enums = {enum.qualified_name for catalog in catalogs for enum in catalog.enums}
    own = {"citext", *(domain.qualified_name for catalog in catalogs for domain in catalog.domains)}
    for item in facts.operations:
        before, after = (_column(table, item.name) for table in (facts.existing(item), facts.wanted(item)))
        new = after.type if after else item.details.get("modify_type")
        if item.kind == "alter_column" and item.details.get("modify_type") and before and new:
            old, wanted = types.parse(before.type), types.parse(new)
            if not item.details.get("using") and not {old.name, wanted.name} & own:
                casts = types.cast(old, wanted, enums), types.cast(wanted, old, enums)
                yield Retyped(item, before, new, after, *casts)


def _column(table: Any, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None) if table else None


@CATALOGUE.rule(
    "DT04",
    "type-narrowed",
    "warn",
    why="A value that does not fit stops the migration, or loses a part of itself.",
    way_out="Look at the values in the databases that exist before the deploy.",
)
def type_narrowed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose new type holds less than the old one."""
    for item in retyped(facts):
        narrower = types.narrows(types.parse(item.before.type), types.parse(item.type))
        if narrower and item.up == "assignment":
            yield Finding(
                object=item.operation.object,
                operations=(item.operation.id,),
                sentence=f"{item.words}: values may not fit, or lose a part of themselves.",
            )


@CATALOGUE.rule(
    "DT05",
    "type-change-without-cast",
    "error",
    why="PostgreSQL refuses ALTER COLUMN … TYPE between these types, even on an empty table.",
    way_out="Write how a value becomes one of the new type, in `postgresql_using`.",
)
def type_change_without_cast(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose type changes to one that PostgreSQL does not cast to by itself, there or on the way back."""
    for item in retyped(facts):
        if not item.carries_default and not {item.up, item.down} <= {"assignment", "unknown"}:
            yield _without_way(item) if "none" in (item.up, item.down) else _with_using(item)


@CATALOGUE.rule(
    "DT06",
    "default-does-not-fit-type",
    "error",
    why="PostgreSQL cannot cast the server default together with the column's type.",
    way_out="Drop the default, change the type, set the default.",
)
def default_does_not_fit_type(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose type changes while it has a server default that PostgreSQL does not cast by itself."""
    for item in retyped(facts):
        if item.carries_default and not {item.up, item.down} <= {"assignment", "unknown"}:
            yield _without_way(item) if "none" in (item.up, item.down) else _with_default(item)


@CATALOGUE.rule(
    "AG13",
    "view-on-a-retyped-column",
    "hold",
    why="PostgreSQL refuses ALTER COLUMN … TYPE for a column that a view reads, whatever the types.",
    way_out="Drop the view, change the type, and make the view anew, in a revision of your own.",
)
def view_on_a_retyped_column(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose type changes while a view reads it."""
    for item in facts.operations:
        changes = item.kind == "alter_column" and item.details.get("modify_type")
        views = ", ".join(view.identity for view in views_on(item, facts)) if changes else ""
        if views:
            yield Finding(
                object=item.object,
                operations=(item.id,),
                sentence=f"The type of column {item.object} changes, and {views} reads it; the change is held back.",
                effect="PostgreSQL refuses it: cannot alter type of a column used by a view or rule.",
                ways_out=(f"Write a revision of your own: drop {views}, change the type, make it anew.",),
            )


def _using(column: str, cast: types.Cast, kind: str) -> dict[str, str]:
    if cast in ("assignment", "unknown"):
        return {}
    return {"using": f"{sql.name(column)}::{'text::' if cast == 'through text' else ''}{kind}"}


def _without_way(item: Retyped) -> Finding:
    where = "" if item.up == "none" else " on the way back"
    return Finding(
        severity="hold",
        object=item.operation.object,
        operations=(item.operation.id,),
        sentence=f"{item.words}, and PostgreSQL has no cast between these{where}; the change is held back.",
        effect="What a value becomes is for you to say.",
        ways_out=(
            f"Write it yourself, with postgresql_using=… such as CASE {sql.name(item.before.name)} WHEN … END.",
            f"Or take the change as it is, and mend the file: invoke generate --allow DT05:{item.operation.object}",
        ),
        aliases=("DT05",),
    )


def _with_using(item: Retyped) -> Finding:
    number, name = item.operation.id, item.before.name
    up, down = _using(name, item.up, item.type), _using(name, item.down, item.before.type)
    where = ", ".join(f"{word} {given['using']}" for word, given in (("up", up), ("down", down)) if given)
    return Finding(
        severity="" if up else "info",
        object=item.operation.object,
        operations=(number,),
        sentence=f"{item.words}, which PostgreSQL does not cast by itself: postgresql_using was added ({where}).",
        effect="A value that cannot be read as one of the new type stops the migration." if up else "",
        edits=(
            Edit(
                comment=f"DT05: PostgreSQL does not cast {item.before.type} to {item.type} by itself,"
                " and stops at a value that is none"
                if up
                else "",
                comment_down=f"DT05: PostgreSQL does not cast {item.type} to {item.before.type} by itself"
                if down
                else "",
                replaces=(number,),
                upgrade=(edits.original(number, **up),),
                downgrade=(edits.mirror(number, **down),),
            ),
        ),
    )


def _with_default(item: Retyped) -> Finding:
    """Take the default away, change the type, and set the default again, in both directions."""
    old, name, table, schema = item.before.default, item.before.name, item.operation.table, item.operation.schema
    new = item.after.default if item.after and item.after.default else old and f"({old})::{item.type}"

    def change(piece: Any, cast: types.Cast, kind: str, leaving: str | None, taking: str | None) -> tuple[Any, ...]:
        dropped = [edits.alter_column(table, name, schema, server_default=None)] if leaving else []
        own = {"server_default": None} if "modify_server_default" in item.operation.details else {}
        taken = [edits.alter_column(table, name, schema, server_default=taking)] if taking else []
        return (*dropped, piece(item.operation.id, **_using(name, cast, kind), **own), *taken)

    words = "DT06: the server default cannot be cast with the column, so it is dropped and set again"
    return Finding(
        object=item.operation.object,
        operations=(item.operation.id,),
        aliases=("DT05",),
        sentence=f"{item.words}, and its server default {old or new} cannot follow: the default is dropped, the type"
        f" changed, and the default set to {new or 'none'}.",
        edits=(
            Edit(
                comment=words,
                comment_down=words,
                replaces=(item.operation.id,),
                upgrade=change(edits.original, item.up, item.type, old, new),
                downgrade=change(edits.mirror, item.down, item.before.type, new, old),
            ),
        ),
    )
