"""validate: the fresh install from nothing, and its proofs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_tools import catalog
from migrations_tools.catalog import Catalog
from migrations_tools.discovery.services import Application
from migrations_tools.engines.postgres import Server, querying
from migrations_tools.errors import Found
from migrations_tools.inapp.client import Probe, ProbeError, Target
from migrations_tools.journal import Run
from migrations_tools.proofs import http, schema
from migrations_tools.proofs.files import files_unchanged
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, Proof, attempted, not_checked
from migrations_tools.report.record import save, show_proofs
from migrations_tools.steps import engines
from migrations_tools.steps.clock import now
from migrations_tools.steps.history import read_history
from migrations_tools.steps.temp import Installation, Temp
from migrations_tools.steps.work import Work, busy, standing_run

# Seconds that a service which runs migrations in a start script of its own is given.
_UNANNOUNCED = 5.0


@dataclass(frozen=True, slots=True)
class Migrated:
    """Where the fresh database stands, and when and by whom it was migrated."""

    heads: tuple[str, ...]
    current: tuple[str, ...]
    version_table: str
    who: str
    since: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What the schema proofs work with: the engine, the run, the probe and the server."""

    temp: Temp
    run: Run
    probe: Probe
    server: Server
    migrated: Migrated

    def ask(self, do: str, doing: str, database: str = "", **more: Any) -> Any:
        """Ask the probe, on the application's temp database or on a scratch one."""
        return self.probe.ask(self.temp.target(self.run, database).request(do, **more), doing)

    def read(self, database: str) -> Catalog:
        """Read a database's catalog, without the version table."""
        with self.server.connect(database) as connection:
            return catalog.read(querying(connection)).without_tables({self.migrated.version_table})


def validate(work: Work) -> None:
    """Install everything again from nothing and prove that it works.

    Raises Found when a proof fails; what was started stays up for inspection.
    """
    run = standing_run(work, "validate")
    temp = engines.reopen(work, run)
    if work.dry:
        work.console.say(temp.dry_words(run))
        work.console.say("Dry run: nothing was touched.")
        return
    temp.verify()
    with busy(work, run) as run:
        run, installation = temp.reinstall(run)
        run, proofs = _prove(temp, run, installation)
        run = work.journal.update(run, stage="validated", steps=(*run.steps, *work.console.steps))
    _report(work, run, proofs)


# --- the proofs --------------------------------------------------------------------------------------------------


def _prove(temp: Temp, run: Run, installation: Installation) -> tuple[Run, list[Proof]]:
    console = temp.work.console
    run, probe = temp.open_probe(run)
    with probe:
        with console.step("Checking the migrations"):
            migrated = _migrated(temp, run, probe, installation)
        run = installation.start_application(run)
        with console.step("Comparing the schema with the models'"):
            proofs = _schema_proofs(Bench(temp, run, probe, temp.server(run), migrated))
    with console.step("Asking the application"):
        proofs += _application_proofs(temp, installation)
    with console.step("Looking at what is up, the logs, and the rest of the machine"):
        first, last = installation.first_proofs(), installation.last_proofs(run, migrated.since)
    return run, [*first, *proofs, *last, files_unchanged(run.hashes, temp.work.root)]


def _migrated(temp: Temp, run: Run, probe: Probe, installation: Installation) -> Migrated:
    """Find out whether a service ran the migrations; if none did, run them, and say who did."""
    target = temp.target(run)
    heads = tuple(probe.ask(target.request("hello"), "reading the Alembic configuration")["heads"])
    state = probe.ask(target.request("current"), "asking the database where it stands")
    who, since = installation.migrated_by()
    if not who and installation.may_migrate_itself():
        state = _settled(probe, target, state, heads)
    if set(state["current"]) != set(heads) and not who:
        since = now()
        state = probe.ask(target.request("upgrade"), "running the migrations")
        who = f"run by this tool in {temp.place()}, for no service does"
    who = who or "run by a service at its start"
    return Migrated(heads, tuple(state["current"]), state["version_table"], who, since or now())


def _settled(probe: Probe, target: Target, state: Mapping[str, Any], heads: Sequence[str]) -> Mapping[str, Any]:
    """Give a service that migrates at its own start, unannounced, a moment to be done."""
    end = time.monotonic() + _UNANNOUNCED
    while set(state["current"]) != set(heads) and time.monotonic() < end:
        time.sleep(0.5)
        state = probe.ask(target.request("current"), "asking the database where it stands")
    return state


def _schema_proofs(bench: Bench) -> list[Proof]:
    migrated = bench.migrated
    return [
        schema.at_head(migrated.current, migrated.heads, migrated.who),
        attempted(schema.ORACLE, lambda: _oracle(bench)),
        attempted(schema.ROUND_TRIP, lambda: _round_trip(bench)),
    ]


def _oracle(bench: Bench) -> Proof:
    """Build a second database from the models' own DDL and compare it with the one from the migrations."""
    actual = bench.read(bench.temp.database)
    known = [[None if table.schema == "public" else table.schema, table.name] for table in actual.tables]
    with bench.server.scratch(bench.temp.scratch_name("models"), bench.temp.base_database) as scratch:
        _make_extensions(bench.server, scratch, actual)
        answer = bench.ask("metadata", "creating the models' own schema", scratch, known=known)
        expected = bench.read(scratch)
    held = {name for finding in bench.run.held for name in finding["objects"]}
    excluded = {catalog.qualified(schema or "public", name) for schema, name in answer["excluded"]}
    return schema.equals_models(actual, expected, held, excluded)


def _make_extensions(server: Server, database: str, actual: Catalog) -> None:
    from psycopg import sql

    with server.connect(database) as connection:
        for extension in actual.extensions:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(extension.name))
            )


def _round_trip(bench: Bench) -> Proof:
    """Take the newest revision up, down and up again on a scratch database, reading the catalog at each end."""
    newest = read_history(bench.probe, bench.temp.target(bench.run))[0]
    if len(bench.migrated.heads) != 1 or len(newest.down) > 1:
        return not_checked(schema.ROUND_TRIP, f"{newest.revision} is a merge or one of several heads")
    down = newest.down[0] if newest.down else "base"
    with bench.server.scratch(bench.temp.scratch_name("trip"), bench.temp.base_database) as scratch:

        def go(verb: str, revision: str) -> Catalog:
            if (verb, revision) != ("upgrade", "base"):
                bench.ask(verb, f"running {verb} {revision} on a scratch database", scratch, revision=revision)
            return bench.read(scratch)

        try:
            before, first = go("upgrade", down), go("upgrade", "heads")
            lowered, again = go("downgrade", down), go("upgrade", "heads")
        except ProbeError as error:
            return _failed_trip(newest.revision, error)
    return schema.round_trip(newest.revision, (before, first), (lowered, again))


def _failed_trip(revision: str, error: ProbeError) -> Proof:
    if error.type == "NotImplementedError":
        return not_checked(
            schema.ROUND_TRIP, f"{revision} says of itself that it cannot be taken back: {error.message}"
        )
    return Proof(schema.ROUND_TRIP, FAILED, error.reasons[0], error.reasons[1:])


def _application_proofs(temp: Temp, installation: Installation) -> list[Proof]:
    application, (base, reason) = temp.project.application or Application("", 0, "/"), installation.url()
    if not base:
        return [not_checked(http.HEALTH, reason), not_checked(http.ROUTES, reason)]
    settings, absent = temp.work.settings, installation.absent_services()
    return [
        http.health(base, application.health_path, settings.http_timeout, absent),
        http.routes(base, settings.openapi_path, settings.http_timeout, absent),
    ]


# --- the report --------------------------------------------------------------------------------------------------


def _report(work: Work, run: Run, proofs: Sequence[Proof]) -> None:
    show_proofs(work.console, proofs)
    record = {
        "run": run.id, "project": run.project, "temp_project": run.temp_project, "started": run.started,
        "ended": time.time(), "steps": [*run.steps, *work.console.steps], "generated": list(run.generated),
        "held": list(run.held), "proofs": [proof.as_json() for proof in proofs], "made": list(run.made),
    }  # fmt: skip
    save(work.journal, record)
    failed = [proof.claim for proof in proofs if proof.outcome == FAILED]
    unmade = [proof.claim for proof in proofs if proof.outcome == NOT_CHECKED]
    if failed:
        raise Found(
            f"{len(failed)} of {len(proofs)} proofs failed: {'; '.join(failed)}.",
            tip="The temp stack stays up: `invoke psql` opens its database, `invoke status` names its containers for"
            " `docker logs`, `invoke cleanup` removes it.",
        )  # fmt: skip
    said = f"The fresh install works: {len(proofs) - len(unmade)} proofs"
    work.console.say(
        said + (f", {len(unmade)} not checked." if unmade else "."), style="bold green" if not unmade else "bold yellow"
    )
    work.console.say("Next: invoke cleanup")
