"""Enum types: their labels, which Alembic does not compare, and where they begin and end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from migrations_tools.catalog import Enum
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.enum_rebuild import rebuilt
from migrations_tools.review.analysis.enum_use import (
    about_type,
    differing,
    enum_columns,
    loses_or_moves,
    puts_elsewhere,
    renamed_in,
    renamed_types,
)
from migrations_tools.review.analysis.objects import column
from migrations_tools.review.analysis.relations import allow
from migrations_tools.review.analysis.renaming import Step, changes
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()


@FAMILY.rule(
    "EN01 enum-value-missing",
    "error",
    why="Autogenerate does not compare labels: without this, the first row with such a value fails. PostgreSQL cannot"
    " take a label back, so that downgrade() leaves it.",
    way_out="`ALTER TYPE … ADD VALUE IF NOT EXISTS … AFTER …`, outside the transaction; inside it where env.py has"
    " its own (`engine.begin()`), and then no statement of the same run may use the label.",
)
def enum_value_missing(facts: ReviewContext) -> Iterator[Finding]:
    """Find a label that the models' enum type has and the database's has not."""
    for have, want in differing(facts):
        missing = [label for label in want.labels if label not in have.labels]
        theirs = about_type(facts, have)
        if missing and (theirs is None or puts_elsewhere(theirs, have, want)):
            yield _with_labels(have, want, missing, theirs, facts.outer_transaction)


def _with_labels(have: Enum, want: Enum, missing: Sequence[str], theirs: Operation | None, within: bool) -> Finding:
    words = ", ".join(map(sql.quoted, missing))
    statements = [_add_value(have, want, label) for label in missing]
    unable = "add_enum_value() puts in another place" if theirs else "autogenerate does not compare"
    ids = (theirs.id,) if theirs else ()
    edit = Edit(
        comment=f"EN01: labels that {unable}: {words}",
        place="first",
        comment_down=f"EN01: PostgreSQL cannot take {words} back from {have.qualified_name}",
        upgrade=tuple(edits.execute(statement, autocommit=not within) for statement in statements),
        replaces=ids,
    )
    return Finding(
        object=have.qualified_name,
        sentence=f"The models' enum type {have.qualified_name} has {words}, which the database's lacks: added.",
        effect=_ELSEWHERE if theirs else "",
        ways_out=("Nothing to do.",),
        operations=ids,
        adds=(_operation("alter_enum", have),),
        edits=(edit,),
    )


_ELSEWHERE = (
    "alembic_postgresql_enum adds a label behind the one that it names in `before_value`: values would sort otherwise"
    " than in the models."
)


def _operation(kind: str, enum: Enum) -> Operation:
    return Operation(-1, kind, "", enum.name, "" if enum.schema == "public" else enum.schema)


def _add_value(have: Enum, want: Enum, label: str) -> str:
    index = want.labels.index(label)
    place = ""
    if index:
        place = f" AFTER {sql.quoted(want.labels[index - 1])}"
    elif have.labels:
        place = f" BEFORE {sql.quoted(have.labels[0])}"
    return f"ALTER TYPE {sql.path(have.schema, have.name)} ADD VALUE IF NOT EXISTS {sql.quoted(label)}{place}"


@FAMILY.rule(
    "EN02 enum-value-removed",
    "error",
    why="PostgreSQL can neither take a label out of a type nor move it. Rows may have it, and what they get instead is"
    " for you to say.",
    way_out="Make a new type, say what each old value becomes, and put it in the old one's place.",
)
def enum_value_removed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a label that the database's enum type has and the models' has not, or labels in another order."""
    for have, want in differing(facts):
        removed = [label for label in have.labels if label not in want.labels]
        theirs = about_type(facts, have)
        if loses_or_moves(have, want) and theirs:
            yield _held_sync(have, want, theirs, removed)
        elif loses_or_moves(have, want):
            words = ", ".join(map(sql.quoted, removed))
            gone = f"has {words}, which the models' lacks" if removed else "has another order than the models'"
            yield Finding(
                object=have.qualified_name,
                sentence=f"The database's enum type {have.qualified_name} {gone}: it is kept as it is.",
                ways_out=(
                    "Give the models what the database has, or write a revision of your own:",
                    *(f"  {statement}" for statement in rebuilt(have, want, removed, facts.before)),
                ),
                evidence=(f"in the database {have.description}, in the models {want.description}",),
            )


@FAMILY.rule(
    "EN07 enum-type-renamed",
    "warn",
    why="Alembic would make a new type and write every row of the table again for it, behind a lock.",
    way_out="Nothing to do; in a file of your own, `ALTER TYPE … RENAME TO …`.",
)
def enum_type_renamed(facts: ReviewContext) -> Iterator[Finding]:
    """Find an enum type that the models call otherwise: same labels, same columns."""
    for have, want in renamed_types(facts):
        used = set(enum_columns(facts.before)[have.qualified_name])
        altered = [item for item in facts.operations if item.kind == "alter_column" and item.details.get("modify_type")]
        altered = [item for item in altered if (table_name(item), item.name) in used]
        steps = [_renamed(have, want), *(step for item in altered for step in _beside(facts, item, have, want))]
        edit = Edit(
            comment="EN07: only the type's name differs: renamed, no row is written again",
            replaces=tuple(item.id for item in altered),
            place="here" if altered else "first",
            upgrade=tuple(up for up, _ in steps),
            downgrade=tuple(down for _, down in reversed(steps)),
        )
        yield Finding(
            object=have.qualified_name,
            sentence=f"The enum type {have.qualified_name} is called {want.qualified_name} in the models: renamed.",
            operations=edit.replaces,
            adds=(_operation("alter_enum", have),),
            edits=(edit,),
        )


def _renamed(have: Enum, want: Enum) -> Step:
    old, new = (sql.path(each.schema, each.name) for each in (have, want))
    return (
        edits.execute(f"ALTER TYPE {old} RENAME TO {sql.name(want.name)}"),
        edits.execute(f"ALTER TYPE {new} RENAME TO {sql.name(have.name)}"),
    )


def _beside(facts: ReviewContext, item: Operation, have: Enum, want: Enum) -> Iterator[Step]:
    """Yield what an operation changes of a column beside the name of its type."""
    ours, theirs = column(facts.existing(item), item.name), column(facts.wanted(item), item.name)
    if ours and theirs:
        default = ours.default and renamed_in(ours.default, have, want)
        yield from changes(item, replace(ours, type=theirs.type, default=default), theirs)


def _held_sync(have: Enum, want: Enum, theirs: Operation, removed: Sequence[str]) -> Finding:
    """Hold an extension's operation that makes the type anew: it stops at a row that has what goes."""
    gone = f"without {', '.join(map(sql.quoted, removed))}" if removed else "in another order"
    return Finding(
        object=have.qualified_name,
        severity="hold",
        operations=(theirs.id,),
        sentence=f"The enum type {have.qualified_name} would be made anew {gone}; the change is held back.",
        effect="It stops at a row that has such a value, unless `enum_values_to_rename` says what that becomes.",
        ways_out=(
            "Give the models what the database has.",
            f"Or allow it by name: {allow('EN02', have.qualified_name)}",
        ),
        evidence=(f"in the database {have.description}, in the models {want.description}",),
    )


# --- what the probe has repaired ------------------------------------------------------------------------------------


@FAMILY.rule(
    "EN03 enum-type-not-created",
    "error",
    why="Alembic adds a column of a new enum type and does not create the type: the upgrade would fail.",
    way_out="Nothing to do; in a file of your own, create the type first.",
)
def enum_type_not_created(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column that was added or altered to an enum type which was not there."""
    for name in facts.mended.created:
        if name in facts.mended.wanted:
            sentence = f"The enum type {name} is new: it is created first in upgrade() and dropped last in downgrade()."
            yield Finding(object=name, sentence=sentence, mended=True)


@FAMILY.rule(
    "EN04 enum-type-created-twice",
    "error",
    why="CREATE TABLE would make the type of a column once more, and fail.",
    way_out="Nothing to do; in a file of your own, write `postgresql.ENUM(…, create_type=False)`.",
)
def enum_type_created_twice(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table or column that is made with an enum type which exists already."""
    for name in facts.mended.reused:
        sentence = f"The enum type {name} exists already: it is used with create_type=False."
        yield Finding(object=name, sentence=sentence, mended=True)


@FAMILY.rule(
    "EN05 enum-type-left-behind",
    "error",
    why="Alembic lets CREATE TABLE make the type, and nothing drops it: the second upgrade would fail.",
    way_out="Nothing to do; in a file of your own, drop the type in downgrade().",
)
def enum_type_left_behind(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new table's new enum type, which nothing would drop."""
    for name in facts.mended.created:
        if name not in facts.mended.wanted:
            sentence = f"The enum type {name} is new: it is created once in upgrade() and dropped in downgrade()."
            yield Finding(object=name, sentence=sentence, mended=True)


@FAMILY.rule(
    "EN06 enum-type-orphaned",
    "warn",
    why="Left behind, the type would stand in the way when it is made again.",
    way_out="Nothing to do; in a file of your own, drop the type with its last column.",
    phase="decided",
)
def enum_type_orphaned(facts: ReviewContext) -> Iterator[Finding]:
    """Find an enum type whose last column is dropped, or gets another type, and that the models do not have."""
    wanted = {enum.identity for enum in facts.after.enums} if facts.after else set()
    wanted |= {have.identity for have, _ in renamed_types(facts)}
    orphans = [enum for enum in facts.before.enums if enum.identity not in wanted] if facts.after else []
    columns = enum_columns(facts.before) if orphans else {}
    for enum in orphans:
        last = columns.get(enum.qualified_name, [])
        if last and not about_type(facts, enum) and all(_leaves(facts, *user) for user in last):
            yield _dropped(enum)


def _leaves(facts: ReviewContext, table: str, column: str) -> bool:
    """Return whether a column is dropped or gets another type in what goes into the file."""
    return any(
        item.kind == "drop_table"
        or (item.name == column and (item.kind == "drop_column" or item.details.get("modify_type")))
        for item in facts.on_table(table)
        if item.id not in facts.held
    )


def _dropped(enum: Enum) -> Finding:
    path = sql.path(enum.schema, enum.name)
    edit = Edit(
        comment=f"EN06: no column has the type {enum.qualified_name} any more",
        place="last",
        upgrade=(edits.execute(f"DROP TYPE {path}"),),
        downgrade=(edits.execute(f"CREATE TYPE {path} AS ENUM {enum.description}"),),
    )
    return Finding(
        object=enum.qualified_name,
        sentence=f"The enum type {enum.qualified_name} loses its last column: it is dropped too.",
        adds=(_operation("drop_enum", enum),),
        edits=(edit,),
    )
