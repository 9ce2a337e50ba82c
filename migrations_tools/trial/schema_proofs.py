"""The proofs about the schema of a fresh install: what they ask of the engine and the probe, on scratch databases."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timezone
from functools import partial

from migrations_tools.catalog import Catalog
from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import ProbeError
from migrations_tools.proofs import schema
from migrations_tools.proofs.proof import FAILED, Proof, attempted, not_checked
from migrations_tools.provenance import Revision
from migrations_tools.report.terminal import tell_unmade
from migrations_tools.review.analysis import unknown_models
from migrations_tools.review.findings import parse_allowances
from migrations_tools.review.rules.history import CREATES_ALL, ENV, env_creates
from migrations_tools.review.rules.unseen import OF_DIFFERENCES
from migrations_tools.sandbox.revision_history import read_history
from migrations_tools.trial import stairway
from migrations_tools.trial.install import Migrated, run_install
from migrations_tools.trial.models_schema import Models, models_of, unmade_words
from migrations_tools.trial.scratch import TRIP, ScratchDatabases
from migrations_tools.trial.unimported_models import unimported


def prove(scratch: ScratchDatabases, stairs: str) -> list[Proof]:
    """Make every proof about the schema, for each environment and each database; `stairs` says which revisions walk."""
    proofs = [
        Proof(schema.about(schema.ONE_HEAD, scratch.label(each)), FAILED, each.several)
        for each in scratch.installed
        if each.several
    ]
    proofs += [_at_head(scratch, each) for each in scratch.installed]
    install = scratch.sandbox.session.settings.install_command
    if install:
        proofs += [attempted(schema.REPLAY, partial(_replay, scratch, each)) for each in scratch.installed]
    proofs += _knows_models(scratch)
    proofs += _attempted_all(schema.ORACLE, lambda: _oracle(scratch))
    for each in scratch.installed:
        claim = schema.about(schema.ROUND_TRIP, scratch.label(each))
        usual = partial(stairway.prove, scratch, each, stairs)
        walk = partial(_round_trips, scratch, each, claim) if install else usual
        proofs += _attempted_all(claim, walk)
    return proofs


def _attempted_all(claim: str, make: Callable[[], list[Proof]]) -> list[Proof]:
    """Make several proofs; when the tool itself cannot, that is one that was not made."""
    made: list[Proof] = []

    def all_of_them() -> Proof:
        made.extend(make())
        return made[0]

    failed = attempted(claim, all_of_them)
    return made or [failed]


def _at_head(scratch: ScratchDatabases, migrated: Migrated) -> Proof:
    several = len(scratch.databases) > 1
    found = {item.database if several else "": item.current for item in migrated.standings}
    empty = [
        item.database for item in migrated.standings if not item.current and not scratch.read(item.database).tables
    ]
    claim = schema.about(schema.HEAD, scratch.label(migrated))
    labels_only = len(migrated.heads) > 1 and not migrated.several
    return schema.at_head(claim, found, migrated.ends.standing, migrated.who, empty, labels_only)


def _replay(scratch: ScratchDatabases, migrated: Migrated) -> Proof:
    """Try, on scratch databases, whether the history would have made the schema as well."""
    claim = schema.about(schema.REPLAY, scratch.label(migrated))
    with scratch.copies(TRIP, scratch.databases) as copies:
        try:
            scratch.ask(migrated, "upgrade", "replaying the history on a scratch database", copies)
        except ProbeError as error:
            where = f"revision {error.revision} ({error.revision_file}) fails" if error.revision else "it fails"
            return not_checked(claim, f"the history is not replayable: {where}: {error.message}")
        replayed = {name: scratch.read(copy) for name, copy in copies.items()}
    installed = {name: scratch.read(name) for name in scratch.databases}
    return schema.replayed(claim, migrated.heads, replayed, installed)


def _knows_models(scratch: ScratchDatabases) -> list[Proof]:
    """Look whether env.py gives Alembic every model; what only an option of `generate` has taken in is not given."""
    session = scratch.sandbox.session
    modules = unimported(scratch, session.journal.run.imports)
    allowed = _allowed(scratch, {unknown_models.CODE})
    unknown = [
        f"{unknown_models.sentence(table, modules)} {unknown_models.import_line(table, modules)}"
        for table in modules.tables
        if not allowed & {table, table.rpartition(".")[2]}
    ]
    unasked = [said for module, said in unknown_models.unasked_sentences(modules) if module not in allowed]
    return schema.knows_models(unknown, unasked)


def _allowed(scratch: ScratchDatabases, codes: Collection[str]) -> set[str]:
    """Return the objects that are allowed under some codes, by the settings or by options of `generate`."""
    session = scratch.sandbox.session
    today = datetime.now(tz=timezone.utc).date()
    allowances = parse_allowances([*session.settings.allow, *session.journal.run.allowed], today)
    return {item.object for item in allowances if item.code in codes}


# --- the oracle --------------------------------------------------------------------------------------------------


def _oracle(scratch: ScratchDatabases) -> list[Proof]:
    """Build each database a second time, from the models' own DDL, and compare it with the one from the migrations."""
    actual = {name: scratch.read(name) for name in scratch.databases}
    console = scratch.sandbox.session.console
    try:
        models = models_of(scratch, actual)
    except (ProbeError, CannotProceed) as error:
        models = Models({}, {}, unmade_words(error.reasons))
    tell_unmade(console, models.unmade)
    replay = _runs_revisions_alone(scratch, models)
    if models.unmade:
        return [*replay, Proof(schema.ORACLE, FAILED, models.unmade[0], models.unmade[1:])]
    proofs = replay + [
        schema.equals_models(
            schema.about(schema.ORACLE, name if len(scratch.databases) > 1 else ""),
            actual[name],
            models.schemas[name],
            _held(scratch, name),
            models.excluded[name],
            lambda: [one for each in scratch.installed for one in read_history(scratch.probe, each.target)],
            _allowed(scratch, OF_DIFFERENCES),
        )
        for name in scratch.databases
    ]
    for name in scratch.databases:
        claim = schema.about(schema.HIDDEN, name if len(scratch.databases) > 1 else "")
        hidden = schema.left_out(actual[name], models.schemas[name], models.excluded[name])
        proofs += schema.hides_nothing(claim, hidden)
    return proofs


def _runs_revisions_alone(scratch: ScratchDatabases, models: Models) -> list[Proof]:
    """Say that the history was not replayed where env.py makes tables itself; nothing where it does not."""
    if not models.own:
        return []
    said, allowed = env_creates(models.own), _allowed(scratch, {CREATES_ALL})
    return [not_checked(schema.REPLAY, said) if ENV in allowed else Proof(schema.REPLAY, FAILED, said)]


def _held(scratch: ScratchDatabases, database: str) -> set[str]:
    """Return the objects of a database that the review has held back."""
    held = scratch.sandbox.session.journal.run.held
    return {name for finding in held if finding["database"] == database for name in finding["objects"]}


# --- where the project has an install of its own -----------------------------------------------------------------


def _round_trips(scratch: ScratchDatabases, migrated: Migrated, claim: str) -> list[Proof]:
    """Take the newest revision of each branch down and up again, on databases that the project's own install made."""
    history = {each.revision: each for each in read_history(scratch.probe, migrated.target)}
    if not migrated.heads:
        return [not_checked(claim, "the history has no revision yet")]
    return [attempted(claim, partial(_round_trip, scratch, migrated, history[head], claim)) for head in migrated.heads]


def _round_trip(scratch: ScratchDatabases, migrated: Migrated, newest: Revision, claim: str) -> Proof:
    databases, install = (
        [item.database for item in migrated.standings],
        scratch.sandbox.session.settings.install_command,
    )
    down = newest.down[0] if newest.down else "base"
    if len(migrated.heads) > 1:  # of the branches that begin there, only this one
        down = f"{newest.revision}@{down}"
    with scratch.copies(TRIP, databases) as copies:

        def go(verb: str, revision: str) -> dict[str, Catalog]:
            doing = f"running {verb} {revision} on a scratch database"
            scratch.ask(migrated, verb, doing, copies, revision=revision)
            return {name: scratch.read(copy) for name, copy in copies.items()}

        try:
            # It has the newest revision already: the first way down shows what lies below.
            run_install(scratch.sandbox, install, scratch.sent(copies))
            before = go("downgrade", down)
            first = go("upgrade", "heads")
            lowered, again = go("downgrade", down), go("upgrade", "heads")
        except ProbeError as error:
            return _failed_trip(claim, newest.revision, error)
    return schema.round_trip(claim, newest.revision, (before, first), (lowered, again))


def _failed_trip(claim: str, revision: str, error: ProbeError) -> Proof:
    if error.type == "NotImplementedError":
        return not_checked(claim, f"{revision} says of itself that it cannot be taken back: {error.message}")
    return Proof(claim, FAILED, error.reasons[0], error.reasons[1:])
