"""Enum types: their labels, which Alembic does not compare, and where they begin and end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrations_tools.catalog import Catalog, Enum
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql, types
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

CATALOGUE = RuleSet()
LATER = RuleSet()


def pairs(facts: ReviewContext) -> Iterator[tuple[Enum, Enum]]:
    """Yield every enum type whose labels differ, as the database and as the models have it."""
    wanted = {enum.identity: enum for enum in facts.after.enums} if facts.after else {}
    for enum in facts.before.enums:
        other = wanted.get(enum.identity)
        if other and other.labels != enum.labels:
            yield enum, other


def users(enum: Enum, catalog: Catalog) -> list[tuple[str, str]]:
    """Return the columns of a type, or of arrays of it, as (table, column)."""
    return [
        (table.qualified_name, column.name)
        for table in catalog.tables
        for column in table.columns
        if types.parse(column.type).name.replace('"', "") == enum.qualified_name
    ]


@CATALOGUE.rule(
    "EN01",
    "enum-value-missing",
    "error",
    why="Autogenerate does not compare labels: the file is incomplete, and the first such value fails.",
    way_out="`ALTER TYPE … ADD VALUE IF NOT EXISTS … AFTER …`, outside the transaction.",
)
def enum_value_missing(facts: ReviewContext) -> Iterator[Finding]:
    """Find a label that the models' enum type has and the database's has not."""
    for have, want in pairs(facts):
        missing = [label for label in want.labels if label not in have.labels]
        if missing:
            yield _with_labels(have, want, missing)


def _with_labels(have: Enum, want: Enum, missing: Sequence[str]) -> Finding:
    words = ", ".join(map(sql.quoted, missing))
    statements = [_add_value(have, want, label) for label in missing]
    return Finding(
        object=have.qualified_name,
        sentence=f"The models' enum type {have.qualified_name} has {words}, which the database's lacks and autogenerate"
        " does not compare: added.",
        effect="PostgreSQL cannot take a label back: downgrade() leaves it.",
        adds=(Operation(-1, "alter_enum", "", have.name, "" if have.schema == "public" else have.schema),),
        edits=(
            Edit(
                comment=f"EN01: labels that autogenerate does not compare: {words}",
                place="first",
                comment_down=f"EN01: PostgreSQL cannot take {words} back from {have.qualified_name}",
                upgrade=tuple(edits.execute(statement, autocommit=True) for statement in statements),
            ),
        ),
    )


def _add_value(have: Enum, want: Enum, label: str) -> str:
    index = want.labels.index(label)
    place = ""
    if index:
        place = f" AFTER {sql.quoted(want.labels[index - 1])}"
    elif have.labels:
        place = f" BEFORE {sql.quoted(have.labels[0])}"
    return f"ALTER TYPE {sql.path(have.schema, have.name)} ADD VALUE IF NOT EXISTS {sql.quoted(label)}{place}"


@CATALOGUE.rule(
    "EN02",
    "enum-value-removed",
    "error",
    why="PostgreSQL can neither take a label out of a type nor move it; rows may have it.",
    way_out="Make a new type, say what each old value becomes, and put it in the old one's place.",
)
def enum_value_removed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a label that the database's enum type has and the models' has not, or labels in another order."""
    for have, want in pairs(facts):
        removed = [label for label in have.labels if label not in want.labels]
        if removed or [label for label in want.labels if label in have.labels] != list(have.labels):
            yield _removed(facts, have, want, removed)


def _removed(facts: ReviewContext, have: Enum, want: Enum, removed: Sequence[str]) -> Finding:
    gone = f"has {', '.join(map(sql.quoted, removed))}, which the models' lacks" if removed else "has another order"
    said = f"The database's enum type {have.qualified_name} {gone}: it is kept as it is."
    return Finding(
        object=have.qualified_name,
        sentence=said,
        effect="Rows may have such a value; what it becomes is for you to say.",
        ways_out=(
            "Give the models what the database has, or write a revision of your own:",
            *_sketch(facts, have, want, removed),
        ),
        evidence=(f"in the database {have.description}, in the models {want.description}",),
    )


def _sketch(facts: ReviewContext, have: Enum, want: Enum, removed: Sequence[str]) -> Iterator[str]:
    old, new = sql.path(have.schema, have.name), sql.path(have.schema, f"{have.name}_new")
    yield f"  CREATE TYPE {new} AS ENUM {want.description};"
    for table, column in users(have, facts.before):
        name = sql.name(column)
        cases = " ".join(f"WHEN {sql.quoted(label)} THEN '…'" for label in removed)
        value = f"CASE {name}::text {cases} ELSE {name}::text END" if removed else f"{name}::text"
        yield f"  ALTER TABLE {table} ALTER COLUMN {name} TYPE {new} USING ({value})::{new};"
    yield f"  DROP TYPE {old}; ALTER TYPE {new} RENAME TO {sql.name(have.name)};"


# --- what the probe has mended --------------------------------------------------------------------------------------


@CATALOGUE.rule(
    "EN03",
    "enum-type-not-created",
    "error",
    why="Alembic adds a column of a new enum type and does not create the type: the upgrade fails.",
    way_out="Create the type first.",
)
def enum_type_not_created(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column that was added or altered to an enum type which was not there."""
    for name in facts.mended.created:
        if name in facts.mended.wanted:
            sentence = f"The enum type {name} is new: it is created first in upgrade() and dropped last in downgrade()."
            yield Finding(object=name, sentence=sentence, mended=True)


@CATALOGUE.rule(
    "EN04",
    "enum-type-created-twice",
    "error",
    why="CREATE TABLE makes the type of a column once more, and fails.",
    way_out="`postgresql.ENUM(…, create_type=False)`.",
)
def enum_type_created_twice(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table or column that is made with an enum type which exists already."""
    for name in facts.mended.reused:
        yield Finding(
            object=name,
            mended=True,
            sentence=f"The enum type {name} exists already: it is used with create_type=False and not created again.",
        )


@CATALOGUE.rule(
    "EN05",
    "enum-type-left-behind",
    "error",
    why="Alembic lets CREATE TABLE make the type, and nothing drops it: the second upgrade fails.",
    way_out="Drop the type in downgrade().",
)
def enum_type_left_behind(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new table's new enum type, which nothing would drop."""
    for name in facts.mended.created:
        if name not in facts.mended.wanted:
            sentence = f"The enum type {name} is new: it is created once in upgrade() and dropped in downgrade()."
            yield Finding(object=name, sentence=sentence, mended=True)


@LATER.rule(
    "EN06",
    "enum-type-orphaned",
    "warn",
    why="The type stays behind, and stands in the way when it is made again.",
    way_out="Drop the type with its last column.",
)
def enum_type_orphaned(facts: ReviewContext) -> Iterator[Finding]:
    """Find an enum type whose last column is dropped, or gets another type, and that the models do not have."""
    wanted = {enum.identity for enum in facts.after.enums} if facts.after else set()
    for enum in facts.before.enums if facts.after else ():
        last = users(enum, facts.before)
        if enum.identity not in wanted and last and all(_leaves(facts, *user) for user in last):
            yield _dropped(enum)


def _leaves(facts: ReviewContext, table: str, column: str) -> bool:
    """Return whether a column is dropped or gets another type in what goes into the file."""
    own = [item for item in facts.kept if table_name(item) == table]
    return any(
        item.kind == "drop_table"
        or (item.name == column and (item.kind == "drop_column" or item.details.get("modify_type")))
        for item in own
    )


def _dropped(enum: Enum) -> Finding:
    path = sql.path(enum.schema, enum.name)
    return Finding(
        object=enum.qualified_name,
        sentence=f"The enum type {enum.qualified_name} loses its last column: it is dropped too.",
        adds=(Operation(-1, "drop_enum", "", enum.name, "" if enum.schema == "public" else enum.schema),),
        edits=(
            Edit(
                comment=f"EN06: no column has the type {enum.qualified_name} any more",
                place="last",
                upgrade=(edits.execute(f"DROP TYPE {path}"),),
                downgrade=(edits.execute(f"CREATE TYPE {path} AS ENUM {enum.description}"),),
            ),
        ),
    )
