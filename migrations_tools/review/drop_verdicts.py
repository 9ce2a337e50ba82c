"""The one verdict on each drop: which code it falls under, and the finding in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.evidence import (
    drifted,
    evidence_for,
    is_of_this_branch,
    place_of,
    provenance_of,
    used_by_base,
)
from migrations_tools.review.analysis.objects import in_words, owner_of, shown_table
from migrations_tools.review.analysis.relations import allow_drop, leaders, same_table, together
from migrations_tools.review.analysis.replacements import changed, replacements
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.findings import Finding
from migrations_tools.review.rules.renames import behind

OTHER: Final = "FD14"
CODES: Final = {
    "unique constraint": "FD01",
    "table": "FD05",
    "index": "FD08",
    "unique index": "FD08",
    "check constraint": "FD09",
    "foreign key": "FD10",
    "column": "BC01",
    "primary key": "AG06",
}
_EFFECTS: Final = {
    "unique constraint": "Duplicates would become possible; ON CONFLICT and lookups that rely on it would break.",
    "table": "Every row of the table would be lost.",
    "index": "An index that somebody made for speed would be lost silently.",
    "unique index": "Duplicates would become possible.",
    "check constraint": "A rule of the data would be lost.",
    "foreign key": "Rows could point to nothing.",
    "column": "Every value of the column would be lost, and the version that still runs uses it.",
    "primary key": "Rows could no longer be told apart.",
}
_FEW_TABLES = 3


def own_code(drop: Operation) -> str:
    """Return the code of the kind of drop, which an allowance may always name."""
    return CODES.get(drop.noun, OTHER)


def verdicts(facts: ReviewContext) -> dict[int, str]:
    """Return each drop's code, by its id: the first that fits, from what is surest to what its kind says."""
    made_up = {number: _CODE_OF.get(item.how, "") for number, item in replacements(facts).items()}
    made_up |= {number: code for number, code in behind(facts).items() if not made_up.get(number)}
    return {
        drop.id: _by_owner(drop, facts) or made_up.get(drop.id) or _by_absence(drop, facts, drop.id in made_up)
        for drop in leaders(facts.operations)
    }


_CODE_OF: Final = {"unique still": "FD02", "renamed": "FD03"}


def _by_owner(drop: Operation, facts: ReviewContext) -> str:
    if table_name(drop) in facts.members:
        return "FD07"
    return "FD06" if owner_of(drop, facts) else ""


def _by_absence(drop: Operation, facts: ReviewContext, changes: bool) -> str:
    """Return the code of a drop that nothing makes up for; one that only changes is its kind's."""
    if drop.kind == "drop_table" and (_module(drop, facts) or _many(facts)):
        return "FD13"
    return "FD04" if not changes and drifted(drop, facts) else own_code(drop)


def judged(facts: ReviewContext, code: str) -> Iterator[Finding]:
    """Yield the findings on the drops whose verdict is this code."""
    codes, replaced = verdicts(facts), replacements(facts)
    for drop in leaders(facts.operations):
        if codes[drop.id] == code:
            item = replaced.get(drop.id)
            yield changed(item, facts) if item and item.how == "changed" else _held(code, drop, facts)


def _held(code: str, drop: Operation, facts: ReviewContext) -> Finding:
    operations, own = facts.operations, own_code(drop)
    replacement = [item for item in operations if _replaces(item, drop)]
    return Finding(
        object=drop.object,
        sentence=_sentence(code, drop, replacement, facts),
        effect=_EFFECTS.get(drop.noun, "It would be lost."),
        provenance=provenance_of(drop, facts),
        evidence=evidence_for(drop, facts),
        ways_out=(_mend(code, drop, facts), allow_drop(code, drop.object)),
        operations=(drop.id, *(item.id for item in replacement), *together(drop, operations)),
        aliases=() if own == code else (own,),
    )


def _replaces(item: Operation, drop: Operation) -> bool:
    """Return whether an operation creates, under the same name or over the same columns, what a drop takes away.

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


# --- the sentence ---------------------------------------------------------------------------------------------------


def _sentence(code: str, drop: Operation, replacement: Sequence[Operation], facts: ReviewContext) -> str:
    place = place_of(drop, facts)
    origin = f"was created on purpose by {place.revision} ({place.words()})" if place else "is in the database"
    end = "kept in the database, held back from the migration"
    if replacement:
        end = f"which have {replacement[0].name or 'an unnamed one'} in its place; both are held back"
        return f"The {in_words(drop)} {origin} and is not in the models, {end}."
    return f"The {in_words(drop)} {origin}; {_reason(code, drop, facts)}; {end}."


def _reason(code: str, drop: Operation, facts: ReviewContext) -> str:
    """Describe in one clause why the drop was found."""
    if code == "FD07":
        return f"it belongs to the extension {facts.members[table_name(drop)]}, not to the models"
    if code == "FD06":
        return f"it is a partition of {owner_of(drop, facts)}, which models do not list"
    if code == "FD13":
        return _not_imported(drop, facts)
    if code == "FD04":
        ahead = "the database is ahead of the models" if place_of(drop, facts) else "no revision made it"
        return f"{ahead}, and those of {facts.base.name} do not have it either, so this change does not mean the drop"
    if is_of_this_branch(drop, facts):
        return f"the models do not have it yet ({facts.base.name} does not know that revision)"
    return f"{_models_say(drop)}{_lost_here(drop, facts)}"


def _models_say(drop: Operation) -> str:
    if drop.kind in ("drop_table", "drop_column") or not drop.table:
        return "the models do not have it"
    single = f"`unique=True` on {drop.columns[0]}" if drop.constraint == "unique" and len(drop.columns) == 1 else "it"
    return f"the model of table {shown_table(drop)} does not say {single}"


def _lost_here(drop: Operation, facts: ReviewContext) -> str:
    return f", which that of {facts.base.name} does" if used_by_base(drop, facts) else ""


def _not_imported(drop: Operation, facts: ReviewContext) -> str:
    module = _module(drop, facts)
    if module:
        return f"its model is in {module}, which env.py does not import"
    dropped = _dropped_tables(facts)
    return f"{len(dropped)} of {len(facts.before.tables)} tables are not in the models: env.py seems not to import them"


def _module(drop: Operation, facts: ReviewContext) -> str:
    return facts.modules.tables.get(table_name(drop), "")


def _many(facts: ReviewContext) -> bool:
    """Return whether so many tables would go that it is the models which are missing."""
    dropped = _dropped_tables(facts)
    return len(dropped) >= _FEW_TABLES and 2 * len(dropped) >= len(facts.before.tables)


def _dropped_tables(facts: ReviewContext) -> list[Operation]:
    renamed = behind(facts)
    drops = [item for item in facts.operations if item.kind == "drop_table" and item.id not in renamed]
    return [item for item in drops if facts.existing(item)]


# --- the way out ----------------------------------------------------------------------------------------------------


def _mend(code: str, drop: Operation, facts: ReviewContext) -> str:
    """Return what to write so that the drop is not found again."""
    if code in ("FD06", "FD07"):
        return f"Leave it out of the comparison: `include_name` in env.py, false for the table {drop.table}."
    module = _module(drop, facts) if code == "FD13" else ""
    if module:
        return f"Mend env.py: write `import {module}` before it reads the metadata."
    return f"Mend the model: {_writing(drop)}."


def _writing(drop: Operation) -> str:
    model = f"the model of table {shown_table(drop)}"
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
    return writings.get(drop.noun, other)


def _single(drop: Operation) -> str:
    return f"`unique=True` on its column {drop.columns[0]}, or " if len(drop.columns) == 1 else ""
