"""The schema: at head, equal to the models', and the new revision goes down and up again without a trace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from migrations_tools.catalog import (
    Catalog,
    Difference,
    compare_all,
    compare_stated,
    counted,
    hidden_differences,
    is_beyond_models,
    labels_that_stay,
    not_read,
    on_one_line,
    only_in_history,
    taken_back,
)
from migrations_tools.catalog.model import quoted
from migrations_tools.proofs.differences import grouped
from migrations_tools.proofs.proof import Proof, judged, not_checked
from migrations_tools.provenance import Revision

HEAD = "The database is at head"
ONE_HEAD = "The history has one head"
NOTHING_ELSE = ", and nothing else"
ORACLE = f"Every table, column, constraint, index and type of the models is there{NOTHING_ELSE}"
HIDDEN = "What env.py leaves out of the comparison is as the models say"
KNOWN = "env.py gives Alembic every model of the project"
REPLAY = "The history makes the schema from nothing"
ROUND_TRIP = "The newest revision goes down and up again and leaves the same catalog"
DOWNGRADE = "downgrade"  # the moment after it, as the proof has it

UPGRADE_HEADS = "the heads are those of branches with labels: a deploy runs `alembic upgrade heads`, for `head` fails"

Catalogs = Mapping[str, Catalog]


def about(claim: str, name: str) -> str:
    """Return which of several a claim is about; a name is given only where there are several."""
    return f"{claim} ({name})" if name else claim


def at_head(
    claim: str,
    current: Mapping[str, Sequence[str]],
    heads: Sequence[str],
    who: str,
    empty: Collection[str] = (),
    in_branches: bool = False,
) -> Proof:
    """Prove that the version table of each database holds exactly the heads; `who` says who ran the migrations.

    `current` is by database, with "" for the only one; `empty` are those without a version and without a table.
    `in_branches` says that there are several heads, each of a branch with a label.
    """
    if not heads:
        return not_checked(claim, "the history has no revision yet")
    problems = [
        f"{name or 'it'} is at {_few(found)}, the heads are {_few(heads)} ({who})"
        for name, found in current.items()
        if set(found) != set(heads)
    ]
    if problems and empty:
        problems.append(f"{' and '.join(empty)}: nothing at all was installed, no table and no version")
    several = f"; {UPGRADE_HEADS}" if in_branches else ""
    return judged(claim, problems, f"{_few(heads)}, {who}{several}")


def replayed(claim: str, heads: Sequence[str], replayed: Catalogs, installed: Catalogs) -> Proof:
    """Prove that the history makes the schema that was installed otherwise, so that nothing else need install it."""
    problems = [item.sentence() for name, found in replayed.items() for item in compare_all(found, installed[name])]
    evidence = f"it was replayed up to {_few(heads)} on a scratch database"
    return judged(claim, problems, _with_unread(evidence, replayed))


def equals_models(
    claim: str,
    actual: Catalog,
    expected: Catalog,
    held: Collection[str],
    excluded: Collection[str],
    history: Callable[[], Sequence[Revision]] = tuple,
    allowed: Collection[str] = (),
) -> Proof:
    """Prove that the database from the migrations equals the one from the models' own DDL.

    `held` are objects that the review held back: their difference is meant and named as such. `excluded` are
    tables that env.py leaves out of the comparison, `allowed` what may differ, by name. `history` gives the revision
    files, newest first; they are asked for where something differs, to say which one is responsible.
    """
    differences = [
        item for item in compare_stated(actual, expected) if item.table not in excluded and item.name not in excluded
    ]
    notable = [item for item in differences if item.notable]
    hidden = left_out(actual, expected, excluded)
    if hidden:
        claim = claim.replace(NOTHING_ELSE, "")
    beyond = [item.object for item in notable if is_beyond_models(item)]
    meant = [item.object for item in notable if item.name in held]
    named = [
        item.object
        for item in notable
        if item.object not in meant and not {item.name, item.name.rpartition(".")[2]}.isdisjoint(allowed)
    ]
    wrong = [item for item in notable if item.object not in (*beyond, *meant, *named)]
    evidence = _counts(actual)
    if meant:
        evidence += f"; held back by the review: {', '.join(dict.fromkeys(meant))}"
    if named:
        evidence += f"; allowed to differ: {', '.join(dict.fromkeys(named))}"
    if beyond:
        evidence += f"; only in migrations, models cannot say it: {', '.join(beyond)}"
    alone = only_in_history(actual, expected)
    if alone:
        evidence += f"; of migrations alone, models do not state them: {counted(alone)}"
    evidence = _with_unread(evidence, {"": actual})
    names = sum(not item.notable for item in differences)
    proof = judged(
        claim, [item.sentence() for item in wrong], evidence + (f"; {names} differ in name only" if names else "")
    )
    return replace(proof, groups=grouped(wrong, history())) if wrong else proof


def left_out(actual: Catalog, expected: Catalog, excluded: Collection[str]) -> tuple[str, ...]:
    """Name what differs, and is not compared because env.py leaves it out (include_object, include_name)."""
    found = hidden_differences(compare_stated(actual, expected), excluded) if excluded else ()
    return tuple(dict.fromkeys(each.object for each in found))


def hides_nothing(claim: str, hidden: Collection[str]) -> list[Proof]:
    """Return the proof that was not made where env.py hides what differs; none where it hides nothing."""
    reason = f"include_object or include_name in env.py hides what differs: {', '.join(hidden)}"
    return [not_checked(claim, reason)] if hidden else []


def knows_models(unknown: Sequence[str], unasked: Sequence[str]) -> list[Proof]:
    """Prove that Alembic is told of every model; there is nothing to say of it where it is.

    `unknown` are sentences on models that it is not told of, `unasked` on what could not be looked at.
    """
    if unknown:
        return [judged(KNOWN, unknown, "", unasked)]
    return [replace(not_checked(KNOWN, unasked[0]), details=tuple(unasked[1:]))] if unasked else []


def round_trip(claim: str, revision: str, before: tuple[Catalogs, Catalogs], after: tuple[Catalogs, Catalogs]) -> Proof:
    """Prove that catalogs are the same after down (first pair's first) and after up again (its second)."""
    problems = []
    for moment, was, now in zip((DOWNGRADE, "second upgrade"), before, after, strict=True):
        for name in was:
            where = f" of {name}" if len(was) > 1 else ""
            problems += [f"after the {moment}{where}: {words}" for words in traces(moment, was[name], now[name])]
    stays = [words for name in before[0] for words in staying(before[0][name], after[0][name])]
    evidence = "; ".join((f"{revision}: up, down, up, on a scratch database", *stays))
    return judged(claim, problems, _with_unread(evidence, before[0]))


def staying(was: Catalog, now: Catalog) -> list[str]:
    """Return what a downgrade left because PostgreSQL cannot take it back, a line each."""
    return [
        f"{identity} keeps {', '.join(map(quoted, labels))}: PostgreSQL cannot take a label back"
        for identity, labels in labels_that_stay(was, now).items()
    ]


def traces(moment: str, was: Catalog, now: Catalog) -> list[str]:
    """Return what is not as it was, a line each, but for an enum's labels that no downgrade can take back."""
    words = {
        "missing": "is gone",
        "unexpected": "was left behind",
        "renamed": "has another name",
        "different": "is different",
    }
    stays = labels_that_stay(was, now) if moment == DOWNGRADE else {}
    left = (item for item in compare_all(now, was) if item.object not in stays)
    return [_trace(item) or f"{item.object} {words[item.sort]}" for item in left]


def _trace(item: Difference) -> str:
    return on_one_line(taken_back(item.kind, item.sort, item.object, item.expected, item.actual))


def _with_unread(evidence: str, catalogs: Catalogs) -> str:
    """Add to a proof's evidence what of the databases nobody reads."""
    return "; ".join(dict.fromkeys([evidence, *filter(None, map(not_read, catalogs.values()))]))


def _counts(catalog: Catalog) -> str:
    constraints = sum(len(table.constraints) for table in catalog.tables)
    indexes = sum(len(table.indexes) for table in catalog.tables)
    tables = f"{len(catalog.tables) + 1} tables with the version table"
    return f"{tables}, {constraints} constraints, {indexes} indexes, {len(catalog.enums)} enum types"


def _few(revisions: Sequence[str]) -> str:
    return ", ".join(revisions) or "no revision"
