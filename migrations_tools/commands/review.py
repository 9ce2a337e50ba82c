"""review: look at revision files that exist, by executing them on scratch databases."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrations_tools.autogenerate import base_branch
from migrations_tools.autogenerate.autogenerate import same_files
from migrations_tools.autogenerate.options import existing_dump
from migrations_tools.autogenerate.sources import sources_with
from migrations_tools.commands.cleanup import cleanup
from migrations_tools.commands.isolate import isolate
from migrations_tools.discovery.alembic import Environment
from migrations_tools.errors import CannotProceed, Found
from migrations_tools.inapp.answers import heads, standings
from migrations_tools.provenance import Revision
from migrations_tools.report import record
from migrations_tools.report.review_result import ByHand, File, show
from migrations_tools.review import assessment, comments
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import SEVERITIES, Allowance, Finding, parse_allowances
from migrations_tools.review.lineage import BaseHistory, Lineage, read_file
from migrations_tools.sandbox import select
from migrations_tools.sandbox.protocol import Sandbox, targets
from migrations_tools.sandbox.revision_history import read_history
from migrations_tools.sandbox.session import Session, busy, read_standing
from migrations_tools.trial.install import Migrated
from migrations_tools.trial.record_parts import versions
from migrations_tools.trial.roundtrip import Tried, try_out
from migrations_tools.trial.scratch import ScratchDatabases


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """What is reviewed: files by path, name or revision; all after a revision or commit; what is allowed; rows."""

    files: tuple[str, ...]
    since: str
    allowances: tuple[Allowance, ...]
    dump: Path | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The revisions to review, oldest first, why these, and the base branch's history where there is one."""

    revisions: tuple[Revision, ...]
    words: str
    base: BaseHistory | None = None


def review(
    session: Session, files: Sequence[str] = (), since: str = "", allow: Sequence[str] = (), data: str = ""
) -> None:
    """Review revision files; a temp stack that stands is used and left standing.

    Raises Found when a finding reaches the setting `threshold`, CannotProceed for a file or revision that is not there
    and for a malformed or expired allowance.
    """
    if session.dry:
        isolate(session)
        return
    wish = ReviewOptions(
        tuple(files), since, parse_allowances([*session.settings.allow, *allow], _today()), existing_dump(data)
    )
    standing = session.journal.read() is not None
    try:
        if not standing:
            with session.console.aside():
                isolate(session, database_alone=True)
        outcomes = _review(session, wish)
    finally:
        if not standing:
            with session.console.aside():
                cleanup(session)
    show(session.console, outcomes)
    if not any(outcome.files for outcome in outcomes):
        session.console.result("– nothing was executed", style="yellow")
    _tell_unused(session, outcomes, parse_allowances(allow, _today()))
    judge(session, [finding for outcome in outcomes for finding in outcome.findings])


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.timezone.utc).date()


def _tell_unused(session: Session, outcomes: Iterable[ByHand], given: Iterable[Allowance]) -> None:
    """Warn of options that served nothing; what the settings allow may be there for `generate`."""
    used = [item for outcome in outcomes for item in (*outcome.allowed, *_of_files(outcome))]
    for item in given:
        if item not in used:
            session.console.say(f"  warning: the allowance {item.words()} was not needed; remove it", style="yellow")


def _of_files(outcome: ByHand) -> list[Allowance]:
    return [item for file in outcome.files for item in file.allowed]


def judge(session: Session, findings: Sequence[Finding]) -> None:
    """Report that nothing is grave enough. Raises Found, with each object, when something is."""
    threshold = session.settings.threshold
    grave = [finding for finding in findings if finding.reaches(threshold)]
    if grave:
        named = ", ".join(dict.fromkeys(f"{finding.code}:{finding.object}" for finding in grave))
        raise Found(
            f"{len(grave)} finding{'' if len(grave) == 1 else 's'} at or above `{threshold}`: {named}.",
            tip="What is meant can be allowed in the file: # migrations: allow CODE object -- reason",
        )
    counted = ", ".join(f"{len(some)} {name}" for name in SEVERITIES if (some := _of(findings, name)))
    session.console.result(
        f"Nothing at or above `{threshold}`{f' ({counted})' if counted else ''}.", style="bold green"
    )


def _of(findings: Sequence[Finding], severity: str) -> list[Finding]:
    return [finding for finding in findings if (finding.severity or "info") == severity]


def _review(session: Session, wish: ReviewOptions) -> list[ByHand]:
    read_standing(session, "review")
    with session.console.step("Reading what stands", brief=True):
        stage, sandbox = session.journal.run.stage, select.of_run(session).reopen()
    outcomes = []
    with busy(session):
        for number in range(len(sandbox.project.alembic.environments)):
            sandbox.refresh()
            outcomes.append(_one(sandbox, number, wish))
        session.journal.update(stage=stage)
    chosen = [file for outcome in outcomes for file in outcome.files]
    missing = [name for name in wish.files if not any(_is(name, file.revision) for file in chosen)]
    if missing:
        raise CannotProceed([f"{name!r} is no revision file of this project." for name in missing])
    return outcomes


def _one(sandbox: Sandbox, number: int, wish: ReviewOptions) -> ByHand:
    """Review the files of one environment of the project."""
    environment, target = (
        sandbox.project.alembic.environments[number],
        targets(sandbox.project, sandbox.session.journal.run.token)[number],
    )
    with sandbox.session.console.step("Starting a Python where the models are", brief=True):
        probe = sandbox.open_probe()
    with probe:
        hello = probe.ask(target.request("hello"), "reading the Alembic configuration")
        same_files(environment, hello)
        ends = heads(hello)
        history = read_history(probe, target)
        choice = choose(sandbox.session, environment, history, wish)
        found = standings(probe.ask(target.request("current"), "asking the database where it stands"))
        migrated = Migrated(environment, target, ends, found)
        scratch = ScratchDatabases(sandbox, probe, sandbox.server(), (migrated,), wish.dump)
        tried = _try(scratch, migrated, choice.revisions)
    lineage = Lineage(
        _on_disk(environment, history),
        frozenset(each.revision for each in choice.revisions),
        ends.revisions,
        ends.labels,
        choice.base,
        sources_with(sandbox.session.root, "create_all"),
    )
    of_history = assessment.measured(ReviewContext(lineage=lineage), wish.allowances)
    large = frozenset(sandbox.session.settings.large_tables)
    files = [_file(each, choice.revisions, history, wish, large) for each in tried]
    outcome = ByHand(environment.section, choice.words, tuple(_once(files)), of_history.findings, of_history.allowed)
    _note(sandbox, outcome, history, versions(sandbox, hello))
    return outcome


def _try(scratch: ScratchDatabases, migrated: Migrated, revisions: Sequence[Revision]) -> tuple[Tried, ...]:
    if not revisions:
        return ()
    what = revisions[0].file if len(revisions) == 1 else f"{len(revisions)} revisions"
    with scratch.sandbox.session.console.step(f"Executing {what}: up, down and up again, with rows in every table"):
        return try_out(scratch, migrated, revisions)


def _on_disk(environment: Environment, history: Sequence[Revision]) -> tuple[Revision, ...]:
    """Return the history, and the files beside it that claim to be revisions."""
    known = {each.file for each in history}
    paths = [path for folder in environment.versions for path in sorted(folder.glob("*.py")) if path.name not in known]
    found = (read_file(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in paths)
    return (*history, *(each for each in found if each))


# --- which files -------------------------------------------------------------------------------------------------


def choose(session: Session, environment: Environment, history: Sequence[Revision], wish: ReviewOptions) -> Choice:
    """Decide what is reviewed: what is named, what comes after `since`, what the base branch does not have."""
    ids = {each.revision for each in history}
    after = next((name for name in ids if wish.since and name.startswith(wish.since)), "")
    branch = base_branch.find(session, "" if after else wish.since)
    base = base_branch.read(branch, environment) if branch else None
    if wish.files:
        chosen = [each for each in history if any(_is(name, each) for name in wish.files)]
        words = f"Reviewing {_counted(chosen)}."
    elif after:
        chosen = _after(history, after)
        words = f"Reviewing {_counted(chosen)} after {after}."
    elif base:
        chosen = base_branch.new(history, base)
        words = f"Reviewing {_counted(chosen)} that {base.name} does not have."
    else:
        chosen = list(history[:1])
        words = f"Reviewing the newest revision alone: {_no_base(session)}."
    return Choice(tuple(reversed(chosen)), words, base)


def _no_base(session: Session) -> str:
    inside = base_branch.in_repository(session)
    return "no base branch was found (the setting `base_branch`)" if inside else "the project is in no git repository"


def _counted(chosen: Sequence[Revision]) -> str:
    return f"{len(chosen) or 'no'} revision{'' if len(chosen) == 1 else 's'}"


def _is(name: str, revision: Revision) -> bool:
    return revision.file == Path(name).name or revision.revision == name


def _after(history: Sequence[Revision], start: str) -> list[Revision]:
    """Return the revisions that are neither the one named nor any that it stands on."""
    known, below, left = {each.revision: each for each in history}, {start}, [start]
    while left:
        fresh = set(known[left.pop()].down) - below
        below |= fresh
        left += fresh & set(known)
    return [each for each in history if each.revision not in below]


# --- what is said of them ----------------------------------------------------------------------------------------


def _file(
    tried: Tried, revisions: Sequence[Revision], history: Sequence[Revision], wish: ReviewOptions, large: frozenset[str]
) -> File:
    revision = next(each for each in revisions if each.revision == tried.executed.revision)
    own = allowances_in(revision)
    facts = ReviewContext(
        tried.operations,
        tried.before,
        None,
        tuple(history),
        executed=tried.executed,
        empty=tried.empty,
        large=large,
        by_hand=True,
        real=wish.dump is not None,
    )
    judged = assessment.measured(facts, [*own, *wish.allowances])
    unused = tuple(item for item in judged.unused if item in own)
    return File(
        revision,
        tried.executed.database,
        len(tried.operations),
        judged.findings,
        judged.allowed,
        unused,
        tried.unseeded,
    )


def allowances_in(revision: Revision) -> tuple[Allowance, ...]:
    """Read a file's own allowances. Raises CannotProceed when one cannot be read, or has expired."""
    found = comments.comments(revision.source)
    reasons = [
        f"{revision.file}:{each.line}: `# migrations: {each.text}` must read"
        " `# migrations: allow CODE object -- reason`."
        for each in found
        if each.allowance is None
    ]
    given: list[Allowance] = []
    for each in found:
        try:
            given += parse_allowances([each.allowance] if each.allowance else [], _today())
        except CannotProceed as error:
            reasons += [f"{revision.file}:{each.line}: {reason}" for reason in error.reasons]
    if reasons:
        raise CannotProceed(reasons)
    return tuple(given)


def _once(files: Sequence[File]) -> Iterable[File]:
    """Leave out of each file what an earlier one said in the same words: a history that cannot be replayed."""
    said: set[tuple[str, tuple[str, ...]]] = set()
    for file in files:
        fresh = [each for each in file.findings if each.code != "HX04" or (each.code, each.evidence) not in said]
        said |= {(each.code, each.evidence) for each in fresh}
        yield File(
            file.revision,
            file.database,
            file.operations,
            tuple(fresh),
            file.allowed,
            file.unused,
            file.unseen if fresh or not file.findings else (*file.unseen, "its beginning was not reached"),
        )


def _note(sandbox: Sandbox, outcome: ByHand, history: Sequence[Revision], known: dict[str, str]) -> None:
    texts = {each.file: each.source for each in history}
    place = {"section": outcome.section}
    findings = [record.finding_json(item, texts) | place | {"database": ""} for item in outcome.history]
    findings += [
        record.finding_json(item, texts) | place | {"database": file.database}
        for file in outcome.files
        for item in file.findings
    ]
    used = [
        {"code": item.code, "object": item.object, "reason": item.reason, "used": True}
        for item in (*outcome.allowed, *_of_files(outcome))
    ]
    session = sandbox.session
    record.note(session.journal, session.console.steps, findings=findings, allowances=used, versions=known)
