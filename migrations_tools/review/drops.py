"""Drops: nothing that the database has is dropped unless it was allowed by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrations_tools.operations import Operation
from migrations_tools.review import provenance
from migrations_tools.review.facts import Facts
from migrations_tools.review.findings import Finding
from migrations_tools.review.relations import allow_drop, leaders, same_table, together
from migrations_tools.review.rules import Catalogue

CATALOGUE = Catalogue()
_EFFECTS = {
    "unique constraint": "Duplicates would become possible; ON CONFLICT and lookups that rely on it would break.",
    "table": "Every row of the table would be lost.",
    "index": "An index that somebody made for speed would be lost silently.",
    "unique index": "Duplicates would become possible.",
    "check constraint": "A rule of the data would be lost.",
    "foreign key": "Rows could point to nothing.",
    "column": "Every value of the column would be lost, and the version that still runs uses it.",
    "primary key": "Rows could no longer be told apart.",
}


@CATALOGUE.rule(
    "FD01",
    "unique-constraint-dropped",
    "hold",
    why="Duplicates become possible; ON CONFLICT and lookups that rely on the constraint break.",
    way_out="Put `unique=True` or `UniqueConstraint(name=…)` back in the model, or allow the drop by name.",
)
def unique_constraint_dropped(facts: Facts) -> Iterator[Finding]:
    """Find a unique constraint that is dropped and that the models do not have."""
    yield from _judged(facts, "FD01", "unique constraint")


@CATALOGUE.rule(
    "FD05",
    "table-unknown-to-models",
    "hold",
    why="Every row is lost. The table is another service's, a queue's, or a model's that env.py forgot to import.",
    way_out="Import the model in env.py, or leave the table out with `include_name`, or allow the drop by name.",
)
def table_unknown_to_models(facts: Facts) -> Iterator[Finding]:
    """Find a table that is dropped, for the database has it and the models have not."""
    yield from _judged(facts, "FD05", "table")


@CATALOGUE.rule(
    "FD08",
    "index-dropped",
    "hold",
    why="An index that somebody made for speed, or for uniqueness, is lost silently.",
    way_out="Write the `Index(…)` in the model, or allow the drop by name.",
)
def index_dropped(facts: Facts) -> Iterator[Finding]:
    """Find an index that is dropped and that the models do not have."""
    yield from _judged(facts, "FD08", "index", "unique index")


@CATALOGUE.rule(
    "FD09",
    "check-dropped",
    "hold",
    why="A rule of the data is lost.",
    way_out="Write the `CheckConstraint(…)` in the model, or allow the drop by name.",
)
def check_dropped(facts: Facts) -> Iterator[Finding]:
    """Find a check constraint that is dropped and that the models do not have."""
    yield from _judged(facts, "FD09", "check constraint")


@CATALOGUE.rule(
    "FD10",
    "foreign-key-dropped",
    "hold",
    why="Rows can point to nothing.",
    way_out="Write the `ForeignKey(…)` in the model, or allow the drop by name.",
)
def foreign_key_dropped(facts: Facts) -> Iterator[Finding]:
    """Find a foreign key that is dropped while its columns stay."""
    yield from _judged(facts, "FD10", "foreign key")


@CATALOGUE.rule(
    "FD14",
    "other-object-dropped",
    "hold",
    why="Something that the database has is lost.",
    way_out="Declare it again, or allow the drop by name.",
)
def other_object_dropped(facts: Facts) -> Iterator[Finding]:
    """Find anything else that is dropped: an exclusion constraint, or what an extension of Alembic looks after."""
    known = ("unique constraint", "table", "index", "unique index", "check constraint", "foreign key", "column",
             "primary key")  # fmt: skip
    others = {drop.noun for drop in leaders(facts.operations)} - set(known)
    yield from _judged(facts, "FD14", *others)


@CATALOGUE.rule(
    "AG06",
    "primary-key-dropped",
    "hold",
    why="Rows can no longer be told apart.",
    way_out="Give the model its primary key back, or allow the drop by name.",
)
def primary_key_dropped(facts: Facts) -> Iterator[Finding]:
    """Find a primary key that is dropped."""
    yield from _judged(facts, "AG06", "primary key")


@CATALOGUE.rule(
    "BC01",
    "column-dropped",
    "hold",
    why="Every value of the column is lost, and the version that still runs uses it.",
    way_out="Give the model its column back, or allow the drop by name in a deploy of its own.",
)
def column_dropped(facts: Facts) -> Iterator[Finding]:
    """Find a column that is dropped and that the models do not have."""
    yield from _judged(facts, "BC01", "column")


def _judged(facts: Facts, code: str, *nouns: str) -> Iterator[Finding]:
    drops = [drop for drop in leaders(facts.operations) if drop.noun in nouns]
    yield from (_finding(code, drop, facts) for drop in drops)


def _finding(code: str, drop: Operation, facts: Facts) -> Finding:
    operations, history = facts.operations, facts.history
    replacement = [item for item in operations if _replaces(item, drop)]
    place = provenance.find(history, drop.table, "" if drop.kind == "drop_table" else drop.name)
    return Finding(
        object=drop.object,
        sentence=_sentence(drop, replacement), effect=_EFFECTS.get(drop.noun, "It would be lost."),
        provenance=_provenance(place), ways_out=(_mend(drop), allow_drop(code, drop.object)),
        operations=(drop.id, *(item.id for item in replacement), *together(drop, operations)),
    )  # fmt: skip


def _replaces(item: Operation, drop: Operation) -> bool:
    """Tell whether an operation creates, under the same name or over the same columns, what a drop takes away.

    A unique constraint and an index cannot have the same name, nor can a table have two primary keys: while the old
    one stays, the new one cannot be made.
    """
    ours = item.kind in ("create_constraint", "create_index") and drop.kind in ("drop_constraint", "drop_index")
    if not ours or not same_table(item, drop):
        return False
    if item.name and item.name == drop.name:
        return True
    alike = item.kind.partition("_")[2] == drop.kind.partition("_")[2] and item.constraint == drop.constraint
    same_columns = bool(drop.columns) and set(item.columns) == set(drop.columns)
    return alike and (same_columns or drop.constraint == "primary key")


def _sentence(drop: Operation, replacement: Sequence[Operation]) -> str:
    where = f" of table {_table(drop)}" if drop.kind != "drop_table" and drop.table else ""
    on = f" on ({', '.join(drop.columns)})" if drop.columns and drop.kind != "drop_column" else ""
    subject = drop.object if drop.kind == "drop_table" else drop.name
    said = f"The {drop.noun} {subject}{on}{where} is in the database and not in the models"
    if replacement:
        said += f", which have {replacement[0].name or 'an unnamed one'} in its place; both are held back"
    return said + "."


def _table(drop: Operation) -> str:
    return f"{drop.schema}.{drop.table}" if drop.schema else drop.table


def _provenance(place: provenance.Place | None) -> str:
    if place:
        return f"It was created on purpose by revision {place.revision} ({place.words()})."
    return "No revision file shows who created it: by hand, by an extension, or by SQL that names it otherwise."


def _mend(drop: Operation) -> str:
    """Say what to write in the model so that it has the object again."""
    model = f"the model of table {_table(drop)}"
    columns = ", ".join(f'"{item}"' if item.isidentifier() else f'text("{item}")' for item in drop.columns)
    writings = {
        "table": f"import the model of {drop.object} in env.py, or leave the table out with include_name",
        "column": f"give {model} its column {drop.name} back",
        "unique constraint": f"in {model}, write {_single(drop)}"
        f'`UniqueConstraint({columns}, name="{drop.name}")` in __table_args__',
        "index": f'in {model}, write `Index("{drop.name}", {columns})` in __table_args__',
        "unique index": f'in {model}, write `Index("{drop.name}", {columns}, unique=True)` in __table_args__',
        "foreign key": f"in {model}, give ({columns}) its `ForeignKey`"
        f'{" to " + drop.referent if drop.referent else ""} back, with name="{drop.name}"',
    }
    other = f'in {model}, put the {drop.noun} back, with name="{drop.name}"' if drop.table else "declare it again"
    return f"Mend the model: {writings.get(drop.noun, other)}."


def _single(drop: Operation) -> str:
    return f"`unique=True` on its column {drop.columns[0]}, or " if len(drop.columns) == 1 else ""
