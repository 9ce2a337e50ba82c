"""generate: autogenerate what is missing, review it, write what is left as new revision files."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_tools import operations
from migrations_tools.discovery.project import Project
from migrations_tools.errors import CannotProceed
from migrations_tools.files import sha256, write_whole
from migrations_tools.journal import Run
from migrations_tools.operations import Operation
from migrations_tools.report.record import show_findings
from migrations_tools.review import drops
from migrations_tools.review.findings import Allowance, Finding, Review, parse_allowances
from migrations_tools.review.provenance import Revision
from migrations_tools.secrets import masked
from migrations_tools.steps import engines
from migrations_tools.steps.history import read_history, require_single_head
from migrations_tools.steps.temp import Temp
from migrations_tools.steps.work import Work, busy, standing_run, written


@dataclass(frozen=True, slots=True)
class Generated:
    """What came of it: the files as (path, text, revision), what they do, and the review."""

    files: tuple[Mapping[str, Any], ...]
    operations: tuple[Operation, ...]
    review: Review
    notes: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[Operation, ...]:
        """The operations that went into the file."""
        return tuple(item for item in self.operations if item.id not in self.review.hold)

    def held_objects(self, finding: Finding) -> list[str]:
        """Give the objects that stay different from the models because of a finding."""
        return sorted({finding.object, *(item.object for item in self.operations if item.id in finding.operations)})


def generate(work: Work, message: str, allow: Sequence[str], write: bool = True) -> Generated:
    """Bring the temp database to head, autogenerate, review, write the file(s).

    With `write` off, the file is shown and not written. Raises CannotProceed for several heads, for an image
    whose revision files are not the project's, for a malformed allowance.
    """
    run = standing_run(work, "generate")
    allowances = parse_allowances(
        [*work.settings.allow, *allow], datetime.datetime.now(tz=datetime.timezone.utc).date()
    )
    temp = engines.reopen(work, run)
    with busy(work, run) as run:
        run = temp.refresh(run)
        with work.console.step("Comparing the models with the database"):
            run, outcome = _ask(temp, run, message or work.settings.message, allowances)
        run, paths = _write(work, run, outcome) if write else (run, [])
        _remember(work, run, outcome, paths)
    _show(work, outcome, paths)
    return outcome


def _ask(temp: Temp, run: Run, message: str, allowances: Sequence[Allowance]) -> tuple[Run, Generated]:
    run, probe = temp.open_probe(run)
    target = temp.target(run)
    with probe:
        hello = probe.ask(target.request("hello"), "reading the Alembic configuration")
        _same_files(temp.project, hello)
        require_single_head(hello["heads"])
        probe.ask(target.request("upgrade"), "upgrading the temp database to head")
        history = read_history(probe, target)
        asked = _Reviewer(history, allowances, message)
        request = target.request("revision", message=message)
        answer = probe.ask(request, "autogenerating", asked.answer)
    files = tuple(_placed(temp.project, item) for item in answer["files"])
    return run, Generated(files, asked.operations, asked.review, _notes(answer))


@dataclass(slots=True)
class _Reviewer:
    """Answers the probe's question in the middle of autogenerate; keeps what was asked and said."""

    history: Sequence[Revision]
    allowances: Sequence[Allowance]
    message: str
    operations: tuple[Operation, ...] = ()
    review: Review = field(default_factory=lambda: Review(frozenset(), (), (), ()))

    def answer(self, _question: str, value: Any) -> Mapping[str, Any]:
        self.operations = operations.parse(value)
        self.review = drops.review(self.operations, self.history, self.allowances)
        kept = [item for item in self.operations if item.id not in self.review.hold]
        return {"hold": sorted(self.review.hold), "message": self.message or operations.message_for(kept)}


def _same_files(project: Project, hello: Mapping[str, Any]) -> None:
    """Refuse an image whose revision files are not those of the project: what it generates would not fit."""
    folders = project.versions
    if len(folders) != len(hello["locations"]):
        raise CannotProceed(
            f"Alembic in the image knows {len(hello['locations'])} versions folders, the project {len(folders)}.",
            tip="Set `versions` to the folders on this machine, in Alembic's order.",
        )
    reasons = []
    for folder, location in zip(folders, hello["locations"], strict=True):
        here = {path.name: sha256(path) for path in folder.glob("*.py")}
        reasons += [
            f"{folder / name} is not the same file in the image ({location['path']})."
            for name in sorted(_differing(here, location["files"]))
        ]
    if reasons:
        raise CannotProceed(
            reasons,
            tip="Is a folder left out by .dockerignore, or mounted over? Set `versions` if it is another folder.",
        )


def _differing(here: Mapping[str, str], there: Mapping[str, str]) -> set[str]:
    return {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}


def _placed(project: Project, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a file with its path on this machine; a name that would leave the versions folder is refused."""
    folder = project.versions[item["location"]]
    path = (folder / item["name"]).resolve()
    if folder.resolve() not in path.parents:
        raise CannotProceed(f"Alembic named the new file {item['name']!r}, which is outside {folder}.")
    return {**item, "path": str(path)}


def _notes(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what the probe mended in the file, and which of the project's own write hooks failed."""
    enums = answer["enums"]
    return (
        *(f"enum type {name}: created first in upgrade(), dropped last in downgrade()" for name in enums["created"]),
        *(f"enum type {name}: exists already, not created again" for name in enums["reused"]),
        *(f"constraint {name}: had no name, got the one that PostgreSQL would choose" for name in answer["named"]),
        *(f"warning: the write hook {hook['name']} failed: {masked(hook['error'])}" for hook in answer["hooks"]),
    )


def _write(work: Work, run: Run, outcome: Generated) -> tuple[Run, list[Path]]:
    paths = [Path(item["path"]) for item in outcome.files]
    taken = [f"{path} exists already; it was not touched." for path in paths if path.exists()]
    if taken:
        raise CannotProceed(taken)
    run = work.journal.will_make(run, *(("file", str(path)) for path in paths))
    for item, path in zip(outcome.files, paths, strict=True):
        with written(f"The revision file {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, item["text"])
    return run, paths


def _remember(work: Work, run: Run, outcome: Generated, paths: Sequence[Path]) -> None:
    written = zip(outcome.files, paths, strict=True) if paths else ()
    new = tuple(
        {"revision": item["revision"], "down": item["down"], "path": _shown(path, work.root)} for item, path in written
    )
    held = tuple({**finding.as_json(), "objects": outcome.held_objects(finding)} for finding in outcome.review.findings)
    steps = (*run.steps, *work.console.steps)
    work.journal.update(run, stage="generated", generated=(*run.generated, *new), held=held, steps=steps)


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if root in path.parents else str(path)


def _show(work: Work, outcome: Generated, paths: Sequence[Path]) -> None:
    console = work.console
    show_findings(console, outcome.review.findings)
    for allowance in outcome.review.allowed:
        console.say(f"  allowed: {allowance.words()} {allowance.reason}".rstrip())
    for allowance in outcome.review.unused:
        console.say(f"  warning: the allowance {allowance.words()} was not needed; remove it", style="yellow")
    if not outcome.files:
        console.say(
            "Nothing is missing: no file was written."
            if not outcome.review.findings
            else "Nothing else is missing: no file was written.",
            style="green",
        )
        return
    for item in outcome.kept:
        console.say(f"  {item.summary()}")
    for note in outcome.notes:
        console.say(f"  {note}")
    for file in outcome.files:
        verb = "Wrote" if paths else "Would write"
        console.say(f"{verb} {_shown(Path(file['path']), work.root)}", style="bold green")
        console.code(file["text"], "python")
    console.say("Next: invoke validate")
