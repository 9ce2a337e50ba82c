"""Drops: nothing that the database has is dropped unless it was allowed by name."""

from __future__ import annotations

import re
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
_OTHER = "FD14"
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
    indexes and constraints of a table or column that is held. An allowed drop that would take something held with
    it, or fail because of it, is held too.
    """
    used: list[Allowance] = []
    allowed: list[Operation] = []
    findings: list[Finding] = []
    for drop in _leaders(operations):
        allowance = _allowance(drop, allowances)
        if allowance:
            used.append(allowance)
            allowed.append(drop)
        else:
            findings.append(_finding(drop, operations, history))
    findings += _blocked(allowed, findings, operations)
    unused = tuple(item for item in allowances if item not in used)
    return Review(_held(findings), tuple(findings), tuple(dict.fromkeys(used)), unused)


def _held(findings: Iterable[Finding]) -> frozenset[int]:
    return frozenset(identity for finding in findings for identity in finding.operations)


def _leaders(operations: Sequence[Operation]) -> list[Operation]:
    """Give the drops that are judged on their own: not what goes with a table or columns that are dropped whole."""
    drops = [item for item in operations if item.is_drop]
    return [item for item in drops if not any(_goes_with(item, other, drops) for other in drops)]


def _goes_with(item: Operation, drop: Operation, drops: Sequence[Operation]) -> bool:
    """Tell whether PostgreSQL drops `item` with `drop` anyway, and nothing that stays would have needed it."""
    if not item.is_drop or item.id == drop.id or not _same_table(item, drop):
        return False
    if drop.kind == "drop_table":
        return True
    columns = {other.name for other in drops if other.kind == "drop_column" and _same_table(other, item)}
    return (
        drop.kind == "drop_column"
        and item.kind in ("drop_index", "drop_constraint")
        and drop.name in item.columns
        and set(item.columns) <= columns
    )


def _same_table(one: Operation, other: Operation) -> bool:
    return bool(one.table) and (one.schema, one.table) == (other.schema, other.table)


def _blocked(
    allowed: Sequence[Operation], findings: Sequence[Finding], operations: Sequence[Operation]
) -> list[Finding]:
    """Give a finding for each allowed drop that something held back stands in the way of.

    Holding one may put it in the way of another, so this goes on until nothing changes.
    """
    found: list[Finding] = []
    while True:
        hold = _held([*findings, *found])
        held = [item for item in operations if item.is_drop and item.id in hold]
        pairs = ((drop, other) for drop in allowed if drop.id not in hold for other in held if _needs(other, drop))
        blocked = next(pairs, None)
        if blocked is None:
            return found
        found.append(_blocked_finding(*blocked, operations))


def _needs(held: Operation, drop: Operation) -> bool:
    """Tell whether something that stays cannot stay without what `drop` takes away."""
    if drop.kind == "drop_table":
        return held.constraint == "foreign key" and held.referent == drop.table
    return drop.kind == "drop_column" and _same_table(held, drop) and _mentions(held.columns, drop.name)


def _mentions(columns: Iterable[str], name: str) -> bool:
    """Tell whether a column is among an index's or constraint's columns, or a word of one of their expressions."""
    return any(name == column or name in re.findall(r"\w+", column) for column in columns)


def _blocked_finding(drop: Operation, held: Operation, operations: Sequence[Operation]) -> Finding:
    effect = "PostgreSQL refuses the drop." if drop.kind == "drop_table" else "It would vanish with the column, unsaid."
    return Finding(
        code=code_of(drop), severity="hold", object=drop.object,
        sentence=f"The drop of {drop.noun} {drop.object} is allowed, but the {held.noun} {held.object} is held back"
        " and needs it; both are held back.",
        effect=effect, ways_out=(_allow(held),), operations=(drop.id, *_together(drop, operations)),
    )  # fmt: skip


def _together(drop: Operation, operations: Sequence[Operation]) -> list[int]:
    drops = [item for item in operations if item.is_drop]
    return [item.id for item in drops if _goes_with(item, drop, drops)]


def _allowance(drop: Operation, allowances: Iterable[Allowance]) -> Allowance | None:
    code, bare = code_of(drop), drop.name or drop.table
    return next((item for item in allowances if item.covers(code, drop.object, bare)), None)


def code_of(drop: Operation) -> str:
    """Give the rule's code for the kind of object that is dropped."""
    return _CODES.get(drop.noun, _OTHER)


def _finding(drop: Operation, operations: Sequence[Operation], history: Sequence[Revision]) -> Finding:
    replacement = [item for item in operations if _replaces(item, drop)]
    place = provenance.find(history, drop.table, "" if drop.kind == "drop_table" else drop.name)
    return Finding(
        code=code_of(drop), severity="hold", object=drop.object,
        sentence=_sentence(drop, replacement), effect=_EFFECTS.get(drop.noun, "It would be lost."),
        provenance=_provenance(place), ways_out=(_mend(drop), _allow(drop)),
        operations=(drop.id, *(item.id for item in replacement), *_together(drop, operations)),
    )  # fmt: skip


def _replaces(item: Operation, drop: Operation) -> bool:
    """Tell whether an operation creates, under the same name or over the same columns, what a drop takes away.

    A unique constraint and an index cannot have the same name, nor can a table have two primary keys: while the old
    one stays, the new one cannot be made.
    """
    ours = item.kind in ("create_constraint", "create_index") and drop.kind in ("drop_constraint", "drop_index")
    if not ours or not _same_table(item, drop):
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


def _allow(drop: Operation) -> str:
    return f"Or allow the drop by name: invoke generate --allow {code_of(drop)}:{drop.object}"
