"""generate: autogenerate what is missing, review it, write what is left as new revision files."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrations_tools import operations
from migrations_tools.catalog import Catalog, extension_tables
from migrations_tools.discovery.alembic import Environment
from migrations_tools.engines.postgres import import_driver, querying
from migrations_tools.errors import CannotProceed
from migrations_tools.files import sha256, write_whole
from migrations_tools.inapp.answers import Heads, Standing, heads, standings
from migrations_tools.inapp.client import Probe, ProbeError, Target
from migrations_tools.journal import Run
from migrations_tools.operations import Operation
from migrations_tools.report import record
from migrations_tools.report.generated import Generated, Reviewed, show, shown_path
from migrations_tools.review import verdict
from migrations_tools.review.facts import Facts, Mended, Wishes
from migrations_tools.review.findings import Allowance, Finding, parse_allowances
from migrations_tools.review.renames import unmet
from migrations_tools.secrets import masked
from migrations_tools.steps import engines
from migrations_tools.steps.bench import Bench, Models, models_of
from migrations_tools.steps.executing import Ground, execute_new
from migrations_tools.steps.history import head_to_extend, read_history
from migrations_tools.steps.install import Migrated
from migrations_tools.steps.prepared import prepare
from migrations_tools.steps.recording import versions
from migrations_tools.steps.surroundings import Surroundings
from migrations_tools.steps.temp import Temp, targets
from migrations_tools.steps.trips import WITH_ROWS
from migrations_tools.steps.wishes import existing_dump
from migrations_tools.steps.work import Work, busy, standing_run, written


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants of `generate`: a message, the head to stand on, the drops that are meant, files or not.

    `wishes` are what the review is told of the change, `dump` has rows to execute the file with.
    """

    message: str
    head: str
    allowances: Sequence[Allowance]
    write: bool
    wishes: Wishes = field(default_factory=Wishes)
    dump: Path | None = None


def generate(
    work: Work,
    message: str = "",
    head: str = "",
    allow: Sequence[str] = (),
    write: bool = True,
    wishes: Wishes | None = None,
    data: str = "",
) -> tuple[Generated, ...]:
    """Bring the temp database to head, autogenerate, review, write the file(s); one outcome for each environment.

    With `write` off, files are shown and not written. Raises CannotProceed for several heads of which none is
    named, for an image whose revision files are not the project's, for a malformed allowance, for a rename of what is
    not there.
    """
    run = standing_run(work, "generate")
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    allowances = parse_allowances([*work.settings.allow, *allow], today)
    wishes = wishes or Wishes()
    wish = Wish(message or work.settings.message, head, allowances, write, wishes, existing_dump(data))
    with work.console.step("Reading what stands", brief=True):
        temp = engines.reopen(work, run)
    with busy(work, run) as run:
        outcomes: list[Generated] = []
        for number in range(len(temp.project.alembic.environments)):
            run = temp.refresh(run)
            run, outcome = _one(temp, run, number, wish)
            outcomes.append(outcome)
        record.note(
            work.journal, run, work.console.steps, **record.generated_parts(outcomes, work.root),
        )  # fmt: skip
        run = work.journal.update(run, stage="generated")
    show(work.console, outcomes, work.root, allowances)
    filled = {finding.object for outcome in outcomes for finding in outcome.findings if finding.edits}
    for path in sorted(set(wishes.backfills) - filled):
        work.console.say(f"  warning: the backfill of {path} was not needed", style="yellow")
    return tuple(outcomes)


def _one(temp: Temp, run: Run, number: int, wish: Wish) -> tuple[Run, Generated]:
    """Do it for one environment of the project; its file is written before the next one is looked at."""
    run, outcome = _ask(temp, run, number, wish)
    run, written = _write(temp.work, run, outcome) if wish.write else (run, False)
    outcome = outcome.as_written(written)
    return _remember(temp.work, run, outcome), outcome


def _ask(temp: Temp, run: Run, number: int, wish: Wish) -> tuple[Run, Generated]:
    environment, target = temp.project.alembic.environments[number], targets(temp.project, run)[number]
    words = f" of [{environment.section}]" if environment.section else ""
    console = temp.work.console
    with console.step("Starting a Python where the models are", brief=True):
        run, probe = temp.open_probe(run)
        import_driver()
    with probe, ExitStack() as standing, ExitStack() as comparing:
        comparing.enter_context(console.step(f"Comparing the models{words} with the database"))
        hello = probe.ask(target.request("hello"), "reading the Alembic configuration")
        same_files(environment, hello)
        ends = heads(hello)
        head = head_to_extend(ends, wish.head) if wish.write or wish.head else (ends.revisions or ("head",))[0]
        standings = _to_the_heads(probe, target, ends, temp.work.settings.install_command)
        installed = Migrated(environment, target, ends.revisions, standings)
        bench = Bench(temp, run, probe, temp.server(run), (installed,), wish.dump)
        # Of several heads one is extended: the others are not what it begins on.
        prepared = prepare(bench, WITH_ROWS) if len(ends.revisions) <= 1 else None
        standing.push(prepared or ExitStack())
        asked = _Reviewer(bench, wish)
        request = target.request("revision", message=wish.message, head=head)
        answer = probe.ask(request, "autogenerating", asked.answer)
        run = asked.run
        asked.refuse_unmet()
        files = tuple(_placed(environment, item) for item in answer["files"])
        comparing.close()
        executed = execute_new(asked.bench, files, asked.reviewed, replace(asked.ground, prepared=prepared))
    notes = (*_notes(answer), *asked.unseen, *executed.notes)
    return run, Generated(
        environment.section, executed.files, executed.reviewed, notes, _mended(answer), history=asked.history,
        versions=versions(temp, hello),
    )  # fmt: skip


def _to_the_heads(probe: Probe, target: Target, ends: Heads, install: str) -> tuple[Standing, ...]:
    """Bring the temp database to the history's heads; say where each database stands then.

    Raises CannotProceed when Alembic says that it did and the database is not there.
    """
    try:
        answer = probe.ask(target.request("upgrade"), "upgrading the temp database to head")
    except ProbeError as error:
        if not install:
            raise
        raise CannotProceed([*error.reasons, _NOT_REPLAYABLE.format(install)], tip=_BY_HAND) from error
    found = standings(answer)
    behind = [item for item in found if set(item.current) != set(ends.revisions)]
    if behind:
        raise CannotProceed(
            [f"`upgrade heads` ended well, and the database {item.database} stands at"
             f" {', '.join(item.current) or 'no revision'} instead of {', '.join(ends.revisions)}." for item in behind],
            tip="Does env.py commit what it does, and does it run the migrations on the connection that it configures?",
        )  # fmt: skip
    return found


_NOT_REPLAYABLE = (
    "The history cannot be replayed, and `{}` (the setting `install_command`) makes the database from the models"
    " themselves: in a database that is made that way nothing can be missing, so there is nothing to compare with."
)
_BY_HAND = "`invoke validate` proves the fresh install all the same. A migration for databases that exist is not found."


class _Reviewer:
    """Answers the probe's question in the middle of autogenerate, once for each database; keeps what was said.

    `unseen` says what could not be looked at, and why.
    """

    def __init__(self, bench: Bench, wish: Wish) -> None:
        """Read what the review needs to know before autogenerate begins."""
        self.bench = bench
        self.wish = wish
        self.reviewed: list[Reviewed] = []
        self._facts: list[Facts] = []
        self.unseen: tuple[str, ...] = ()
        (migrated,) = bench.installed
        self.history = read_history(bench.probe, migrated.target)
        self._before: dict[str, Catalog] = {}
        self._members: dict[str, Mapping[str, str]] = {}
        self._version = 0
        for name in bench.databases:
            self._look_at(name)
        self._models = self._read_models(bench)
        self._around = Surroundings(bench, self._before)

    @property
    def run(self) -> Run:
        """The run as it stands after the questions."""
        return self._around.run

    def _look_at(self, database: str) -> None:
        with self.bench.server.connect(database) as connection:
            query = querying(connection)
            self._before[database] = self.bench.schema(query)
            self._members[database] = extension_tables(query)
            self._version = connection.info.server_version

    def _read_models(self, bench: Bench) -> Models:
        try:
            return models_of(bench, self._before)
        except (ProbeError, CannotProceed) as error:
            self.unseen = (_UNSEEN.format(error.reasons[0]),)
            return Models({}, {})

    @property
    def ground(self) -> Ground:
        """Give what the file that comes of it is judged by when it has been executed."""
        return Ground(self.history, self._models, self.wish.allowances)

    def answer(self, _question: str, value: Any) -> Mapping[str, Any]:
        """Judge what was found on one database."""
        found, database = operations.parse(value["operations"]), value["database"]
        facts = self._gathered(found, database)
        self._facts.append(facts)
        review = verdict.review(facts, self.wish.allowances)
        self.reviewed.append(Reviewed(database, found, review))
        kept = [item for each in self.reviewed for item in each.kept]
        return {
            "hold": sorted(review.hold), "edits": [edit.as_json() for edit in review.edits],
            "message": self.wish.message or operations.message_for(kept),
        }  # fmt: skip

    def _gathered(self, found: tuple[Operation, ...], database: str) -> Facts:
        """Gather what the rules may look at; what is costly only where something would be dropped."""
        facts = Facts(
            found, self._before.get(database, Catalog()), self._models.schemas.get(database), self.history,
            frozenset(self._models.excluded.get(database, ())), self.wish.wishes,
            server_version=self._version, members=self._members.get(database, {}),
        )  # fmt: skip
        if any(item.is_drop for item in found):
            facts = replace(facts, base=self._around.base(database), sources=self._around.sources(found))
        if any(item.kind == "drop_table" for item in found):
            facts = replace(facts, modules=self._around.modules())
        return facts

    def refuse_unmet(self) -> None:
        """Raise CannotProceed for renames that no database has anything for, with the reason for each."""
        wishes = self.wish.wishes
        if not (wishes.renames or wishes.table_renames):
            return
        told = [set(unmet(facts)) for facts in self._facts or [Facts(wishes=wishes)]]
        reasons = sorted(set.intersection(*({_of(reason) for reason in each} for each in told)))
        if reasons:
            said = {_of(reason): reason for each in told for reason in each}
            raise CannotProceed([said[reason] for reason in reasons], tip="Nothing was written.")


def _of(reason: str) -> str:
    """Give the option that a reason is about."""
    return reason.partition(":")[0]


_UNSEEN = (
    "warning: the models' own schema could not be made on a scratch database, so that nothing is known of what"
    " autogenerate does not see: {}"
)


def same_files(environment: Environment, hello: Mapping[str, Any]) -> None:
    """Refuse an image whose revision files are not those of the project: what it generates would not fit."""
    folders = environment.versions
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


def _placed(environment: Environment, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a file with its path on this machine; a name that would leave the versions folder is refused."""
    folder = environment.versions[item["location"]]
    path = (folder / item["name"]).resolve()
    if folder.resolve() not in path.parents:
        raise CannotProceed(f"Alembic named the new file {item['name']!r}, which is outside {folder}.")
    return {**item, "path": str(path)}


def _notes(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which of the project's own write hooks failed."""
    return (*(f"warning: the write hook {hook['name']} failed: {masked(hook['error'])}" for hook in answer["hooks"]),)


def _mended(answer: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Say what the probe mended in the file."""
    if not answer["files"]:
        return ()
    imported = dict.fromkeys(name for file in answer["files"] for name in file["imported"])
    enums = {key: tuple(found) for key, found in answer["enums"].items()}
    mended = Mended(**enums, named=tuple(answer["named"]), imported=tuple(imported), distinct=tuple(answer["distinct"]))
    return verdict.review(Facts(mended=mended)).findings


def _write(work: Work, run: Run, outcome: Generated) -> tuple[Run, bool]:
    paths = [Path(item["path"]) for item in outcome.files]
    taken = [f"{path} exists already; it was not touched." for path in paths if path.exists()]
    if taken:
        raise CannotProceed(taken)
    run = work.journal.will_make(run, *(("file", str(path)) for path in paths))
    for item, path in zip(outcome.files, paths, strict=True):
        with written(f"The revision file {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, item["text"])
    return run, bool(paths)


def _remember(work: Work, run: Run, outcome: Generated) -> Run:
    new = tuple(
        {"revision": item["revision"], "down": item["down"], "path": shown_path(item["path"], work.root)}
        for item in outcome.files
        if outcome.written
    )
    held = tuple(
        {**finding.as_json(), "objects": _held_objects(finding, each.operations), "database": each.database}
        for each in outcome.reviewed
        for finding in each.review.held
    )
    known = [item for item in run.held if item not in held]
    return work.journal.update(run, generated=(*run.generated, *new), held=(*known, *held))


def _held_objects(finding: Finding, found: Sequence[Operation]) -> list[str]:
    """Give the objects that stay different from the models because of a finding."""
    return sorted({finding.object, *(item.object for item in found if item.id in finding.operations)})
