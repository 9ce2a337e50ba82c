"""What a verdict on a drop rests on, a line each; what could not be had is named, with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrations_tools import provenance
from migrations_tools.discovery.source_mentions import Term
from migrations_tools.operations import Operation
from migrations_tools.provenance import SourceLine
from migrations_tools.review.analysis.objects import equivalents, lacks, said
from migrations_tools.review.context import ReviewContext, table_name

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
    return provenance.find(facts.history, drop.table, "" if drop.kind == "drop_table" else drop.name)


def provenance_of(drop: Operation, facts: ReviewContext) -> str:
    """Return where what is dropped comes from."""
    table = table_name(drop)
    if table in facts.members:
        return f"It was created by the extension {facts.members[table]}, to which the table {table} belongs."
    known = facts.existing(drop)
    place = place_of(drop, facts)
    if place:
        doc = next((item.doc for item in facts.history if item.revision == place.revision), "")
        said_of = f", “{doc.splitlines()[0]}”" if doc else ""
        return f"It was created on purpose by revision {place.revision}{said_of} ({place.words()})."
    if known and known.kind == "partition":
        return f"No revision file shows who created it: it is a partition of {', '.join(known.parents)}."
    return "No revision file shows who created it: by hand, by an extension, or by SQL that names it otherwise."


def evidence_for(drop: Operation, facts: ReviewContext) -> tuple[str, ...]:
    """Return what the models have, what the base branch's have, and where the sources name it."""
    return (*_of_models(drop, facts), *_of_base(drop, facts), *_of_sources(drop, facts))


def _of_models(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    if facts.after is None:
        yield "missing: what the models have in its place, for their own schema could not be looked at."
    elif drop.kind == "drop_table":
        hint = _hint(drop.table)
        yield f"The models have no table {drop.object}{f': {hint}' if hint else ''}."
        yield from _of_modules(facts)
    elif drop.kind == "drop_column":
        yield f"The models have no column {drop.object}."
    elif drop.table:
        found = equivalents(drop, facts)
        yield f"The models have the {said(found)}." if found else "The models have nothing equivalent."


def _of_modules(facts: ReviewContext) -> Iterator[str]:
    """Yield which modules could not be asked for the table's model."""
    if facts.modules.missing:
        yield f"missing: whether a module that env.py does not import defines it: {facts.modules.missing}."
    for module, error in facts.modules.failed.items():
        yield f"missing: whether {module} defines it, which cannot be imported ({error})."


def _hint(table: str) -> str:
    if table in _EXTENSIONS:
        return f"{_EXTENSIONS[table]} makes a table of this name"
    queue = next((item for item in _QUEUES if table.startswith(item)), "")
    return f"names in {queue}… are those of another library's or service's tables" if queue else ""


def _of_base(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    base = facts.base
    gone = None if base.schema is None else lacks(base.schema, drop, facts)
    if base.schema is None:
        yield f"missing: what the models of the base branch have: {base.missing}."
    elif gone is None:
        yield f"missing: what the models of {base.name} have: they have no such table to look at."
    elif gone:
        yield f"The models of {base.name} do not have it either: the same drop comes from them."
    else:
        yield f"The models of {base.name} have it: this change takes it away."


def _of_sources(drop: Operation, facts: ReviewContext) -> Iterator[str]:
    sources = facts.sources
    if not sources.searched:
        yield f"missing: whether the sources name it: {sources.missing}."
        return
    found = sources.places.get(drop.object, ())
    if found:
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
    place = place_of(drop, facts)
    return place is None or place.file in facts.base.revisions


def is_of_this_branch(drop: Operation, facts: ReviewContext) -> bool:
    """Return whether a revision that the base branch does not have has made what is dropped."""
    place = place_of(drop, facts)
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
