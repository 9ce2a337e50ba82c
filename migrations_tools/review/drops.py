"""Drops: nothing that the database has is dropped unless it was allowed by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migrations_tools.operations import Operation
from migrations_tools.review import provenance
from migrations_tools.review.findings import Allowance, Finding, Review
from migrations_tools.review.provenance import Revision

_CODES = {
    "unique constraint": "FD01",
    "table": "FD05",
    "index": "FD08",
    "unique index": "FD08",
    "check constraint": "FD09",
    "foreign key": "FD10",
    "column": "BC01",
    "primary key": "AG06",
}
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


def review(operations: Sequence[Operation], history: Sequence[Revision], allowances: Sequence[Allowance]) -> Review:
    """Judge every drop: allowed by name, or held back with its reason and the ways out.

    What is created in the place of something held back is held with it, for the two belong together; so are the
    indexes of a table that is held.
    """
    drops = [item for item in operations if item.is_drop]
    used: list[Allowance] = []
    findings = []
    for drop in _leaders(drops):
        allowance = _allowance(drop, allowances)
        if allowance:
            used.append(allowance)
        else:
            findings.append(_finding(drop, operations, history))
    hold = frozenset(identity for finding in findings for identity in finding.operations)
    unused = tuple(item for item in allowances if item not in used)
    return Review(hold, tuple(findings), tuple(used), unused)


def _leaders(drops: Sequence[Operation]) -> list[Operation]:
    """Give the drops that are judged on their own: not what goes with a table that is dropped whole."""
    tables = {(item.schema, item.table) for item in drops if item.kind == "drop_table"}
    return [item for item in drops if item.kind == "drop_table" or (item.schema, item.table) not in tables]


def _allowance(drop: Operation, allowances: Iterable[Allowance]) -> Allowance | None:
    code, bare = code_of(drop), drop.name or drop.table
    return next((item for item in allowances if item.covers(code, drop.object, bare)), None)


def code_of(drop: Operation) -> str:
    """Give the rule's code for the kind of object that is dropped."""
    return _CODES.get(drop.noun, "FD09")


def _finding(drop: Operation, operations: Sequence[Operation], history: Sequence[Revision]) -> Finding:
    replacement = [item for item in operations if _replaces(item, drop)]
    place = provenance.find(history, drop.table, "" if drop.kind == "drop_table" else drop.name)
    together = [item for item in operations if drop.kind == "drop_table" and _goes_with(item, drop)]
    return Finding(
        code=code_of(drop), severity="hold", object=drop.object,
        sentence=_sentence(drop, replacement), effect=_EFFECTS.get(drop.noun, "It would be lost."),
        provenance=_provenance(drop, place), ways_out=(_mend(drop), _allow(drop)),
        operations=(drop.id, *(item.id for item in (*replacement, *together))),
    )  # fmt: skip


def _replaces(item: Operation, drop: Operation) -> bool:
    """Tell whether an operation creates, under the same name or over the same columns, what a drop takes away."""
    if item.kind != drop.kind.replace("drop_", "create_") or (item.schema, item.table) != (drop.schema, drop.table):
        return False
    if drop.kind == "drop_table" or item.constraint != drop.constraint:
        return item.name == drop.name and drop.kind != "drop_table"
    return item.name == drop.name or bool(drop.columns) and set(item.columns) == set(drop.columns)


def _goes_with(item: Operation, drop: Operation) -> bool:
    return item.is_drop and item.id != drop.id and (item.schema, item.table) == (drop.schema, drop.table)


def _sentence(drop: Operation, replacement: Sequence[Operation]) -> str:
    where = f" of table {drop.table}" if drop.kind != "drop_table" else ""
    on = f" on ({', '.join(drop.columns)})" if drop.columns and drop.kind != "drop_column" else ""
    said = f"The {drop.noun} {drop.name or drop.table}{on}{where} is in the database and not in the models"
    if replacement:
        said += f", which have {replacement[0].name or 'an unnamed one'} in its place; both are held back"
    return said + "."


def _provenance(drop: Operation, place: provenance.Place | None) -> str:
    if place:
        return f"It was created on purpose by revision {place.revision} ({place.words()})."
    return "No revision file shows who created it: by hand, by an extension, or by SQL that names it otherwise."


def _mend(drop: Operation) -> str:
    columns = ", ".join(f'"{column}"' for column in drop.columns)
    model = f"the model of table {drop.table}"
    if drop.noun == "table":
        return f"Mend the model: import the model of {drop.table} in env.py, or leave the table out with include_name."
    if drop.noun == "column":
        return f"Mend the model: give {model} its column {drop.name} back."
    if drop.noun == "unique constraint":
        single = f"`unique=True` on its column {drop.columns[0]}, or " if len(drop.columns) == 1 else ""
        return f'Mend the model: in {model}, write {single}`UniqueConstraint({columns}, name="{drop.name}")` in __table_args__.'
    if drop.noun in ("index", "unique index"):
        unique = ", unique=True" if drop.unique else ""
        return f'Mend the model: in {model}, write `Index("{drop.name}", {columns}{unique})` in __table_args__.'
    if drop.noun == "foreign key":
        refers = f" to {drop.referent}" if drop.referent else ""
        return f'Mend the model: in {model}, give ({columns}) its `ForeignKey`{refers} back, with name="{drop.name}".'
    return f'Mend the model: in {model}, put the {drop.noun} back, with name="{drop.name}".'


def _allow(drop: Operation) -> str:
    return f"Or allow the drop by name: invoke generate --allow {code_of(drop)}:{drop.object}"
