"""Who may do what, and what runs by itself: policies, triggers, functions, privileges, views that a revision changes.

Seen in the database before and after the upgrade, so that SQL in `op.execute()` counts like an operation; and said also
where downgrade() brings it back, for until then access is open.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Catalog, Difference, View, on_one_line
from migrations_tools.review.analysis.sql_keywords import names
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding, Severity
from migrations_tools.review.registry import RuleSet
from migrations_tools.revision_runs import RevisionPass

FAMILY = RuleSet("executed")


def _changes(facts: ReviewContext, *kinds: str) -> Iterator[tuple[Difference, Catalog, Catalog]]:
    """Yield what the upgrade changed of some kinds, with the catalogs before and after; `expected` is what was."""
    trip = facts.trip
    if trip is None or trip.before is None or trip.after_up is None:
        return
    before, after = trip.before.catalog, trip.after_up.catalog
    for item in facts.upgraded():
        if item.kind in kinds:
            yield item, before, after


def _finding(facts: ReviewContext, name: str, sentence: str, effect: str = "", severity: Severity = "") -> Finding:
    up = facts.trip.up if facts.trip else None
    file = facts.trip.file if facts.trip else ""
    line = _line(up, name) if up else 0
    return Finding(name, on_one_line(sentence), effect=effect, severity=severity, file=file, line=line)


def _line(up: RevisionPass, name: str) -> int:
    """Return the line of the last statement that names an object; of the last that names its table, where none does."""
    for local in (name.rpartition(".")[2], name.rpartition(".")[0].rpartition(".")[2]):
        lines = [step.line for step, each in up.statements if local and names(each.sql, local)]
        if lines:
            return lines[-1]
    return 0


def _own_name(item: Difference) -> str:
    """Return the name under which an allowance calls something on a table: `notes.own` for "policy own on notes"."""
    name = item.name.removesuffix(f" on {item.table}")
    return f"{item.table}.{name}" if name != item.name else item.name.partition("(")[0]


def _with_privilege(catalog: Catalog, of: str, privilege: str, usual: tuple[str, ...] = ()) -> str:
    """Return the roles, other than the owner, that may do something with an object, as far as the migrations say."""
    grants = (each for each in catalog.others if each.kind == "grant" and each.of == of)
    granted = {each.identity.removeprefix("grant to ").removesuffix(f" on {of}"): each.definition for each in grants}
    roles = [role for role, privileges in granted.items() if privilege in privileges]
    return ", ".join(sorted({*roles, *(role for role in usual if role not in granted)}))


# --- rows -----------------------------------------------------------------------------------------------------------


@FAMILY.rule(
    "AC01 row-security-opened",
    "warn",
    why="Row security decides which rows a role sees and changes.",
    way_out="Make the new policy before the old one goes, in the same revision; let downgrade() bring both back.",
)
def row_security_opened(facts: ReviewContext) -> Iterator[Finding]:
    """Find a row security policy that upgrade() drops or changes, or a table on which it switches row security off."""
    for item, before, after in _changes(facts, "row security", "policy"):
        if item.kind == "row security" and item.sort != "unexpected":
            off = item.sort == "missing"
            done = "is switched off" if off else f"changes: it was {item.expected} and is {item.actual}"
            effect = _all_rows(after, item.table) if off else "Forced, policies hold for the table's owner too."
            yield _finding(facts, item.table, f"Row security on {item.table} {done}.", effect)
        elif item.kind == "policy" and item.sort == "different":
            sentence = f"The {item.object} changes: it was {item.expected} and is {item.actual}."
            yield _finding(facts, _own_name(item), sentence, "Other rows are seen, or may be changed.", "info")
        elif item.kind == "policy" and item.sort == "missing" and not _renamed(item, before, after):
            yield _finding(facts, _own_name(item), f"The {item.object} is dropped.", _without_policy(item, after))


def _renamed(item: Difference, before: Catalog, after: Catalog) -> bool:
    """Return whether the same policy is there under another name."""
    known = {each.identity for each in before.others}
    new = (each for each in after.others if each.kind == "policy" and each.identity not in known)
    return any(each.table == item.table and each.definition == item.expected for each in new)


def _all_rows(after: Catalog, table: str) -> str:
    readers = _with_privilege(after, f"table {table}", "SELECT")
    if readers:
        return f"Every role that may read {table} reads all of its rows: {readers}."
    return (
        f"Every role that may read {table} reads all of its rows. No migration says which roles may:"
        f" privileges that were granted elsewhere are in the real database, and `\\dp {table}` in psql shows them."
    )


def _without_policy(item: Difference, after: Catalog) -> str:
    """Return who sees more or less of a table without a policy."""
    on_table = [each for each in after.others if each.table == item.table]
    if not any(each.kind == "row security" for each in on_table):
        return _all_rows(after, item.table)
    if item.expected.startswith("RESTRICTIVE"):
        return f"Rows of {item.table} that it kept back are open to every role that another policy lets in."
    if any(each.kind == "policy" and each.definition.startswith("PERMISSIVE") for each in on_table):
        return f"Rows of {item.table} that only this policy showed are hidden."
    return f"No policy lets anybody in any more: to all but its owner, {item.table} looks empty."


# --- what runs ------------------------------------------------------------------------------------------------------


@FAMILY.rule(
    "AC02 trigger-gone",
    "warn",
    why="What it did or refused on each change of the table happens no longer, and nobody is told.",
    way_out="Drop it when nothing relies on it any more; let downgrade() make it again.",
)
def trigger_gone(facts: ReviewContext) -> Iterator[Finding]:
    """Find a trigger, an event trigger or a rule that upgrade() drops or disables."""
    for item, _, _ in _changes(facts, "trigger", "event trigger", "rule"):
        if item.sort == "missing":
            done = "is dropped"
        elif item.sort == "different" and " DISABLED" in item.actual and " DISABLED" not in item.expected:
            done = "is disabled"
        else:
            continue
        sentence = f"The {item.object} {done}; it was {item.expected.rstrip(';')}."
        yield _finding(facts, _own_name(item), sentence)


_ROUTINES = ("function", "procedure", "aggregate")


@FAMILY.rule(
    "AC03 function-gone-or-elevated",
    "warn",
    why="The version that still runs, a view or a job of somebody's may call it.",
    way_out="Drop it one deploy after the last caller; give a SECURITY DEFINER function a search_path of its own.",
)
def function_gone_or_elevated(facts: ReviewContext) -> Iterator[Finding]:
    """Find a function that upgrade() drops, or that begins or ceases to run with the rights of its owner."""
    for item, _, after in _changes(facts, *_ROUTINES):
        was, now = _is_definer(item.expected), _is_definer(item.actual)
        name = item.name.partition("(")[0]
        if item.sort == "missing":
            yield _finding(facts, name, f"The {item.object} is dropped.")
        elif was and not now:
            sentence = f"The {item.object} runs with the rights of its caller from now on, no longer with its owner's."
            yield _finding(facts, name, sentence, "Who calls it needs the privileges on all that it uses.")
        elif now and not was:
            who = _with_privilege(after, item.object, "EXECUTE", ("PUBLIC",)) or "its owner alone"
            sentence = f"The {item.object} runs with the rights of its owner (SECURITY DEFINER)."
            path = "" if "SET search_path" in item.actual else " Its caller's search_path decides what it finds."
            severity: Severity = "" if item.sort == "different" or path else "info"
            yield _finding(facts, name, sentence, f"It may be called by {who}.{path}", severity)


def _is_definer(definition: str) -> bool:
    return " SECURITY DEFINER" in definition.partition("\nAS ")[0]


# --- privileges and views -------------------------------------------------------------------------------------------


@FAMILY.rule(
    "AC04 privileges-change",
    "info",
    why="What a role may do changes with the upgrade.",
    way_out="Nothing to do where it is meant; let downgrade() take it back.",
)
def privileges_change(facts: ReviewContext) -> Iterator[Finding]:
    """Find a privilege that upgrade() grants or revokes, or an owner that it changes.

    A warning where everybody (PUBLIC) gets one, where somebody loses one, and where the owner changes.
    """
    for item, _, _ in _changes(facts, "grant", "default privileges", "owner"):
        role, _, of = item.object.removeprefix("grant to ").partition(" on ")
        had, has = (text or "nothing" for text in (item.expected, item.actual))
        if item.kind == "owner":
            thing = item.object.removeprefix("owner of ")
            owners = (text or "the database's owner" for text in (item.expected, item.actual))
            sentence = f"The owner of {thing} changes: {' → '.join(owners)}."
            name = thing.partition(" ")[2].partition("(")[0]
            yield _finding(facts, name, sentence, "Only the owner may change or drop it.", "warn")
        elif item.kind == "default privileges":
            sentence = f"The {item.object} change: {had} before, {has} after."
            yield _finding(
                facts, "default privileges", sentence, "Objects that are made later are open to other roles."
            )
        else:
            lost = set(had.split(", ")) - set(has.split(", ")) - {"nothing"}
            grave: Severity = "warn" if lost or (role == "PUBLIC" and has != "nothing") else ""
            sentence = f"The privileges of {role} on {of} change: {had} before, {has} after."
            name = of.partition(" ")[2].partition("(")[0]
            effect = f"{role} can no longer {', '.join(sorted(lost))} there." if lost else ""
            yield _finding(facts, name, sentence, effect or _gained(role, of), grave)


def _gained(role: str, of: str) -> str:
    return f"Every role has these privileges on {of} now." if role == "PUBLIC" else ""


@FAMILY.rule(
    "AC05 view-gone-or-opened",
    "warn",
    why="The version that still runs, a report or a role that may read nothing else may read from it.",
    way_out="Drop it one deploy after the last reader; WITH (security_invoker) keeps the option.",
)
def view_gone_or_opened(facts: ReviewContext) -> Iterator[Finding]:
    """Find a view that upgrade() drops, or that loses an option which holds back rows."""
    for item, before, after in _changes(facts, "view"):
        if item.sort == "missing":
            yield _finding(facts, item.table, f"The {item.object} is dropped.")
        elif item.aspect == "options":
            for option, effect in _GUARDS.items():
                if _has(item.expected, option) and not _has(item.actual, option):
                    sentence = f"The {item.object} loses {option}."
                    yield _finding(
                        facts, item.table, sentence, effect.format(tables=_tables(before, after, item.table))
                    )


_GUARDS = {
    "security_invoker": "It reads {tables} with its owner's rights: whoever may read the view sees what the owner sees,"
    " past row security and privileges of who asks.",
    "security_barrier": "A function in a query's condition can see rows of {tables} that the view filters out.",
}


def _has(options: str, name: str) -> bool:
    return any(each in options for each in (f"{name}=true", f"{name}=on", f"{name}=1", f"{name}=yes"))


def _tables(before: Catalog, after: Catalog, name: str) -> str:
    found = (view for catalog in (after, before) for view in catalog.views if view.qualified_name == name)
    view: View | None = next(found, None)
    tables = dict.fromkeys(column.rpartition(".")[0] for column in view.columns) if view else {}
    return ", ".join(tables) or "its tables"
