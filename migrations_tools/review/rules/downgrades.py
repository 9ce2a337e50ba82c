"""The way back: what downgrade() could not do as Alembic writes it, and what became of it when it was executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from migrations_tools.catalog import Difference, Table, compare_all, labels_that_stay, on_one_line, taken_back
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.analysis.coming_back import comes_back
from migrations_tools.review.analysis.descent import families
from migrations_tools.review.analysis.failures import failed_operation, object_of, told, what
from migrations_tools.review.analysis.objects import column
from migrations_tools.review.analysis.row_changes import is_unsaid, line_about, row_changes
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet
from migrations_tools.revision_runs import Executed

FAMILY = RuleSet()
_FEW = 3
_REFUSES = "NotImplementedError"
_LABELS_STAY = "PostgreSQL cannot take a label back: it stays, and the next upgrade meets it."
_LABELS_FAIL = "Write `ALTER TYPE … ADD VALUE IF NOT EXISTS …`: PostgreSQL cannot take a label back."
_MADE = {"missing": "is gone", "unexpected": "is new", "renamed": "has another name", "different": "is different"}
_LEFT = {**_MADE, "unexpected": "is left"}


@FAMILY.rule(
    "DG01 no-way-back",
    "warn",
    why="A deploy that goes wrong cannot be taken back; Alembic believes that it was, and the next upgrade fails.",
    way_out='Write what undoes upgrade(), or `raise NotImplementedError("why not")`.',
    phase="executed",
)
def no_way_back(facts: ReviewContext) -> Iterator[Finding]:
    """Find a downgrade() that is missing or does nothing while upgrade() changes the schema.

    A note where all that upgrade() does is to add labels to enum types, which nobody takes back.
    """
    trip = facts.trip
    if trip is None or trip.after_up is None or trip.before is None or trip.down is None:
        return
    line = _line_of(facts, trip, "downgrade")
    missing = trip.refuses_downgrade and not line
    made = compare_all(trip.after_up.catalog, trip.before.catalog) if trip.omits_downgrade or missing else ()
    if made:
        labels = labels_that_stay(trip.before.catalog, trip.after_up.catalog)
        only_labels = all(item.object in labels for item in made)
        fails = bool(trip.again and trip.again.failure)
        begin = "There is no downgrade()" if missing else "downgrade() does nothing"
        yield Finding(
            object=trip.revision,
            severity="info" if only_labels and not fails else "",
            effect=_LABELS_STAY if only_labels and not fails else "",
            ways_out=(_LABELS_FAIL if fails else "Nothing to do.",) if only_labels else (),
            file=trip.file,
            line=line or _line_of(facts, trip, "upgrade") or 1,
            sentence=f"{begin}, and upgrade() does: {_few(made, _MADE)}.",
        )


def _few(found: Sequence[Difference], said: dict[str, str]) -> str:
    words = list(dict.fromkeys(f"{item.object} {said[item.sort]}" for item in found))
    more = f" and {len(words) - _FEW} more" if len(words) > _FEW else ""
    return ", ".join(words[:_FEW]) + more


def _line_of(facts: ReviewContext, trip: Executed, function: str) -> int:
    source = next((each.source for each in facts.history if each.revision == trip.revision), "")
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return 0
    return next((node.lineno for node in body if isinstance(node, ast.FunctionDef) and node.name == function), 0)


@FAMILY.rule(
    "DG02 unnamed-constraint-in-downgrade",
    "error",
    why="downgrade() would drop a constraint called None, and fail.",
    way_out="Nothing to do; a naming convention in the MetaData gives every constraint a name.",
)
def unnamed_constraint_in_downgrade(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint that is made without a name, and that downgrade() could not drop."""
    for name in facts.mended.named:
        sentence = f"The constraint {name} had no name: it got the one that PostgreSQL would choose."
        yield Finding(object=name, mended=True, sentence=sentence)


@FAMILY.rule(
    "DG03 downgrade-fails",
    "error",
    why="A deploy that goes wrong cannot be taken back.",
    way_out='Mend downgrade(), or `raise NotImplementedError("why not")`.',
    phase="executed",
)
def downgrade_fails(facts: ReviewContext) -> Iterator[Finding]:
    """Find a downgrade() that fails; a warning where it takes rows to fail."""
    down = facts.trip.down if facts.trip else None
    failure = down.failure if down else None
    if down is None or failure is None or failure.type == _REFUSES:
        return
    operation, rows = failed_operation(down), facts.needs_rows("downgrade")
    yield Finding(
        object=object_of(down, failure, operation),
        severity="warn" if rows else "",
        file=failure.file,
        line=failure.line,
        evidence=told(failure),
        sentence=f"{what(failure, operation)} fails in downgrade(){' when there are rows' if rows else ''}.",
    )


@FAMILY.rule(
    "DG04 trace-left",
    "warn",
    why="After upgrade and downgrade the database is not what it was; often the next upgrade fails.",
    way_out="Let downgrade() undo everything that upgrade() does.",
    phase="executed",
)
def trace_left(facts: ReviewContext) -> Iterator[Finding]:
    """Find something that is left, gone or different after upgrade() and downgrade(), or that the next upgrade meets.

    An error where the second upgrade fails, or where row security stays off; a note for an extension or an enum's new
    label, which nobody takes back.
    """
    trip = facts.trip
    if trip is None or trip.before is None or trip.after_down is None or trip.omits_downgrade:
        return
    different = compare_all(trip.after_down.catalog, trip.before.catalog)
    found = [item for item in different if item.notable and not _came_back(trip, item)]
    failure = trip.again.failure if trip.again else None
    if not found and failure is None:
        return
    labels = labels_that_stay(trip.before.catalog, trip.after_down.catalog)
    stays = all(item.kind == "extension" or item.object in labels for item in found)
    open_access = any((item.kind, item.sort) in _OPEN for item in found)
    grave: Severity = "error" if failure or open_access else "info" if stays else "warn"
    left = _still(found) if found else "the same schema, and other rows"
    yield Finding(
        object=trip.revision,
        severity=grave,
        file=trip.file,
        line=_line_of(facts, trip, "downgrade") or 1,
        sentence=f"downgrade() leaves something behind: {left}.",
        effect="The next upgrade fails." if failure else "",
        evidence=told(failure) if failure else (),
    )


def _still(found: Sequence[Difference]) -> str:
    """Return in words what is not as it was: few of what models state, and each of what guards access or runs."""
    told = {
        item: on_one_line(taken_back(item.kind, item.sort, item.object, item.expected, item.actual)) for item in found
    }
    stated = _few([item for item in found if not told[item]], _LEFT)
    return "; ".join(dict.fromkeys(filter(None, [stated, *told.values()])))


def _came_back(trip: Executed, item: Difference) -> bool:
    """Return whether a column was gone in between: it comes back without values, and where there are rows nullable."""
    up = trip.after_up
    return item.aspect == "nullability" and up is not None and item.object not in up.catalog.by_identity()


_OPEN = frozenset({("policy", "missing"), ("row security", "missing")})


@FAMILY.rule(
    "DG05 nulls-distinct-in-downgrade",
    "warn",
    why="A server before PostgreSQL 15 does not know NULLS DISTINCT, which is what every server does anyway.",
    way_out="Nothing to do; in a file of your own, leave postgresql_nulls_not_distinct=False out.",
)
def nulls_distinct_in_downgrade(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint or index that downgrade() would make with NULLS DISTINCT."""
    for name in facts.mended.distinct:
        sentence = f"downgrade() would make {name} with NULLS DISTINCT: that was left out."
        yield Finding(object=name, mended=True, sentence=sentence)


@FAMILY.rule(
    "DG06 data-without-a-way-back",
    "info",
    why="After a downgrade the rows are not what they were.",
    way_out="Keep the old values where downgrade() can take them from, or say in it that there is no way back.",
    phase="executed",
)
def data_without_a_way_back(facts: ReviewContext) -> Iterator[Finding]:
    """Find rows or values that upgrade() changes and downgrade() does not change back."""
    trip = facts.trip
    if trip is None or trip.before is None or trip.after_up is None or trip.after_down is None or trip.up is None:
        return
    changes = [each for each in row_changes(trip.before, trip.after_up) if each.is_of_data]
    during = {(each.table, each.column): each for each in changes if not is_unsaid(trip, each)}
    after = {(each.table, each.column) for each in row_changes(trip.before, trip.after_down) if each.is_of_data}
    for place, change in during.items():
        if place in after:
            yield Finding(
                object=".".join(filter(None, place)),
                file=trip.file,
                line=line_about(trip.up, change.table),
                sentence=f"{change.sentence.removesuffix('.')}, and downgrade() does not bring back what was.",
            )


@FAMILY.rule(
    "DG07 required-column-comes-back",
    "info",
    why="Rows have no value for it any more: as NOT NULL, downgrade() could not add it.",
    way_out="Nothing to do. What the column held is lost.",
)
def required_column_comes_back(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop of a NOT NULL column without a default, which downgrade() could not add to rows."""
    for item in facts.operations:
        dropped = item.kind == "drop_column" and item.id in facts.allowed
        if dropped and _has_no_value(facts.existing(item), item.name):
            yield _nullable(item)


def _has_no_value(table: Table | None, name: str) -> bool:
    """Return whether a column is NOT NULL and only the row itself gives it a value; a key's is left to the key."""
    found = column(table, name)
    keys = [each.columns for each in table.constraints if each.type == "primary key"] if table else []
    if found is None or found.nullable or any(name in columns for columns in keys):
        return False
    return not (found.default or found.generated or found.identity_generation)


@FAMILY.rule(
    "DG08 table-comes-back-as-it-was",
    "info",
    why="Alembic would make the table without what it does not read: partition bounds, PERIOD, NOT ENFORCED, EXCLUDE.",
    way_out="Nothing to do. The rows are lost.",
)
def table_comes_back_as_it_was(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop of a table that Alembic's create_table() in downgrade() would not make as it was."""
    going = [item for item in facts.operations if item.kind == "drop_table" and item.id in facts.allowed]
    for family in families(going, facts):
        edit = comes_back(family, facts)
        if edit:
            names = ", ".join(item.object for item in family)
            yield Finding(
                object=family[0].object,
                operations=tuple(item.id for item in family),
                sentence=f"In downgrade(), what PostgreSQL describes comes back: {names}.",
                edits=(edit,),
            )


def _nullable(item: Operation) -> Finding:
    table, name = sql.operated(item), sql.name(item.name)
    required = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM {table} WHERE {name} IS NULL)"
        f" THEN ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL; END IF; END $$"
    )
    edit = Edit(
        comment_down=f"DG07: rows that exist have no value for {item.name} any more",
        replaces=(item.id,),
        upgrade=(edits.original(item.id),),
        downgrade=(edits.mirror(item.id, nullable=True), edits.execute(required)),
    )
    return Finding(
        object=item.object,
        operations=(item.id,),
        sentence=f"In downgrade(), the column {item.object} comes back nullable where there are rows.",
        edits=(edit,),
    )
