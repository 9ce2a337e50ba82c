"""generate: autogenerate what is missing, review it, write what is left as new revision files."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrations_tools.autogenerate.options import ChangeHints, GenerateOptions, existing_dump
from migrations_tools.engines.postgres import import_driver
from migrations_tools.errors import CannotProceed, Found
from migrations_tools.files import shown_path, write_whole
from migrations_tools.review.findings import parse_allowances
from migrations_tools.sandbox import select
from migrations_tools.sandbox.protocol import Sandbox
from migrations_tools.sandbox.session import Session, busy, read_standing, with_imports, written

if TYPE_CHECKING:
    from migrations_tools.operations import Operation
    from migrations_tools.report.generate_result import Generated
    from migrations_tools.review.findings import Finding


def generate(
    session: Session,
    message: str = "",
    head: str = "",
    allow: Sequence[str] = (),
    write: bool = True,
    wishes: ChangeHints | None = None,
    data: str = "",
    imports: Sequence[str] = (),
) -> tuple[Generated, ...]:
    """Bring the temp database to head, autogenerate, review, write the file(s); one outcome for each environment.

    With `write` off, files are shown and not written; `imports` are modules whose models are taken in.

    Raises CannotProceed for several heads of which none is named, for an image whose revision files are not the
    project's, for a malformed allowance, for a rename of what is not there; Found for a file whose downgrade() fails.
    """
    read_standing(session, "generate")
    session = _taking_in(session, imports)
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    allowances = parse_allowances([*session.settings.allow, *allow], today)
    wishes = wishes or ChangeHints()
    wish = GenerateOptions(message or session.settings.message, head, allowances, write, wishes, existing_dump(data))
    with session.console.step("Reading what stands", brief=True):
        sandbox = select.of_run(session).reopen()
    with busy(session):
        outcomes: list[Generated] = []
        for number in range(len(sandbox.project.alembic.environments)):
            sandbox.refresh()
            outcomes.append(_one(sandbox, number, wish))
        from migrations_tools.report import record
        from migrations_tools.report.generate_result import show

        record.note(session.journal, session.console.steps, **record.generated_parts(outcomes, session.root))
        _remember_allowed(session, allow)
    show(session.console, outcomes, session.root, allowances)
    filled = {finding.object for outcome in outcomes for finding in outcome.findings if finding.edits}
    for what, paths in (("backfill", wishes.backfills), ("--using", wishes.usings)):
        for path in sorted(set(paths) - filled):
            session.console.say(f"  warning: the {what} of {path} was not needed", style="yellow")
    _refuse_one_way(outcomes)
    return tuple(outcomes)


def _refuse_one_way(outcomes: Sequence[Generated]) -> None:
    """Raise Found for files that were written and cannot be taken back, whatever is in the tables."""
    found = [item for outcome in outcomes if outcome.written for item in outcome.findings]
    broken = [item for item in found if item.code == "DG03" and item.reaches("error")]
    if broken:
        raise Found(
            [f"The file was written, and cannot be taken back: {item.sentence}" for item in broken],
            tip="Mend downgrade() in the file, then run `invoke validate`.",
        )


def _taking_in(session: Session, imports: Sequence[str]) -> Session:
    """Return the session with modules that an option names; the run keeps them for `validate`."""
    own = session.settings.imports
    session.journal.update(imports=tuple(name for name in imports if name not in own))
    return with_imports(session)


def _one(sandbox: Sandbox, number: int, wish: GenerateOptions) -> Generated:
    """Do it for one environment of the project; its file is written before the next one is looked at."""
    outcome = _ask(sandbox, number, wish)
    outcome = outcome.as_written(wish.write and _write(sandbox.session, outcome))
    _remember(sandbox.session, outcome)
    return outcome


def _ask(sandbox: Sandbox, number: int, wish: GenerateOptions) -> Generated:
    with sandbox.session.console.step("Starting a Python where the models are", brief=True):
        probe = sandbox.open_probe()
        probe.begin()
    # Imported while the probe starts: both take their time.
    import_driver()
    from migrations_tools.autogenerate.autogenerate import autogenerate

    with probe:
        return autogenerate(sandbox, probe, number, wish)


def _write(session: Session, outcome: Generated) -> bool:
    paths = [Path(item["path"]) for item in outcome.files]
    taken = [f"{path} exists already; it was not touched." for path in paths if path.exists()]
    if taken:
        raise CannotProceed(taken)
    session.journal.will_make(*(("file", str(path)) for path in paths))
    for item, path in zip(outcome.files, paths, strict=True):
        with written(f"The revision file {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, item["text"])
    return bool(paths)


def _remember(session: Session, outcome: Generated) -> None:
    new = tuple(
        {"revision": item["revision"], "down": item["down"], "path": shown_path(item["path"], session.root)}
        for item in outcome.files
        if outcome.written
    )
    held = tuple(
        {**finding.as_json(), "objects": _held_objects(finding, each.operations), "database": each.database}
        for each in outcome.reviewed
        for finding in each.review.held
    )
    run = session.journal.run
    told = {_told(item) for item in held}
    known = [item for item in run.held if _told(item) not in told]
    session.journal.update(generated=(*run.generated, *new), held=(*known, *held))


def _remember_allowed(session: Session, allow: Sequence[str]) -> None:
    """Note what an option has allowed, which is held back no more."""
    run = session.journal.run
    allowed = (*run.allowed, *allow)
    held = tuple(item for item in run.held if f"{item['code']}:{item['object']}" not in allowed)
    session.journal.update(stage="generated", allowed=allowed, held=held)


def _told(item: Mapping[str, Any]) -> tuple[str, ...]:
    return item["database"], item["code"], item["object"]


def _held_objects(finding: Finding, found: Sequence[Operation]) -> list[str]:
    """Return the objects that stay different from the models because of a finding."""
    return sorted({finding.object, *(item.object for item in found if item.id in finding.operations)})
