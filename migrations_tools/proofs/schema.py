"""The schema: at head, equal to the models', and the new revision goes down and up again without a trace."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from migrations_tools.catalog import Catalog, Difference, compare
from migrations_tools.proofs.proof import Proof, judged

HEAD = "The database is at head"
ORACLE = "Every table, column, constraint, index and type of the models is there, and nothing else"
ROUND_TRIP = "The newest revision goes down and up again and leaves the same catalog"


def at_head(current: Sequence[str], heads: Sequence[str], who: str) -> Proof:
    """Prove that the version table holds exactly the heads; `who` says who ran the migrations."""
    problems = [] if set(current) == set(heads) else [f"it is at {_few(current)}, the heads are {_few(heads)} ({who})"]
    return judged(HEAD, problems, f"{_few(current)}, {who}")


def equals_models(actual: Catalog, expected: Catalog, held: Collection[str], excluded: Collection[str]) -> Proof:
    """Prove that the database from the migrations equals the one from the models' own DDL.

    `held` are objects that the review held back: their difference is meant and named as such. `excluded` are
    tables that env.py leaves out of the comparison.
    """
    differences = [
        item for item in compare(actual, expected) if item.table not in excluded and _bare(item) not in excluded
    ]
    notable = [item for item in differences if item.notable]
    beyond = [item.object for item in notable if _is_beyond_models(item)]
    meant = [item.object for item in notable if _bare(item) in held]
    problems = [item.sentence() for item in notable if item.object not in (*beyond, *meant)]
    evidence = _counts(actual)
    if meant:
        evidence += f"; held back by the review: {', '.join(meant)}"
    if beyond:
        evidence += f"; only in migrations, models cannot say it: {', '.join(beyond)}"
    names = sum(not item.notable for item in differences)
    return judged(ORACLE, problems, evidence + (f"; {names} differ in name only" if names else ""))


def round_trip(revision: str, before: tuple[Catalog, Catalog], after: tuple[Catalog, Catalog]) -> Proof:
    """Prove that catalogs are the same after down (first pair's first) and after up again (its second)."""
    problems = []
    for moment, was, now in zip(("downgrade", "second upgrade"), before, after, strict=True):
        problems += [f"after the {moment}: {words}" for words in _traces(was, now)]
    return judged(ROUND_TRIP, problems, f"{revision}: up, down, up, on a scratch database")


def _traces(was: Catalog, now: Catalog) -> list[str]:
    words = {
        "missing": "is gone",
        "unexpected": "was left behind",
        "renamed": "has another name",
        "different": "is different",
    }
    return [f"{item.object} {words[item.sort]}" for item in compare(now, was)]


def _is_beyond_models(difference: Difference) -> bool:
    """Tell whether a difference is about something that migrations make and a MetaData has no words for."""
    return difference.sort == "unexpected" and difference.kind in ("extension", "schema", "view", "domain", "sequence")


def _bare(difference: Difference) -> str:
    """Give the identity without its noun: `users.uq_users_email`."""
    return difference.object.partition(" ")[2]


def _counts(catalog: Catalog) -> str:
    constraints = sum(len(table.constraints) for table in catalog.tables)
    indexes = sum(len(table.indexes) for table in catalog.tables)
    tables = f"{len(catalog.tables) + 1} tables with the version table"
    return f"{tables}, {constraints} constraints, {indexes} indexes, {len(catalog.enums)} enum types"


def _few(revisions: Sequence[str]) -> str:
    return ", ".join(revisions) or "no revision"
