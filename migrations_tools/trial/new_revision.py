"""A new revision file, executed before it is handed over: up, down and up again, with rows in every table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrations_tools.catalog import Difference, compare_stated
from migrations_tools.errors import Found
from migrations_tools.files import write_whole
from migrations_tools.proofs.schema import is_beyond_models
from migrations_tools.provenance import Revision
from migrations_tools.report.generate_result import Reviewed
from migrations_tools.report.terminal import show_findings
from migrations_tools.review import assessment, comments
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Allowance, Finding, Review
from migrations_tools.sandbox.session import written
from migrations_tools.trial.models_schema import Models
from migrations_tools.trial.prefilled import Prepared
from migrations_tools.trial.roundtrip import Tried, try_out
from migrations_tools.trial.scratch import ScratchDatabases

File = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Baseline:
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


def execute_new(
    scratch: ScratchDatabases, files: Sequence[File], reviewed: Sequence[Reviewed], baseline: Baseline
) -> ExecutedFiles:
    """Execute new files on scratch databases, and add what is found to what the review has said.

    Raises Found when a file fails whatever is in the tables, or loses rows unsaid: it is kept in the tool's own folder.
    """
    if not files:
        return ExecutedFiles((), tuple(reviewed))
    files = [_with_allowances(file, reviewed) for file in files]
    (migrated,) = scratch.installed
    revisions = [Revision(item["revision"], tuple(item["down"]), item["name"], "", item["text"]) for item in files]
    with scratch.sandbox.session.console.step(
        "Executing the new revision: up, down and up again, with rows in every table"
    ):
        tried = try_out(scratch, migrated, revisions, files, baseline.prepared)
    if len(migrated.heads) > 1:  # the other branches are not on the scratch databases, so that these cannot be complete
        baseline = replace(baseline, models=Models({}, {}))
    judged = [
        _judged(each, tried, replace(baseline, history=[*revisions, *baseline.history]), scratch) for each in reviewed
    ]
    _refuse(scratch, files, [finding for each in judged for finding in each.review.findings], tried)
    notes = (words for each in tried for words in each.unseeded)
    return ExecutedFiles(tuple(files), tuple(judged), tuple(dict.fromkeys(notes)))


def _with_allowances(file: File, reviewed: Iterable[Reviewed]) -> File:
    used = dict.fromkeys(item for each in reviewed for item in each.review.allowed)
    return {**file, "text": comments.write(file["text"], used)}


def _judged(reviewed: Reviewed, tried: Iterable[Tried], baseline: Baseline, scratch: ScratchDatabases) -> Reviewed:
    """Add to the review of one database what its executions have shown."""
    for each in (one for one in tried if one.executed.database == reviewed.database):
        facts = ReviewContext(
            each.operations,
            each.before,
            baseline.models.schemas.get(reviewed.database),
            tuple(baseline.history),
            executed=each.executed,
            empty=each.empty,
            real=scratch.dump is not None,
            left=tuple(_left(each, reviewed, baseline.models)),
            large=frozenset(scratch.sandbox.session.settings.large_tables),
        )
        found = assessment.measured(facts, baseline.allowances)
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
        review, findings=(*left, *fresh), allowed=used, unused=tuple(item for item in review.unused if item not in used)
    )


def _left(tried: Tried, reviewed: Reviewed, models: Models) -> Iterable[Difference]:
    """Return what differs from the models after the upgrade, beyond what the review has spoken of."""
    reached, expected = tried.further.after_up, models.schemas.get(reviewed.database)
    if reached is None or expected is None:
        return ()
    excluded = models.excluded.get(reviewed.database, set())
    known = {finding.object for finding in reviewed.review.findings}
    known |= {item.object for item in reviewed.operations if item.id in reviewed.review.hold}
    known |= excluded
    return (
        item
        for item in compare_stated(reached.catalog, expected)
        if item.notable and not {item.table, item.name} & known and not is_beyond_models(item)
    )


# --- a file that is not handed over ------------------------------------------------------------------------------


def _refuse(
    scratch: ScratchDatabases, files: Sequence[File], findings: Sequence[Finding], tried: Iterable[Tried]
) -> None:
    broken = any(_fails_always(each) for each in tried)
    lost = [finding for finding in findings if finding.code == "DT08"]
    if not broken and not lost:
        return
    session = scratch.sandbox.session
    show_findings(session.console, findings)
    kept = session.journal.refused_path
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
