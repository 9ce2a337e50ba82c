"""One environment's autogenerate: the database at head, the review in the middle of it, the file executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from migrations_tools import operations
from migrations_tools.autogenerate.gather import Surroundings
from migrations_tools.autogenerate.options import GenerateOptions
from migrations_tools.catalog import Catalog, extension_tables
from migrations_tools.discovery.alembic import Environment
from migrations_tools.engines.postgres import querying
from migrations_tools.errors import CannotProceed, MigrationsToolsError
from migrations_tools.files import sha256
from migrations_tools.inapp.answers import Heads, Standing, heads, standings
from migrations_tools.inapp.probe_client import Probe, ProbeError, Target
from migrations_tools.operations import Operation
from migrations_tools.report.generate_result import Generated, Reviewed
from migrations_tools.report.terminal import tell_unmade
from migrations_tools.review import assessment
from migrations_tools.review.analysis.rename_candidates import unmet
from migrations_tools.review.context import Mended, Reached, ReviewContext, Unrunnable
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.sandbox.protocol import Sandbox, targets
from migrations_tools.sandbox.revision_history import head_to_extend, labelled_heads, read_history, several_heads
from migrations_tools.secrets import masked
from migrations_tools.trial.install import Migrated, run_install
from migrations_tools.trial.models_schema import Models, begin_models, unmade_words
from migrations_tools.trial.new_revision import Baseline, ExecutedFiles, execute_new, refuse_broken
from migrations_tools.trial.prefilled import Prepared, prepare
from migrations_tools.trial.record_parts import versions
from migrations_tools.trial.roundtrip import WITH_ROWS
from migrations_tools.trial.scratch import ScratchDatabases
from migrations_tools.trial.unimported_models import unimported


def autogenerate(sandbox: Sandbox, probe: Probe, number: int, wish: GenerateOptions) -> Generated:
    """Bring the databases of one environment to head and have the probe, which is open, write what is missing.

    Raises CannotProceed as `generate` says, Found for a file that fails or loses rows.
    """
    environment, target = (
        sandbox.project.alembic.environments[number],
        targets(sandbox.project, sandbox.session.journal.run.token)[number],
    )
    words = f" of [{environment.section}]" if environment.section else ""
    with ExitStack() as standing, ExitStack() as comparing:
        comparing.enter_context(sandbox.session.console.step(f"Comparing the models{words} with the database"))
        hello = probe.ask(target.request("hello"), "reading the Alembic configuration")
        same_files(environment, hello)
        ends = heads(hello)
        head = head_to_extend(ends, wish.head) if wish.write or wish.head else (ends.revisions or ("head",))[0]
        standings = _to_the_heads(sandbox, probe, target, ends)
        installed = Migrated(environment, target, ends, standings)
        scratch = ScratchDatabases(sandbox, probe, sandbox.server(), (installed,), wish.dump)
        # Of several heads one is extended: the others are not what it begins on.
        prepared = prepare(scratch, WITH_ROWS) if len(ends.revisions) <= 1 else None
        standing.push(prepared or ExitStack())
        asked = _Reviewer(scratch, wish, standing.enter_context(ThreadPoolExecutor(1)), number == 0)
        request = target.request("revision", message=wish.message, head=head)
        answer = asked.ask(request)
        asked.refuse_unmet()
        comparing.close()
        tell_unmade(sandbox.session.console, asked.baseline.models.unmade)
        executed = asked.execute(environment, answer, prepared)
        for _ in range(_ATTEMPTS):
            if not asked.learns_from(executed):
                break
            answer = asked.ask(request)
            executed = asked.execute(environment, answer)
        refuse_broken(scratch, executed)
    notes = (*labelled_heads(ends), *_notes(answer, not asked.baseline.models.unmade), *asked.hidden, *executed.notes)
    return Generated(
        environment.section,
        executed.files,
        executed.reviewed,
        notes,
        _mended(answer),
        history=asked.history,
        versions=versions(sandbox, hello),
        heads=several_heads(ends),
        unmade=asked.baseline.models.unmade,
    )


def _to_the_heads(sandbox: Sandbox, probe: Probe, target: Target, ends: Heads) -> tuple[Standing, ...]:
    """Bring the temp database to the history's heads; say where each database stands then.

    Raises CannotProceed when Alembic says that it did and the database is not there.
    """
    request, doing = target.request("upgrade"), "upgrading the temp database to head"
    try:
        answer = probe.ask(request, doing)
    except ProbeError as error:
        install = sandbox.session.settings.install_command
        if not install:
            raise
        if run_install(sandbox, install, {}).creates_all:
            raise CannotProceed([*error.reasons, _NOT_REPLAYABLE.format(install)], tip=_BY_HAND) from error
        answer = probe.ask(request, doing)  # from the baseline that the project's own command has made
    found = standings(answer)
    behind = [item for item in found if set(item.current) != set(ends.standing)]
    if behind:
        raise CannotProceed(
            [
                f"`upgrade heads` ended well, and the database {item.database} stands at"
                f" {', '.join(item.current) or 'no revision'} instead of {', '.join(ends.standing)}."
                for item in behind
            ],
            tip="Does env.py commit what it does, and does it run the migrations on the connection that it configures?",
        )
    return found


_NOT_REPLAYABLE = (
    "The history cannot be replayed, and `{}` (the setting `install_command`) makes the database from the models"
    " themselves: in a database that is made that way nothing can be missing, so there is nothing to compare with."
)
_BY_HAND = "`invoke validate` proves the fresh install all the same. A migration for databases that exist is not found."


# Each time one more operation that cannot run is left out.
_ATTEMPTS = 20


class _Reviewer:
    """Answers the probe's question in the middle of autogenerate, once for each database; keeps what was said."""

    def __init__(self, scratch: ScratchDatabases, wish: GenerateOptions, aside: Executor, first: bool) -> None:
        """Read what the review needs to know before autogenerate begins; `aside` reads on while it works.

        `first` says whether it is the first of the project's environments: what is of no one of them is told there.
        """
        self.scratch = scratch
        self.wish = wish
        self.reviewed: list[Reviewed] = []
        self._facts: list[ReviewContext] = []
        self._postponed: list[Operation] = []
        (migrated,) = scratch.installed
        self.history = read_history(scratch.probe, migrated.target)
        self._before: dict[str, Catalog] = {}
        self._members: dict[str, Mapping[str, str]] = {}
        self._version = 0
        self._unrunnable: dict[str, tuple[Unrunnable, ...]] = {}
        self._reached: dict[str, tuple[Reached, ...]] = {}
        self._last: list[tuple[frozenset[int], tuple[Edit, ...]]] = []
        for name in scratch.databases:
            self._look_at(name)
        self._reading: Future[Models] = aside.submit(self._begin_models(scratch))
        self._around = Surroundings(scratch, self._before)
        self._modules = unimported(scratch)
        self._first = first

    def _look_at(self, database: str) -> None:
        with self.scratch.server.connect(database) as connection:
            query = querying(connection)
            self._before[database] = self.scratch.schema(query)
            self._members[database] = extension_tables(query)
            self._version = connection.info.server_version

    def _begin_models(self, scratch: ScratchDatabases) -> Callable[[], Models]:
        try:
            return partial(self._finished, begin_models(scratch, self._before))
        except (ProbeError, CannotProceed) as error:
            return partial(self._without_models, error)

    def _finished(self, finish: Callable[[], Models]) -> Models:
        try:
            return finish()
        except CannotProceed as error:
            return self._without_models(error)

    def _without_models(self, error: MigrationsToolsError) -> Models:
        return Models({}, {}, unmade_words(error.reasons))

    @property
    def _models(self) -> Models:
        return self._reading.result()

    @property
    def hidden(self) -> tuple[str, ...]:
        """Say what differs and is not looked at, for env.py leaves it out."""
        found = {each.object: each.kind for facts in self._facts for each in facts.hidden()}
        whole = [name for name, kind in found.items() if kind == "table"]
        parts = [name for name, kind in found.items() if kind != "table"]
        told = ((_HIDDEN, parts), (_HIDDEN_TABLES, whole))
        return tuple(words.format(", ".join(names)) for words, names in told if names)

    @property
    def baseline(self) -> Baseline:
        """Return what the file that comes of it is judged by when it has been executed."""
        return Baseline(self.history, self._models, self.wish.allowances)

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Have the probe autogenerate and judge what it finds; return its answer.

        Where something would be dropped it does so twice: what else must be known runs env.py in another process, and
        env.py may hold a lock (`pg_advisory_lock`) as long as it runs.
        """
        answer = self._ask(request)
        while self._postponed:
            self._around.look(self._postponed)
            self._postponed, self.reviewed, self._facts = [], [], []
            answer = self._ask(request)
        return answer

    def _ask(self, request: Mapping[str, Any]) -> Any:
        return self.scratch.probe.ask(request, "autogenerating", self.answer)

    def answer(self, _question: str, value: Any) -> Mapping[str, Any]:
        """Judge what was found on one database."""
        found, database = operations.parse(value["operations"], value["default_schema"]), value["database"]
        if self._around.lacks(found):
            self._postponed += found
            return {"hold": [item.id for item in found], "edits": [], "message": ""}
        known = {name: value[name] for name in ("outer_transaction", "compares_types")}
        facts = replace(self._gathered(found, database), **known)
        self._facts.append(facts)
        review = assessment.review(facts, self.wish.allowances)
        self.reviewed.append(Reviewed(database, found, review))
        kept = [item for each in self.reviewed for item in each.kept]
        return {
            "hold": sorted(review.hold),
            "edits": [edit.as_json() for edit in review.edits],
            "message": self.wish.message or operations.message_for(kept),
        }

    def _gathered(self, found: tuple[Operation, ...], database: str) -> ReviewContext:
        """Gather what the rules may look at; what is costly only where something would be dropped."""
        facts = ReviewContext(
            found,
            self._before.get(database, Catalog()),
            self._models.schemas.get(database),
            self.history,
            frozenset(self._models.excluded.get(database, ())),
            self.wish.wishes,
            server_version=self._version,
            members=self._members.get(database, {}),
            unrunnable=self._unrunnable.get(database, ()),
            reached=self._reached.get(database, ()),
            own_tables=self._models.own,
        )
        if any(item.is_drop for item in found):
            facts = replace(facts, base=self._around.base(database), sources=self._around.sources(found))
        return replace(facts, modules=self._modules, tells_modules=self._first and not self._facts)

    def execute(
        self, environment: Environment, answer: Mapping[str, Any], prepared: Prepared | None = None
    ) -> ExecutedFiles:
        """Execute the files that the probe has written."""
        files = tuple(_placed(environment, item) for item in answer["files"])
        return execute_new(self.scratch, files, self.reviewed, replace(self.baseline, prepared=prepared))

    def learns_from(self, executed: ExecutedFiles) -> bool:
        """Take in what could not run and what was not written; return whether that may lead to another file.

        Then everything is asked anew: what was judged so far is forgotten.
        """
        verdict = [(each.review.hold, each.review.edits) for each in self.reviewed]
        if verdict == self._last or not (executed.stopped or executed.reached):
            return False
        for name, stopped in executed.stopped.items():
            self._unrunnable[name] = (*self._unrunnable.get(name, ()), stopped)
        for name, reached in executed.reached.items():
            self._reached[name] = (*self._reached.get(name, ()), reached)
        self._last, self.reviewed, self._facts = verdict, [], []
        return True

    def refuse_unmet(self) -> None:
        """Raise CannotProceed for renames that no database has anything for, with the reason for each."""
        wishes = self.wish.wishes
        if not (wishes.renames or wishes.table_renames):
            return
        told = [set(unmet(facts)) for facts in self._facts or [ReviewContext(wishes=wishes)]]
        reasons = sorted(set.intersection(*({_of(reason) for reason in each} for each in told)))
        if reasons:
            said = {_of(reason): reason for each in told for reason in each}
            raise CannotProceed([said[reason] for reason in reasons], tip="Nothing was written.")


def _of(reason: str) -> str:
    """Return the option that a reason is about."""
    return reason.partition(":")[0]


_HIDDEN_TABLES = "include_object or include_name in env.py leaves out of the comparison: {}."
_HIDDEN = (
    "warning: include_object or include_name in env.py hides what differs, so that nothing was written for it: {}."
    " Where something new stands for one of these, it may be a rename."
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
    """Return a file with its path on this machine; a name that would leave the versions folder is refused."""
    folder = environment.versions[item["location"]]
    path = (folder / item["name"]).resolve()
    if folder.resolve() not in path.parents:
        raise CannotProceed(f"Alembic named the new file {item['name']!r}, which is outside {folder}.")
    if not item["is_found_again"]:
        raise CannotProceed(
            f"By `file_template` the new file would be {item['name']}, and Alembic does not look into folders below"
            f" {folder}: the revision would be lost. Nothing was written.",
            tip="Write `recursive_version_locations = true` beside `file_template`.",
        )
    return {**item, "path": str(path)}


def _notes(answer: Mapping[str, Any], compared: bool) -> tuple[str, ...]:
    """Return which of the project's own write hooks failed, and which of Alembic's comparisons of server defaults.

    `compared` says whether the catalogs of database and models were compared, which answers for the latter.
    """
    instead = "the catalogs of the database and the models were compared instead" if compared else _LOOK
    return (
        *(f"warning: the write hook {hook['name']} failed: {masked(hook['error'])}" for hook in answer["hooks"]),
        *(
            f"{'' if compared else 'warning: '}Alembic could not compare the server default of {item['column']}"
            f" ({masked(item['error'])}); {instead}"
            for item in answer["uncompared"]
        ),
    )


_LOOK = "whether it is the models' is not known: look at it yourself"


def _mended(answer: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what the probe mended in the file."""
    if not answer["files"]:
        return ()
    imported = dict.fromkeys(name for file in answer["files"] for name in file["imported"])
    enums = {key: tuple(found) for key, found in answer["enums"].items()}
    mended = Mended(**enums, named=tuple(answer["named"]), imported=tuple(imported), distinct=tuple(answer["distinct"]))
    return assessment.review(ReviewContext(mended=mended)).findings
