"""validate: the fresh install from nothing, and its proofs."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_tools import catalog
from migrations_tools.catalog import Catalog
from migrations_tools.discovery.alembic import runs_alembic
from migrations_tools.engines import compose, inventory
from migrations_tools.engines.compose import PROJECT_LABEL, Container
from migrations_tools.engines.postgres import Server, querying
from migrations_tools.errors import CannotProceed, Found
from migrations_tools.inapp.client import Probe, ProbeError, Target
from migrations_tools.journal import Run
from migrations_tools.proofs import http, logs, schema
from migrations_tools.proofs import stack as stack_proofs
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, Proof, attempted, not_checked
from migrations_tools.report.record import save, show_proofs
from migrations_tools.steps import generate, start
from migrations_tools.steps.isolate import url
from migrations_tools.steps.work import Copy, Work, busy, reopen, standing_run

# Seconds that a service which runs migrations in a start script of its own is given.
_UNANNOUNCED = 5.0


@dataclass(frozen=True, slots=True)
class Installed:
    """A fresh install: its containers, where it stands, and when and by whom it was migrated."""

    containers: tuple[Container, ...]
    heads: tuple[str, ...]
    current: tuple[str, ...]
    version_table: str
    who: str
    since: str


def validate(work: Work) -> None:
    """Install everything again from nothing and prove that it works.

    Raises Found when a proof fails; the stack stays up for inspection.
    """
    run = standing_run(work, "validate")
    if work.dry:
        _show_dry(work, run)
        return
    copy = reopen(work, run)
    start.verify(copy)
    with busy(work, run) as run:
        before = _volume_times(copy)
        run = _take_down(copy, run)
        run, containers = start.start(copy, run)
        with work.console.step("Removing the images that were replaced"):
            start.remove_replaced_images(copy, run)
        proofs = _prove(copy, run, containers, before)
        work.journal.update(run, stage="validated", steps=(*run.steps, *work.console.steps))
    _report(work, run, proofs)


# --- from nothing ------------------------------------------------------------------------------------------------


def _take_down(copy: Copy, run: Run) -> Run:
    """Take the stack down by name alone, then remove exactly its volumes, one by one."""
    console, stack = copy.work.console, copy.stack
    with console.step("Taking the temp stack down"):
        run = start.note_anonymous_volumes(copy, run)
        strangers = [item.name for item in stack.containers() if ("container", item.name) not in run.made]
        if strangers:
            raise CannotProceed(
                [f"The container {name} carries the temp label but is not in the journal." for name in strangers]
            )
        stack.down(run)
    with console.step("Removing exactly the temp volumes"):
        for name in _own_volumes(copy, run):
            stack.docker.change(stack.scope(run), "volume", "rm", name)
    return run


def _own_volumes(copy: Copy, run: Run) -> list[str]:
    """Give the volumes to remove: labelled ones, each checked against plan and journal, and the images' own."""
    labelled = _labelled_volumes(copy)
    planned = set(copy.plan.volume_names) & set(run.names("volume"))
    strangers = [name for name in labelled if name not in planned]
    if strangers:
        raise CannotProceed(
            [
                f"The volume {name} carries the temp label but is not in the plan; it was not removed."
                for name in strangers
            ]
        )
    existing = set(copy.stack.docker.query_lines("volume", "ls", "--quiet"))
    return labelled + [name for name in run.names("volume") if compose.is_anonymous(name) and name in existing]


def _labelled_volumes(copy: Copy) -> list[str]:
    label = f"label={PROJECT_LABEL}={copy.stack.project}"
    return copy.stack.docker.query_lines("volume", "ls", "--quiet", "--filter", label)


def _volume_times(copy: Copy) -> dict[str, str]:
    names = _labelled_volumes(copy)
    found = copy.stack.docker.query_json("volume", "inspect", *names) if names else []
    return {item["Name"]: item["CreatedAt"] for item in found}


# --- the proofs --------------------------------------------------------------------------------------------------


def _prove(copy: Copy, run: Run, containers: Sequence[Container], before: Mapping[str, str]) -> list[Proof]:
    console, server = copy.work.console, start.server(copy, run)
    run, probe = start.open_probe(copy, run)
    with probe:
        with console.step("Checking the migrations"):
            installed = _installed(copy, run, probe, containers)
        with console.step("Comparing the schema with the models'"):
            proofs = _schema_proofs(copy, run, probe, server, installed)
    with console.step("Asking the application"):
        proofs += _application_proofs(copy)
    with console.step("Looking at logs, containers, volumes and the rest of the machine"):
        late = [item for item in copy.stack.containers() if not item.one_off]
        first = [
            stack_proofs.services_up(late, start.expectation(copy)),
            stack_proofs.volume_is_new(before, _volume_times(copy)),
        ]
        proofs += [_log_proof(copy, late, installed.since), _machine_proof(copy, run)]
        proofs.append(stack_proofs.files_unchanged(run.hashes, copy.work.root))
    return first + proofs


def _installed(copy: Copy, run: Run, probe: Probe, containers: Sequence[Container]) -> Installed:
    """Find out whether a service ran the migrations; if none did, run them, and say who did."""
    target = copy.target(run)
    heads = tuple(probe.ask(target.request("hello"), "reading the Alembic configuration")["heads"])
    state = probe.ask(target.request("current"), "asking the database where it stands")
    who, since = _who_migrated(copy, containers)
    if not who:
        state = _settled(probe, target, state, heads)
    if set(state["current"]) != set(heads) and not who:
        since = _now()
        state = probe.ask(target.request("upgrade"), "running the migrations")
        who = f"run by this tool in {copy.project.alembic_service}, for no service does"
    return Installed(
        tuple(containers), heads, tuple(state["current"]), state["version_table"],
        who or "run by a service at its start", since or _now(),
    )  # fmt: skip


def _settled(probe: Probe, target: Target, state: Mapping[str, Any], heads: Sequence[str]) -> Mapping[str, Any]:
    """Give a service that migrates at its own start, unannounced, a moment to be done."""
    end = time.monotonic() + _UNANNOUNCED
    while set(state["current"]) != set(heads) and time.monotonic() < end:
        time.sleep(0.5)
        state = probe.ask(target.request("current"), "asking the database where it stands")
    return state


def _who_migrated(copy: Copy, containers: Sequence[Container]) -> tuple[str, str]:
    services = copy.original.config["services"]
    ran = [item for item in containers if runs_alembic(services.get(item.service, {}))]
    done = [item for item in ran if item.status == "exited"]
    if done:
        return f"run by the service {done[0].service}", done[0].finished
    return (f"run by the service {ran[0].service}", _now()) if ran else ("", "")


def _schema_proofs(copy: Copy, run: Run, probe: Probe, server: Server, installed: Installed) -> list[Proof]:
    return [
        schema.at_head(installed.current, installed.heads, installed.who),
        attempted(schema.ORACLE, lambda: _oracle(copy, run, probe, server, installed)),
        attempted(schema.ROUND_TRIP, lambda: _round_trip(copy, run, probe, server, installed)),
    ]


def _read(server: Server, database: str, version_table: str) -> Catalog:
    with server.connect(database) as connection:
        return catalog.read(querying(connection)).without_tables({version_table})


def _oracle(copy: Copy, run: Run, probe: Probe, server: Server, installed: Installed) -> Proof:
    """Build a second database from the models' own DDL and compare it with the one from the migrations."""
    actual = _read(server, copy.project.database.name, installed.version_table)
    known = [[None if table.schema == "public" else table.schema, table.name] for table in actual.tables]
    with server.scratch(copy.scratch_name("models"), copy.base_database) as scratch:
        _make_extensions(server, scratch, actual)
        request = copy.target(run, scratch).request("metadata", known=known)
        answer = probe.ask(request, "creating the models' own schema")
        expected = _read(server, scratch, installed.version_table)
    held = {name for finding in run.held for name in finding["objects"]}
    excluded = {catalog.qualified(schema or "public", name) for schema, name in answer["excluded"]}
    return schema.equals_models(actual, expected, held, excluded)


def _make_extensions(server: Server, database: str, actual: Catalog) -> None:
    from psycopg import sql

    with server.connect(database) as connection:
        for extension in actual.extensions:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(extension.name))
            )


def _round_trip(copy: Copy, run: Run, probe: Probe, server: Server, installed: Installed) -> Proof:
    """Take the newest revision up, down and up again on a scratch database, reading the catalog at each end."""
    newest = generate.read_history(probe, copy, run)[0]
    if len(installed.heads) != 1 or len(newest.down) > 1:
        return not_checked(schema.ROUND_TRIP, f"{newest.revision} is a merge or one of several heads")
    with server.scratch(copy.scratch_name("trip"), copy.base_database) as scratch:
        target = copy.target(run, scratch)

        def go(verb: str, revision: str) -> Catalog:
            if revision != "base" or verb != "upgrade":
                probe.ask(target.request(verb, revision=revision), f"running {verb} {revision} on a scratch database")
            return _read(server, scratch, installed.version_table)

        down = newest.down[0] if newest.down else "base"
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


def _application_proofs(copy: Copy) -> list[Proof]:
    application, base = copy.project.application, url(copy)
    if not application or not base:
        reason = "no service of the stack is known to answer over HTTP; set `application_service`"
        return [not_checked(http.HEALTH, reason), not_checked(http.ROUTES, reason)]
    timeout = copy.work.settings.http_timeout
    return [
        http.health(base, application.health_path, timeout),
        http.routes(base, copy.work.settings.openapi_path, timeout),
    ]


def _log_proof(copy: Copy, containers: Sequence[Container], since: str) -> Proof:
    found = {item.service: compose.logs(copy.stack.docker, item.id, "--timestamps") for item in containers}
    return logs.clean(found, since, copy.work.settings.log_patterns)


def _machine_proof(copy: Copy, run: Run) -> Proof:
    changes = inventory.compare(run.inventory, inventory.take(copy.original.docker), run.made)
    return stack_proofs.machine_untouched(
        changes, run.project, "same containers (id, state, started-at), volumes, networks, image tags"
    )


def _now() -> str:
    return datetime.datetime.now(tz=datetime.timezone.utc).isoformat().replace("+00:00", "Z")


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


def _show_dry(work: Work, run: Run) -> None:
    volumes = "".join(f"\n  $ docker volume rm {name}" for name in run.names("volume"))
    work.console.say(
        f"Would run:\n  $ docker compose --project-name {run.temp_project} down --remove-orphans --timeout 0{volumes}"
    )
    work.console.say("Then build and start it again and prove the fresh install. Dry run: nothing was touched.")
