"""Drops: nothing that the database has is dropped unless it was allowed by name.

Each drop gets one verdict (`drop_verdicts.analyse`), and each of these rules gives the findings of one code. The code
of the drop's own kind stays an alias, for allowances.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Constraint, Index
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.drops import Replacement
from migrations_tools.review.analysis.evidence import few
from migrations_tools.review.analysis.losses import losses
from migrations_tools.review.analysis.objects import children, in_words, named, views_on
from migrations_tools.review.analysis.relations import mentions
from migrations_tools.review.analysis.replacements import created_first, keys_to, renamed_only
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.drop_verdicts import going, judged
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet()


@FAMILY.rule(
    "FD01 unique-constraint-dropped",
    "hold",
    why="Duplicates become possible; ON CONFLICT and lookups that rely on the constraint break.",
    way_out="Put `unique=True` or `UniqueConstraint(name=…)` back in the model, or allow the drop by name.",
)
def unique_constraint_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint that is dropped and that the models do not have."""
    yield from judged(facts, "FD01")


@FAMILY.rule(
    "FD02 unique-replaced",
    "warn",
    why="Rows stay as unique as they were; `ON CONFLICT ON CONSTRAINT`, and whatever else names the old one, breaks.",
    way_out="If the old name is used anywhere, declare it in the model as it is.",
)
def unique_replaced(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint that makes way for a unique index of the same columns, or the other way round."""
    for item in facts.drops.replaced("unique still"):
        keys = ", ".join(keys_to(item.drop, facts))
        yield _needed_by_keys(item, keys) if keys else _replaced(item)


def _replaced(item: Replacement) -> Finding:
    drop, made = item.drop, item.made
    return Finding(
        drop.object,
        f"The {in_words(drop)} makes way for the {made.noun} {made.name} of the same columns, which is created first.",
        ways_out=(f"If the old name is used anywhere, declare the {drop.noun} {drop.name} in the model as it is.",),
        operations=(drop.id, made.id),
        edits=(created_first(item),),
    )


def _needed_by_keys(item: Replacement, keys: str) -> Finding:
    drop, made = item.drop, item.made
    return Finding(
        drop.object,
        f"The {in_words(drop)} would make way for the {made.noun} {made.name}, but foreign keys rest on it ({keys});"
        " both are held back.",
        effect="PostgreSQL refuses the drop.",
        ways_out=(f"Declare the {drop.noun} {drop.name} in the model as it is, beside the new one if need be.",),
        operations=(drop.id, made.id),
        severity="hold",
    )


@FAMILY.rule(
    "FD03 only-the-name-changed",
    "warn",
    why="Dropping it and building it again would lock the table for long, for a name.",
    way_out="Nothing to do; with its old name in the model, nothing changes.",
)
def only_the_name_changed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint or index that is dropped and created again with the same definition under another name."""
    for item in facts.drops.replaced("renamed"):
        yield Finding(
            item.drop.object,
            f"The {in_words(item.drop)} is called {item.made.name} in the models and is the same in all else; it is"
            " renamed.",
            operations=(item.drop.id, item.made.id),
            edits=(renamed_only(item),),
        )


@FAMILY.rule(
    "FD04 old-drift",
    "hold",
    why="Models and database disagreed before this change, which therefore does not mean the drop. Often the migration"
    " was merged first, and the code follows.",
    way_out="Mend the model in a change of its own, or allow the drop by name.",
)
def old_drift(facts: ReviewContext) -> Iterator[Finding]:
    """Find a drop of what the base branch's models do not have either."""
    yield from judged(facts, "FD04")


@FAMILY.rule(
    "FD05 table-unknown-to-models",
    "hold",
    why="Every row is lost. Often the table is another service's, a queue's, or that of a model which env.py forgot to"
    " import.",
    way_out="Import the model in env.py, or leave the table out with `include_name`, or allow the drop by name.",
)
def table_unknown_to_models(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped, for the database has it and the models have not."""
    yield from judged(facts, "FD05")


@FAMILY.rule(
    "FD06 partition-dropped",
    "hold",
    why="A partition's rows are its table's rows. Models list the table, not its partitions.",
    way_out="Leave partitions out with `include_name` in env.py.",
)
def partition_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a partition that is dropped, or something of it."""
    yield from judged(facts, "FD06")


@FAMILY.rule(
    "FD07 extension-object-dropped",
    "hold",
    why="PostgreSQL refuses the drop, or the extension stops working.",
    way_out="Leave it out with `include_name` in env.py.",
)
def extension_object_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a drop of a table that belongs to an extension, or of something of it."""
    yield from judged(facts, "FD07")


@FAMILY.rule(
    "FD08 index-dropped",
    "hold",
    why="What the index made fast, or kept unique, no longer is; building it again may take hours.",
    way_out="Write the `Index(…)` in the model, or allow the drop by name.",
)
def index_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index that is dropped and that the models do not have."""
    yield from judged(facts, "FD08")


@FAMILY.rule(
    "FD09 check-dropped",
    "hold",
    why="A rule of the data is lost. Alembic 1.19.0 and 1.19.1 drop check constraints that nobody meant to drop.",
    way_out="Write the `CheckConstraint(…)` in the model, or allow the drop by name.",
)
def check_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a check constraint that is dropped and that the models do not have."""
    yield from judged(facts, "FD09")


@FAMILY.rule(
    "FD10 foreign-key-dropped",
    "hold",
    why="Rows can point to nothing.",
    way_out="Write the `ForeignKey(…)` in the model, or allow the drop by name.",
)
def foreign_key_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a foreign key that is dropped while its columns stay; one that only changes is told as a note."""
    yield from judged(facts, "FD10")


@FAMILY.rule(
    "FD11 column-carries-constraint",
    "error",
    why="PostgreSQL drops the column's constraints and indexes with it, and nothing says so.",
    way_out="Drop them by name, in the models and in the file, before the column.",
)
def column_carries_constraint(facts: ReviewContext) -> Iterator[Finding]:
    """Find a column whose drop is allowed and that a constraint, an index or a view needs which the file leaves out."""
    allowed = (item for item in facts.drops.leaders if item.id in facts.allowed and item.kind == "drop_column")
    for drop in allowed:
        views, carried = views_on(drop, facts), ", ".join(_carried(drop, facts))
        if views:
            yield Finding(
                drop.object,
                f"The drop of {in_words(drop)} is allowed, but {views} reads it; it is held back.",
                effect="PostgreSQL refuses the drop.",
                severity="hold",
                ways_out=(f"Drop {views}, or make it anew without the column, in an earlier revision of your own.",),
                operations=(drop.id, *facts.drops.together(drop)),
            )
        elif carried:
            sentence = f"The {in_words(drop)} carries what the file does not name: {carried}."
            yield Finding(drop.object, sentence, operations=(drop.id,))


def _carried(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    dropped = {item.name for item in facts.on_table(table_name(drop)) if item.is_drop}
    for item in children(facts.existing(drop)):
        if mentions(item.columns, drop.name) and item.name not in dropped:
            yield f"{item.type if isinstance(item, Constraint) else 'index'} {item.name}"


@FAMILY.rule(
    "FD12 name-used-in-code",
    "error",
    why="Code that names what is gone (`on_conflict_do_update(constraint=…)`, raw SQL) fails at run time, after the"
    " deploy.",
    way_out="Change the code first.",
)
def name_used_in_code(facts: ReviewContext) -> Iterator[Finding]:
    """Find an allowed drop, or a rename, of something that the project's sources name."""
    for drop in (*going(facts), *(item.drop for item in facts.drops.wished())):
        places = facts.sources.places.get(drop.object, ())
        if places:
            sentence = f"The {in_words(drop)} goes, and the sources name it: {few(places)}."
            yield Finding(drop.object, sentence, operations=(drop.id,))


@FAMILY.rule(
    "FD13 models-not-imported",
    "hold",
    why="Every row is lost. Alembic knows only the models that env.py imports: a table whose model is not"
    " imported looks like one that nobody wants any more.",
    way_out="Import the module in env.py before it reads the metadata.",
)
def models_not_imported(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped although a module beside the models defines it, or along with most of the others."""
    yield from judged(facts, "FD13")


@FAMILY.rule(
    "FD14 other-object-dropped",
    "hold",
    why="What it was there for is lost.",
    way_out="Declare it again, or allow the drop by name.",
)
def other_object_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find anything else that is dropped: an exclusion constraint, or what an extension of Alembic looks after."""
    yield from judged(facts, "FD14")


# --- what a file drops that somebody wrote: it is meant, and said -----------------------------------------------------

_BY_HAND: dict[str, tuple[str, Severity]] = {
    "index": ("FD08", "info"),
    "unique": ("FD01", "info"),
    "check": ("FD09", "info"),
    "exclusion": ("FD14", "info"),
    "foreign key": ("FD10", "info"),
    "primary key": ("AG06", "warn"),
}


@FAMILY.of_executed
def dropped_by_hand(facts: ReviewContext) -> Iterator[Finding]:
    """Yield, under the codes of their kinds, the constraints and indexes that a file by hand takes away."""
    for loss in losses(facts):
        thing = loss.thing
        kind = thing.type if isinstance(thing, Constraint) else thing.noun
        if not isinstance(thing, (Constraint, Index)) or kind not in _BY_HAND:
            continue
        code, severity = _BY_HAND[kind]
        yield Finding(
            code=code,
            severity=severity,
            object=loss.path,
            sentence=f"The {named([thing])} of table {thing.table} is dropped.",
            ways_out=("Nothing to do where this is meant.",),
            file=loss.file,
            line=loss.line,
        )
