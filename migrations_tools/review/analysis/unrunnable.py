"""What an execution has shown not to run: which operation, or which repair of the review's, it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrations_tools.catalog import Constraint, Difference
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.completions import CERTAIN, Completion, dropping, making
from migrations_tools.review.analysis.failures import advice_on, begun
from migrations_tools.review.analysis.objects import child
from migrations_tools.review.analysis.relations import with_dependents
from migrations_tools.review.context import ReviewContext, Unrunnable, table_name
from migrations_tools.review.edits import Edit, Piece
from migrations_tools.review.findings import Finding


def unrunnable_operations(facts: ReviewContext) -> Iterator[tuple[Unrunnable, Operation]]:
    """Yield each thing that could not run with the operation that it was; of several alike one after the other."""
    taken: set[int] = set()
    for each in facts.unrunnable:
        item = next((item for item in facts.operations if item.id not in taken and _is_of(each, item)), None)
        if item:
            taken.add(item.id)
            yield each, item


def _is_of(each: Unrunnable, item: Operation) -> bool:
    ran = each.operation
    if ran is None or not item.object:
        return False
    alike = all(getattr(ran, part) == getattr(item, part) for part in ("kind", "schema", "table", "constraint"))
    return alike and (ran.name == item.name or (not item.name and ran.columns == item.columns))


def rewritten(facts: ReviewContext) -> Iterator[tuple[Unrunnable, Operation, Completion]]:
    """Yield what cannot run as Alembic writes it, and the catalogs say how to make."""
    for each, item in unrunnable_operations(facts):
        if not each.refused and (gone := _dropped(facts, item)):
            yield each, item, gone
            continue
        own = (found for found in facts.differences() if item.name and found.table == table_name(item))
        named = (found for found in own if found.object.endswith(f"{found.table}.{item.name}"))
        makes = (make(facts, found) for found in named if _is_all_of(item, found) for make in CERTAIN)
        done = next((made for made in makes if made), None)
        if done:
            yield each, item, done


def _dropped(facts: ReviewContext, item: Operation) -> Completion | None:
    """Drop a constraint that Alembic has no words for: one that excludes."""
    table = facts.existing(item)
    have = child(table, item.name) if item.kind == "drop_constraint" else None
    if table is None or not isinstance(have, Constraint):
        return None
    return Completion(have.path, item, (dropping(table, have),), (making(table, have),))


def _is_all_of(item: Operation, difference: Difference) -> bool:
    """Return whether a difference is all that an operation is about."""
    if item.kind == "alter_column":
        changes = {key for key in item.details if key.startswith("modify_")}
        return difference.aspect == "identity" and changes == {"modify_server_default"}
    return difference.sort == "missing"


def held_back(item: Operation, each: Unrunnable, facts: ReviewContext) -> Finding:
    """Hold an operation that cannot run, and what needs it."""
    hold = with_dependents({item.id}, facts.operations)
    needing = [other.summary() for other in facts.operations if other.id in hold - {item.id}]
    effect, ways_out = advice_on(each.sqlstate)
    return Finding(
        object=item.object,
        effect=effect,
        ways_out=ways_out,
        operations=(item.id, *sorted(hold - {item.id})),
        sentence=f"{begun(item.summary())} cannot run, whatever is in the tables; it is held back.",
        evidence=(*each.told, *([f"Held back with it, for they need it: {'; '.join(needing)}"] if needing else [])),
    )


def without_unrunnable(found: Sequence[Finding], facts: ReviewContext) -> list[Finding]:
    """Return the findings with the repairs held back that could not run."""
    findings = list(found)
    known = {id(each) for each, _ in unrunnable_operations(facts)}
    for each in (one for one in facts.unrunnable if id(one) not in known):
        places = (index for index, item in enumerate(findings) if any(_makes(edit, each) for edit in item.edits))
        if (index := next(places, None)) is not None:
            findings[index] = _without(findings[index], each)
    return findings


def _without(finding: Finding, each: Unrunnable) -> Finding:
    replaced = (number for edit in finding.edits for number in edit.replaces)
    what = finding.adds[0].summary() if finding.adds else f"the repair {finding.code} of {finding.object}"
    return Finding(
        code="AG14",
        severity="hold",
        object=finding.object,
        operations=tuple(dict.fromkeys((*finding.operations, *replaced))),
        sentence=f"{begun(what)} cannot run, whatever is in the tables; it is held back.",
        evidence=(*each.told, f"It was to be written because: {finding.sentence}"),
    )


def _makes(edit: Edit, each: Unrunnable) -> bool:
    return any(_is_piece(piece, each) for piece in edit.upgrade)


def _is_piece(piece: Piece, each: Unrunnable) -> bool:
    sent, ran = each.statement.strip(), each.operation
    # A driver that takes parameters as %s is sent every other % twice.
    texts = [str(piece.get(key) or "") for key in ("sql", "definition")]
    if sent and any(sent in (text.strip(), text.strip().replace("%", "%%")) for text in texts):
        return True
    if piece.get("type_sql"):
        return f" {piece['column']} TYPE {piece['type_sql']}" in sent.replace('"', "")
    if ran is None or "table" not in piece:
        return False
    place = (piece["schema"], piece["table"], piece.get("column") or piece.get("name"))
    verb = str(piece["piece"]).partition("_")[0]
    return place == (ran.schema, ran.table, ran.name) and ran.kind.startswith(verb)
