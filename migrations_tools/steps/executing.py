"""A new revision file, executed before it is handed over: up, down and up again, with rows in every table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrations_tools.catalog import Difference, compare
from migrations_tools.errors import Found
from migrations_tools.files import write_whole
from migrations_tools.proofs.schema import is_beyond_models
from migrations_tools.provenance import Revision
from migrations_tools.report.generated import Reviewed
from migrations_tools.report.terminal import show_findings
from migrations_tools.review import comments, verdict
from migrations_tools.review.facts import Facts
from migrations_tools.review.findings import Allowance, Finding, Review
from migrations_tools.steps.bench import Bench
from migrations_tools.steps.models import Models
from migrations_tools.steps.prepared import Prepared
from migrations_tools.steps.trips import Tried, try_out
from migrations_tools.steps.work import written

File = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a file is judged by: the history, the models' schema, what is allowed."""

    history: Sequence[Revision]
    models: Models
    allowances: Sequence[Allowance]
    prepared: Prepared | None = None


@dataclass(frozen=True, slots=True)
class ExecutedFiles:
    """The files, with the allowances that they rest on, what is said of each database, and what was not tried."""

    files: tuple[File, ...]
    reviewed: tuple[Reviewed, ...]
    notes: tuple[str, ...] = ()


def execute_new(bench: Bench, files: Sequence[File], reviewed: Sequence[Reviewed], ground: Ground) -> ExecutedFiles:
    """Execute new files on scratch databases, and add what is found to what the review has said.

    Raises Found when a file fails whatever is in the tables, or loses rows unsaid: it is kept in the tool's own folder.
    """
    if not files:
        return ExecutedFiles((), tuple(reviewed))
    files = [_with_allowances(file, reviewed) for file in files]
    (migrated,) = bench.installed
    revisions = [Revision(item["revision"], tuple(item["down"]), item["name"], "", item["text"]) for item in files]
    with bench.temp.work.console.step("Executing the new revision: up, down and up again, with rows in every table"):
        tried = try_out(bench, migrated, revisions, files, ground.prepared)
    if len(migrated.heads) > 1:  # the other branches are not on the scratch databases, so that these cannot be complete
        ground = replace(ground, models=Models({}, {}))
    judged = [_judged(each, tried, replace(ground, history=[*revisions, *ground.history]), bench) for each in reviewed]
    _refuse(bench, files, [finding for each in judged for finding in each.review.findings], tried)
    notes = (words for each in tried for words in each.unseeded)
    return ExecutedFiles(tuple(files), tuple(judged), tuple(dict.fromkeys(notes)))


def _with_allowances(file: File, reviewed: Iterable[Reviewed]) -> File:
    used = dict.fromkeys(item for each in reviewed for item in each.review.allowed)
    return {**file, "text": comments.write(file["text"], used)}


def _judged(reviewed: Reviewed, tried: Iterable[Tried], ground: Ground, bench: Bench) -> Reviewed:
    """Add to the review of one database what its executions have shown."""
    for each in (one for one in tried if one.executed.database == reviewed.database):
        facts = Facts(
            each.operations, each.before, ground.models.schemas.get(reviewed.database), tuple(ground.history),
            executed=each.executed, empty=each.empty, real=bench.dump is not None,
            left=tuple(_left(each, reviewed, ground.models)), large=frozenset(bench.temp.work.settings.large_tables),
        )  # fmt: skip
        found = verdict.measured(facts, ground.allowances)
        reviewed = replace(reviewed, review=_joined(reviewed.review, found))
    return reviewed


def _joined(review: Review, more: Review) -> Review:
    """Add findings; what the review has foreseen under the same code for the same object is said once, the graver."""
    grave = {(finding.code, finding.object) for finding in more.findings if finding.reaches("error")}
    left = [finding for finding in review.findings if (finding.code, finding.object) not in grave or finding.edits]
    said = {(finding.code, finding.object) for finding in left}
    fresh = [finding for finding in more.findings if (finding.code, finding.object) not in said]
    used = tuple(dict.fromkeys((*review.allowed, *more.allowed)))
    return replace(
        review, findings=(*left, *fresh), allowed=used,
        unused=tuple(item for item in review.unused if item not in used),
    )  # fmt: skip


def _left(tried: Tried, reviewed: Reviewed, models: Models) -> Iterable[Difference]:
    """Give what differs from the models after the upgrade, beyond what the review has spoken of."""
    reached, expected = tried.further.after_up, models.schemas.get(reviewed.database)
    if reached is None or expected is None:
        return ()
    excluded = models.excluded.get(reviewed.database, set())
    known = {finding.object for finding in reviewed.review.findings}
    known |= {item.object for item in reviewed.operations if item.id in reviewed.review.hold}
    known |= excluded
    return (
        item for item in compare(reached.catalog, expected)
        if item.notable and not {item.table, item.name} & known and not is_beyond_models(item)
    )  # fmt: skip


# --- a file that is not handed over ------------------------------------------------------------------------------


def _refuse(bench: Bench, files: Sequence[File], findings: Sequence[Finding], tried: Iterable[Tried]) -> None:
    broken = any(_fails_always(each) for each in tried)
    lost = [finding for finding in findings if finding.code == "DT08"]
    if not broken and not lost:
        return
    work = bench.temp.work
    show_findings(work.console, findings)
    kept = work.journal.refused_path
    with written(f"The file {kept}"):
        write_whole(kept, "\n\n".join(file["text"] for file in files))
    why = "fails whatever is in the tables" if broken else "loses rows or values, and nothing in it says so"
    raise Found(
        f"The generated file {why}; it was not written into the project.",
        tip=f"It is kept for a look, until `invoke cleanup`, as {kept}.",
    )


def _fails_always(tried: Tried) -> bool:
    up, empty = tried.executed.up, tried.empty.up if tried.empty else None
    return bool(up and up.failure and (empty is None or empty.failure))
