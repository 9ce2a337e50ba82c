"""What autogenerate does not see: added to the file where that is safe and certain, else explained."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from migrations_tools.catalog import Column, Constraint, Difference, Table, is_temporal_alone
from migrations_tools.review.analysis import completions, remaking, sql, unknown_models
from migrations_tools.review.analysis.completions import Completion, altered_column, table_of
from migrations_tools.review.analysis.coverage import both_of
from migrations_tools.review.analysis.keys import adding
from migrations_tools.review.analysis.relations import allow
from migrations_tools.review.analysis.unrunnable import rewritten
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet("decided")
# The rules whose allowances say that database and models may differ in something.
OF_DIFFERENCES = frozenset({"IN06", "IN07", "IN11"})
_Complete: TypeAlias = Callable[[ReviewContext, Difference], Completion | None]


def _completed(facts: ReviewContext, code: str, complete: _Complete, said: str = "") -> Iterator[Finding]:
    """Yield a repair for each difference that one kind of completion is certain of."""
    for item in facts.uncovered:
        done = complete(facts, item)
        if done:
            differs = f"differs from the models'{f' in its {item.aspect}' if item.aspect else ''}"
            in_place = said or f"{differs}: it is {'made again' if done.again else 'altered'}"
            is_new = f"is in the models and not in the database: it is {'added' if item.table else 'created first'}"
            yield Finding(
                object=done.path,
                sentence=f"The {done.operation.noun} {done.path} {is_new if item.sort == 'missing' else in_place}.",
                evidence=_both_sides(item),
                adds=(done.operation,),
                edits=(done.edit(code),),
            )


def _both_sides(item: Difference) -> tuple[str, ...]:
    """Write both sides of a difference."""
    sides = (("in the database", item.actual), ("in the models", item.expected))
    return tuple(f"{where}: {text}" for where, text in sides if text) if item.table else ()


@FAMILY.rule(
    "IN01 schema-or-sequence-missing",
    "info",
    why="Alembic creates tables, and neither the schema that they are in nor a sequence that they draw from.",
    way_out="Nothing to do.",
)
def schema_or_sequence_missing(facts: ReviewContext) -> Iterator[Finding]:
    """Find a schema of a new table, a sequence or an unused enum type that the models have and the database has not."""
    yield from _completed(facts, "IN01", completions.missing)


@FAMILY.rule("IN02 sequence-differs", "info", why="Autogenerate does not compare sequences.", way_out="Nothing to do.")
def sequence_differs(facts: ReviewContext) -> Iterator[Finding]:
    """Find a sequence that counts otherwise in the models than in the database."""
    # Each aspect is a difference of its own; one statement changes them all.
    found = _completed(facts, "IN02", completions.sequence, "differs from the models': it is altered")
    yield from {each.object: each for each in found}.values()


@FAMILY.rule(
    "IN03 constraint-not-compared",
    "info",
    why="Autogenerate compares no check constraint, no order of a unique constraint's columns, and not all of a key.",
    way_out="Nothing to do.",
)
def constraint_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint that the models have and the database has not, or has otherwise."""
    yield from _completed(facts, "IN03", completions.constraint)


@FAMILY.rule(
    "IN04 index-not-compared",
    "info",
    why="Autogenerate compares no index's condition, method, included columns or order of columns.",
    way_out="Nothing to do.",
)
def index_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index that the models have and the database has not, or has otherwise."""
    yield from _completed(facts, "IN04", completions.index)


@FAMILY.rule(
    "IN05 column-not-compared",
    "info",
    why="Autogenerate compares server defaults only when env.py asks for it, and no collations.",
    way_out="Nothing to do; `compare_server_default=True` in env.py sees defaults.",
)
def column_not_compared(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose server default, comment or collation is another in the models."""
    yield from _completed(facts, "IN05", completions.column)


@FAMILY.rule(
    "IN08 not-written-by-alembic",
    "info",
    why="Alembic sees it and does not write all of it: a column's own CHECK, INCLUDE and the like.",
    way_out="Nothing to do.",
)
def not_written_by_alembic(facts: ReviewContext) -> Iterator[Finding]:
    """Find what the file as Alembic writes it does not make, or fails on, and the catalogs say how to make."""
    for _, item, done in rewritten(facts):
        edit = replace(
            done.edit("IN08"), replaces=(item.id,), place="here", comment=f"IN08: {_WRITTEN}", comment_down=""
        )
        yield Finding(
            object=item.object,
            operations=(item.id,),
            sentence=f"The {item.noun} {item.object} is written as PostgreSQL describes it: as Alembic writes it, it"
            " fails.",
            edits=(edit,),
        )
    for each in facts.reached:
        there = replace(facts, before=each.catalog, uncovered=each.left)
        for complete in completions.CERTAIN:
            for finding in _completed(there, "IN08", complete):
                yield _as_new(facts, finding)


_WRITTEN = "as PostgreSQL describes it; as Alembic writes it, it fails"


def _as_new(facts: ReviewContext, finding: Finding) -> Finding:
    """Leave to downgrade() nothing of what goes with a table that is new."""
    (added,) = finding.adds
    if not added.table or facts.existing(added):
        return finding
    return replace(finding, edits=tuple(replace(edit, comment_down="", downgrade=()) for edit in finding.edits))


# --- what nothing is written for --------------------------------------------------------------------------------------


@FAMILY.rule(
    "IN06 only-in-database",
    "hold",
    why="The database keeps to something that the models do not know of; a fresh install by the models lacks it.",
    way_out="Write it in the model, drop it in a revision of your own, or allow it by name.",
)
def only_in_database(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint, index, server default or enum type that only the database has, unseen by Alembic."""
    for item in facts.uncovered:
        lost_default = _is_lost_default(facts, item)
        if item.sort == "unexpected" or lost_default:
            thing = f"server default {item.actual} of {item.object}" if lost_default else item.object
            yield Finding(
                object=item.name,
                sentence=f"The {thing} is in the database and not in the models; it is kept.",
                evidence=() if lost_default else _both_sides(item),
                ways_out=("Write it in the model; or drop it in a revision of your own.", _meant("IN06", item.name)),
            )


def _meant(code: str, name: str) -> str:
    return f"Or, where it is meant to stay, allow it by name: {allow(code, name)}"


@FAMILY.rule(
    "IN12 model-not-known",
    "hold",
    why="No migration is generated for it: a fresh install lacks the table, and what uses it fails.",
    way_out="Import the module in env.py before it reads the metadata.",
)
def model_not_known(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table of the project's modules that is in no metadata which env.py gives to Alembic."""
    if not facts.tells_modules:
        return
    dropped = {table_name(item) for item in facts.operations if item.kind == "drop_table"}
    for table, module in facts.modules.tables.items():
        if table not in dropped:
            take_in = f"Or have this tool alone import it: invoke generate --import {module}"
            yield Finding(
                object=table,
                sentence=unknown_models.sentence(table, facts.modules),
                ways_out=(
                    unknown_models.import_line(table, facts.modules),
                    take_in,
                    f"Or allow it by name: {allow('IN12', table)}",
                ),
            )
    for module, sentence in unknown_models.unasked_sentences(facts.modules):
        yield Finding(module, sentence, effect=_UNKNOWN, ways_out=(_LOOK,), severity="warn")


_UNKNOWN = "A table that env.py does not know of gets no migration."
_LOOK = "Import the module by hand, and mend what fails; or see to it that env.py imports it."


def _is_lost_default(facts: ReviewContext, item: Difference) -> bool:
    _, want = both_of(facts, item, Column)
    return want is not None and item.aspect == "default" and item.expected == "none"


@FAMILY.rule(
    "IN07 difference-for-a-hand",
    "hold",
    why="Autogenerate does not see it, and what is to become of the rows, or of what relies on it, is not certain.",
    way_out="Write a revision of your own, mend the model, or allow the difference by name.",
)
def difference_for_a_hand(facts: ReviewContext) -> Iterator[Finding]:
    """Find any other difference between database and models that no operation accounts for."""
    for item in facts.uncovered:
        spoken = item.sort == "unexpected" or _is_lost_default(facts, item)
        spoken = spoken or (item.aspect == "default" and completions.keeps_old_type(facts, item))
        spoken = spoken or item.kind in ("schema", "view") or bool(_enforcing(facts, item))
        if spoken or any(each(facts, item) for each in completions.CERTAIN):
            continue
        where = f" in its {item.aspect}" if item.aspect else ""
        yield Finding(
            object=item.name,
            sentence=f"The {item.object} differs from the models{where}; nothing was written for it.",
            evidence=_both_sides(item),
            ways_out=(*_by_hand(facts, item), _meant("IN07", item.name)),
        )


def _by_hand(facts: ReviewContext, item: Difference) -> tuple[str, ...]:
    """Return what to write; a type that env.py does not compare is Alembic's own to write."""
    have, want = both_of(facts, item, Column)
    table = facts.existing_table(item.table)
    if have and want and table and item.aspect == "type":
        compares = () if facts.compares_types else ("Set compare_type=True in env.py, which has it turned off.",)
        said = shlex.quote(f"{want.path}={sql.name(want.name)}::{want.type}")
        return (
            *compares,
            f"Have it written, by saying how values become new ones (SQL): invoke generate --using {said}",
            f"Or write a revision of your own, or mend the model: {_retyping(table, have, want)};",
        )
    if have and want and table and item.aspect == "generated expression" and want.generated:
        return _generated_anew(facts, have, want)
    return ("Write a revision of your own, or mend the model.",)


def _retyping(table: Table, have: Column, want: Column) -> str:
    """Write the statement that changes a type, and a server default with it, which need not be one of the new type."""
    column = f"ALTER COLUMN {sql.name(want.name)}"
    changes = [f"{column} TYPE {want.type} USING {sql.name(want.name)}::{want.type}"]
    if have.default:
        changes.insert(0, f"{column} DROP DEFAULT")
    if want.default:
        changes.append(f"{column} SET DEFAULT {want.default}")
    return f"ALTER TABLE {sql.table_path(table)} {', '.join(changes)}"


def _generated_anew(facts: ReviewContext, have: Column, want: Column) -> tuple[str, ...]:
    """Return the statements that make a column generated as the models have it."""
    table, name = sql.table_path(table_of(facts, want.table)), sql.name(want.name)
    expression = str(want.generated).rpartition(" ")[0]
    anew = f"ALTER TABLE {table} DROP COLUMN {name}, {remaking.generated_column(want)};"
    with_it = " Indexes and constraints on the column go with it, and are made again after it."
    if not have.generated:
        return (f"Where its values may be lost: {anew}{with_it}",)
    if not completions.kept_alike(have, want):
        return (f"{anew}{with_it}",)
    return (
        f"From PostgreSQL 17 on: {altered_column(table_of(facts, want.table), want)} SET EXPRESSION AS ({expression});",
        f"Before 17: {anew}{with_it}",
    )


@FAMILY.rule(
    "IN10 temporal-key",
    "info",
    why="It guards what the models ask for, and that nothing overlaps; a model has no words for that.",
    way_out="Nothing to do.",
)
def temporal_key(facts: ReviewContext) -> Iterator[Finding]:
    """Find a key with WITHOUT OVERLAPS or PERIOD that is otherwise as the models have it."""
    for item in facts.differences():
        if is_temporal_alone(item):
            yield Finding(
                object=item.name, sentence=f"The {item.object} is temporal and stays as it is: {item.actual}."
            )


@FAMILY.rule(
    "IN11 not-enforced",
    "hold",
    why="The database lets rows in that the models rule out. As the models have it, each row would be checked, and one"
    " may break it.",
    way_out="Enforce it in a revision of your own, or allow it by name.",
)
def not_enforced(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint that is NOT ENFORCED, or a NOT NULL that is NOT VALID, where the models only have it whole."""
    for item in facts.uncovered:
        statement = _enforcing(facts, item)
        if statement:
            yield Finding(
                object=item.name,
                sentence=f"The {item.object} is not enforced on every row, which no model can say; it is kept so.",
                evidence=_both_sides(item),
                ways_out=(
                    f"To enforce it, write in a revision of your own: {statement};",
                    f"Or, where it is meant, allow it by name: {allow('IN11', item.name)}",
                ),
            )


def _enforcing(facts: ReviewContext, item: Difference) -> str:
    """Return the statement that has the database enforce what the models have; empty where that is not the matter."""
    column, wanted_column = both_of(facts, item, Column)
    if column and wanted_column and item.aspect == "nullability":
        lax = not column.not_null_valid and not wanted_column.nullable
        return f"{altered_column(table_of(facts, item.table), column)} SET NOT NULL" if lax else ""
    have, want = both_of(facts, item, Constraint)
    if not (have and want and have.says("NOT ENFORCED")):
        return ""
    table = sql.table_path(table_of(facts, item.table))
    return f"ALTER TABLE {table} DROP CONSTRAINT {sql.name(have.name)}, {adding(want)}"
