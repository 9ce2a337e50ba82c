"""A new revision file, executed before it is handed over: up, down and up again, with rows in every table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_tools.catalog import Catalog, Difference, compare_stated, is_beyond_models
from migrations_tools.errors import Found
from migrations_tools.files import write_whole
from migrations_tools.provenance import Revision
from migrations_tools.report.generate_result import Reviewed
from migrations_tools.report.terminal import show_findings
from migrations_tools.review import assessment, comments
from migrations_tools.review.analysis.completions import CERTAIN
from migrations_tools.review.analysis.coverage import reads_retyped
from migrations_tools.review.analysis.failures import failed_operation, is_concurrently, told
from migrations_tools.review.analysis.sql_keywords import shown
from migrations_tools.review.context import Reached, ReviewContext, Unrunnable, table_name
from migrations_tools.review.findings import Allowance, Review
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
    tried: tuple[Tried, ...] = ()
    #: What stopped a file whatever was in the tables, and where one led that came up; by database.
    stopped: Mapping[str, Unrunnable] = field(default_factory=dict)
    reached: Mapping[str, Reached] = field(default_factory=dict)


def execute_new(
    scratch: ScratchDatabases, files: Sequence[File], reviewed: Sequence[Reviewed], baseline: Baseline
) -> ExecutedFiles:
    """Execute new files on scratch databases, and add what is found to what the review has said."""
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
    notes = (words for each in tried for words in each.unseeded)
    return ExecutedFiles(
        tuple(files),
        tuple(judged),
        tuple(dict.fromkeys(notes)),
        tried,
        {each.executed.database: found for each in tried if (found := _unrunnable(each))},
        dict(_reached(tried, reviewed, baseline.models)),
    )


def _unrunnable(tried: Tried) -> Unrunnable | None:
    """Return what stopped upgrade() where it fails with rows in the tables and without."""
    run = (tried.empty or tried.executed).up if _fails_always(tried) else None
    if run is None or run.failure is None or is_concurrently(run.failure):
        return None
    said, state = told(run.failure), run.failure.sqlstate
    return Unrunnable(failed_operation(run), run.failure.statement, said, bool(state), state)


def _reached(tried: Iterable[Tried], reviewed: Sequence[Reviewed], models: Models) -> Iterator[tuple[str, Reached]]:
    """Yield where a file led to that came up and down, for each database on which something still differs."""
    by_name = {each.database: each for each in reviewed}
    for each in tried:
        name, after = each.executed.database, each.further.after_up
        left = tuple(_left(each, by_name[name], models)) if name in by_name else ()
        facts = ReviewContext(before=after.catalog if after else Catalog(), after=models.schemas.get(name))
        certain = tuple(item for item in left if any(complete(facts, item) for complete in CERTAIN))
        if certain:
            yield name, Reached(facts.before, certain)


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
    held = [item for item in reviewed.operations if item.id in reviewed.review.hold]
    named = {finding.object for finding in reviewed.review.findings} | {item.object for item in held if item.name}
    whole = excluded | {item.object for item in held if item.kind in _OF_TABLES} | _tables_held(reviewed)
    return (
        item
        for item in compare_stated(reached.catalog, expected)
        if item.notable
        and item.table not in whole
        and item.name not in named | excluded
        and not is_beyond_models(item)
        and not reads_retyped(item, (each for each in held if each.table and table_name(each) == item.table))
    )


_OF_TABLES = ("create_table", "drop_table")


def _tables_held(reviewed: Reviewed) -> set[str]:
    """Return the tables that a finding holds back as a whole; a note on a table says nothing of its parts."""
    tables = {table_name(item) for item in reviewed.operations}
    return {finding.object for finding in reviewed.review.held if finding.object in tables and not finding.operations}


# --- a file that is not handed over ------------------------------------------------------------------------------


def refuse_broken(scratch: ScratchDatabases, executed: ExecutedFiles) -> None:
    """Raise Found for a file that fails whatever is in the tables, or loses rows unsaid: it is kept for a look."""
    findings = [finding for each in executed.reviewed for finding in each.review.findings]
    broken = [each for each in executed.tried if _fails_always(each)]
    lost = [finding for finding in findings if finding.code == "DT08"]
    if not broken and not lost:
        return
    session = scratch.sandbox.session
    show_findings(session.console, findings)
    kept = session.journal.refused_path
    with written(f"The file {kept}"):
        write_whole(kept, "\n\n".join(file["text"] for file in executed.files), mode=0o600)
    why = (
        f"fails whatever is in the tables{_where(broken[0])}"
        if broken
        else "loses rows or values, and nothing in it says so"
    )
    raise Found(
        f"The generated file {why}; it was not written into the project.",
        tip=f"It is kept for a look, until `invoke cleanup`, as {kept}.",
    )


def _where(tried: Tried) -> str:
    run = (tried.empty or tried.executed).up
    failure = run.failure if run else None
    return f" (line {failure.line}: {shown(failure.statement) or failure.message})" if failure else ""


def _fails_always(tried: Tried) -> bool:
    up, empty = tried.executed.up, tried.empty.up if tried.empty else None
    return bool(up and up.failure and (empty is None or empty.failure))
