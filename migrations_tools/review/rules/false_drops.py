"""Drops: nothing that the database has is dropped unless it was allowed by name.

Each drop gets one verdict (`judging.verdicts`), and each of these rules gives the findings of one code. The code of
the drop's own kind stays an alias, for allowances.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.review.analysis import replacements
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.drop_verdicts import judged
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet

CATALOGUE = RuleSet()


@CATALOGUE.rule(
    "FD01",
    "unique-constraint-dropped",
    "hold",
    why="Duplicates become possible; ON CONFLICT and lookups that rely on the constraint break.",
    way_out="Put `unique=True` or `UniqueConstraint(name=…)` back in the model, or allow the drop by name.",
)
def unique_constraint_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint that is dropped and that the models do not have."""
    yield from judged(facts, "FD01")


@CATALOGUE.rule(
    "FD02",
    "unique-replaced",
    "warn",
    why="Rows stay unique, but names change, and with them `ON CONFLICT ON CONSTRAINT`; a window without uniqueness"
    " opens when the old one goes first. The new one is created first.",
    way_out="Keep the constraint in the model as it is, if the name is used anywhere.",
)
def unique_replaced(facts: ReviewContext) -> Iterator[Finding]:
    """Find a unique constraint that makes way for a unique index of the same columns, or the other way round."""
    yield from replacements.unique_replaced(facts)


@CATALOGUE.rule(
    "FD03",
    "only-the-name-changed",
    "warn",
    why="A full rebuild of the index under a heavy lock, for a name. It is renamed instead.",
    way_out="None is needed; `name=…` in the model keeps the old name.",
)
def only_the_name_changed(facts: ReviewContext) -> Iterator[Finding]:
    """Find a constraint or index that is dropped and created again with the same definition under another name."""
    yield from replacements.only_the_name_changed(facts)


@CATALOGUE.rule(
    "FD04",
    "old-drift",
    "hold",
    why="The same drop comes from the base branch's models: models and database disagreed before this change, which"
    " therefore does not mean it. Often the migration was merged first, and the code follows.",
    way_out="Mend the model in a change of its own, or allow the drop by name.",
)
def old_drift(facts: ReviewContext) -> Iterator[Finding]:
    """Find a drop of what the base branch's models do not have either."""
    yield from judged(facts, "FD04")


@CATALOGUE.rule(
    "FD05",
    "table-unknown-to-models",
    "hold",
    why="Every row is lost. The table is another service's, a queue's, or a model's that env.py forgot to import.",
    way_out="Import the model in env.py, or leave the table out with `include_name`, or allow the drop by name.",
)
def table_unknown_to_models(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped, for the database has it and the models have not."""
    yield from judged(facts, "FD05")


@CATALOGUE.rule(
    "FD06",
    "partition-dropped",
    "hold",
    why="A partition's rows are its table's rows. Models list the table, not its partitions.",
    way_out="Leave partitions out with `include_name` in env.py.",
)
def partition_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a partition that is dropped, or something of it."""
    yield from judged(facts, "FD06")


@CATALOGUE.rule(
    "FD07",
    "extension-object-dropped",
    "hold",
    why="The table belongs to an extension: PostgreSQL refuses its drop, or the extension stops working.",
    way_out="Leave it out with `include_name` in env.py.",
)
def extension_object_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a drop of a table that belongs to an extension, or of something of it."""
    yield from judged(facts, "FD07")


@CATALOGUE.rule(
    "FD08",
    "index-dropped",
    "hold",
    why="An index that somebody made for speed, or for uniqueness, is lost silently. A plain one is held back like a"
    " unique one: what it was for cannot be seen from here, and building it again may take hours.",
    way_out="Write the `Index(…)` in the model, or allow the drop by name.",
)
def index_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find an index that is dropped and that the models do not have."""
    yield from judged(facts, "FD08")


@CATALOGUE.rule(
    "FD09",
    "check-dropped",
    "hold",
    why="A rule of the data is lost. Alembic 1.19.0 and 1.19.1 drop check constraints that nobody meant to drop.",
    way_out="Write the `CheckConstraint(…)` in the model, or allow the drop by name.",
)
def check_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a check constraint that is dropped and that the models do not have."""
    yield from judged(facts, "FD09")


@CATALOGUE.rule(
    "FD10",
    "foreign-key-dropped",
    "hold",
    why="Rows can point to nothing.",
    way_out="Write the `ForeignKey(…)` in the model, or allow the drop by name.",
)
def foreign_key_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a foreign key that is dropped while its columns stay; one that only changes is told as a note."""
    yield from judged(facts, "FD10")


@CATALOGUE.rule(
    "FD13",
    "models-not-imported",
    "hold",
    why="The table's model exists, or many tables go at once: env.py does not import all models, and what it does not"
    " import looks like something that nobody wants any more.",
    way_out="Import the module in env.py before it reads the metadata.",
)
def models_not_imported(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table that is dropped although a module beside the models defines it, or along with most of the others."""
    yield from judged(facts, "FD13")


@CATALOGUE.rule(
    "FD14",
    "other-object-dropped",
    "hold",
    why="Something that the database has is lost.",
    way_out="Declare it again, or allow the drop by name.",
)
def other_object_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find anything else that is dropped: an exclusion constraint, or what an extension of Alembic looks after."""
    yield from judged(facts, "FD14")


@CATALOGUE.rule(
    "AG06",
    "primary-key-dropped",
    "hold",
    why="Rows can no longer be told apart.",
    way_out="Give the model its primary key back, or allow the drop by name.",
)
def primary_key_dropped(facts: ReviewContext) -> Iterator[Finding]:
    """Find a primary key that is dropped."""
    yield from judged(facts, "AG06")
