"""What a verdict on a drop rests on, a line each; what could not be checked is said, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrations_tools import provenance
from migrations_tools.discovery.source_mentions import Term
from migrations_tools.operations import Operation
from migrations_tools.provenance import SourceLine
from migrations_tools.review.analysis.objects import equivalents, lacks, named, owner_of
from migrations_tools.review.context import ReviewContext

_QUEUES = ("celery_", "apscheduler_", "django_", "kombu_", "procrastinate_", "pgqueuer", "pgmq_", "hdb_", "flyway_")
_EXTENSIONS = {
    "spatial_ref_sys": "PostGIS",
    "geometry_columns": "PostGIS",
    "topology": "PostGIS",
    "layer": "PostGIS",
    "pg_stat_statements": "pg_stat_statements",
    "part_config": "pg_partman",
    "job": "pg_cron",
}
_FEW = 5


def place_of(drop: Operation, facts: ReviewContext) -> SourceLine | None:
    """Return the line of a revision file that made what is dropped."""
    name = "" if drop.kind == "drop_table" else drop.name
    sort = "index" if drop.kind == "drop_index" else drop.constraint
    return provenance.find(facts.history, drop.table, name, sort, drop.columns if sort else ())


def provenance_of(drop: Operation, facts: ReviewContext) -> str:
    """Return where what is dropped comes from; nothing where its owner says it already."""
    place = facts.drops.places.get(drop.id)
    if place:
        doc = next((item.doc for item in facts.history if item.revision == place.revision), "")
        title = f", “{doc.splitlines()[0]}”" if doc else ""
        return f"It was created on purpose by revision {place.revision}{title} ({place.words()})."
    if owner_of(drop, facts):
        return ""
    return "No revision file shows who created it: by hand, by an extension, or by SQL that names it otherwise."


def evidence_for(drop: Operation, facts: ReviewContext) -> tuple[str, ...]:
    """Return what the models have instead, what the base branch's have, and where the sources name it."""
    return (*_of_models(drop, facts), *of_base(drop, facts), *_of_sources(drop, facts))


def _of_models(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    if facts.after is None:
        yield "Not checked against the models: their own schema could not be made."
    elif drop.kind == "drop_table":
        yield from _hints(drop.table)
        yield from _of_modules(facts)
    elif drop.kind != "drop_column" and drop.table:
        found = equivalents(drop, facts)
        yield f"The models have the {named(found)}." if found else "The models have nothing equivalent."


def _hints(table: str) -> Iterator[str]:
    if table in _EXTENSIONS:
        yield f"{_EXTENSIONS[table]} makes a table of this name."
    for prefix in (item for item in _QUEUES if table.startswith(item)):
        yield f"Tables called {prefix}… are usually those of another library or service."


def _of_modules(facts: ReviewContext) -> Iterator[str]:
    """Yield which modules could not be asked for the table's model."""
    if facts.modules.missing:
        yield f"Not checked whether a module that env.py does not import defines it: {facts.modules.missing}."
    for module, error in facts.modules.failed.items():
        yield f"Not checked whether {module} defines it: importing it fails ({error})."


def of_base(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    """Yield what the models of the base branch have."""
    base = facts.base
    gone = None if base.schema is None else lacks(base.schema, drop, facts)
    if base.schema is None:
        yield f"Not checked against the base branch: {base.missing}."
    elif gone is None:
        yield f"Not checked against {base.name}: its models do not have the table."
    elif gone:
        yield f"The models of {base.name} do not have it either."
    else:
        yield f"The models of {base.name} have it: this change takes it away."


def _of_sources(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    sources = facts.sources
    found = sources.places.get(drop.object, ())
    if not sources.searched:
        yield f"Not searched for in the project's sources: {sources.missing}."
    elif found:
        yield f"The sources name it: {few(found)}."
    else:
        yield f"No source file names it outside the models and the revisions ({sources.searched} were searched)."


def few(places: Sequence[str]) -> str:
    """List places, the first few of many."""
    more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
    return ", ".join(places[:_FEW]) + more


def drifted(drop: Operation, facts: ReviewContext) -> bool:
    """Return whether the same drop comes from the base branch's models, and its cause is not of this branch either.

    What a revision of this branch has made, the base branch cannot have in its models.
    """
    if facts.base.schema is None or not lacks(facts.base.schema, drop, facts):
        return False
    place = facts.drops.places.get(drop.id)
    return place is None or place.file in facts.base.revisions


def is_of_this_branch(drop: Operation, facts: ReviewContext) -> bool:
    """Return whether a revision that the base branch does not have has made what is dropped."""
    place = facts.drops.places.get(drop.id)
    return facts.base.schema is not None and place is not None and place.file not in facts.base.revisions


def used_by_base(drop: Operation, facts: ReviewContext) -> bool | None:
    """Return whether the base branch's models, those of the version that runs, still have it; None when unknown."""
    gone = None if facts.base.schema is None else lacks(facts.base.schema, drop, facts)
    return None if gone is None else not gone


def terms(operations: Sequence[Operation]) -> dict[str, Term]:
    """Return the names of what is dropped, to be looked for in the sources, by the object's full name."""
    found = {}
    for drop in (item for item in operations if item.is_drop and item.table):
        if drop.kind == "drop_table":
            found[drop.object] = Term("table", drop.table)
        elif drop.kind == "drop_column":
            found[drop.object] = Term("column", drop.name, drop.table)
        elif drop.name:
            found[drop.object] = Term("name", drop.name, drop.table)
    return found
