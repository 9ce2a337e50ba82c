"""validate: the fresh install from nothing, and its proofs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from migrations_tools.discovery.services import Application
from migrations_tools.errors import Found
from migrations_tools.journal import Run
from migrations_tools.proofs import http
from migrations_tools.proofs.files import files_unchanged
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, Proof, attempted, not_checked
from migrations_tools.report import record
from migrations_tools.report.terminal import show_proofs
from migrations_tools.steps import engines, schema_proofs, upgrade_path
from migrations_tools.steps.bench import Bench
from migrations_tools.steps.install import install
from migrations_tools.steps.recording import installed_parts
from migrations_tools.steps.temp import Installation, Temp
from migrations_tools.steps.wishes import existing_dump
from migrations_tools.steps.work import Work, busy, standing_run


def validate(work: Work, stairs: str = "", data: str = "") -> None:
    """Install everything again from nothing and prove that it works.

    `stairs` says which revisions go up, down and up again, where it is not as the setting says; `data` is a
    dump that is to be upgraded.

    Raises Found when a proof fails; what was started stays up for inspection.
    """
    run, dump = standing_run(work, "validate"), existing_dump(data)
    with work.console.step("Reading what stands, and whether it is apart", brief=True):
        temp = engines.reopen(work, run)
        if not work.dry:
            temp.verify()
    if work.dry:
        work.console.say(temp.dry_words(run))
        work.console.say("Dry run: nothing was touched.")
        return
    with busy(work, run) as run:
        run, installation = temp.reinstall(run)
        run, proofs, parts = _prove(temp, run, installation, stairs or work.settings.stairway, dump)
        run = work.journal.update(run, stage="validated")
    record.note(work.journal, run, work.console.steps, proofs=record.proofs_json(proofs), **parts)
    _report(work, proofs)


# --- the proofs --------------------------------------------------------------------------------------------------


def _prove(
    temp: Temp, run: Run, installation: Installation, stairs: str, dump: Path | None
) -> tuple[Run, list[Proof], dict[str, Any]]:
    console = temp.work.console
    with console.step("Starting a Python where the models are", brief=True):
        run, probe = temp.open_probe(run)
    with probe:
        with console.step("Checking the migrations"):
            run, installed = install(temp, run, probe, installation)
        run = installation.start_application(run)
        with console.step("Comparing the schema with the models'"):
            bench = Bench(temp, run, probe, temp.server(run), installed)
            proofs, parts = schema_proofs.prove(bench, stairs), installed_parts(bench)
            if dump:
                proofs.append(attempted(upgrade_path.CLAIM, partial(upgrade_path.prove, bench, dump)))
    with console.step("Asking the application"):
        proofs += _application_proofs(temp, installation)
    with console.step("Looking at what is up, the logs, and the rest of the machine"):
        first, last = installation.first_proofs(), installation.last_proofs(run, installed[0].since)
    return run, [*first, *proofs, *last, files_unchanged(run.hashes, temp.work.root)], parts


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


def _report(work: Work, proofs: Sequence[Proof]) -> None:
    show_proofs(work.console, proofs)
    failed = [proof.claim for proof in proofs if proof.outcome == FAILED]
    unmade = [proof.claim for proof in proofs if proof.outcome == NOT_CHECKED]
    if failed:
        raise Found(
            f"{len(failed)} of {len(proofs)} proofs failed: {'; '.join(failed)}.",
            tip="The temp stack stays up: `invoke psql` opens its database, `invoke status` names its containers for"
            " `docker logs`, `invoke cleanup` removes it.",
        )  # fmt: skip
    said = f"The fresh install works: {len(proofs) - len(unmade)} proofs"
    work.console.result(
        said + (f", {len(unmade)} not checked." if unmade else "."), style="bold green" if not unmade else "bold yellow"
    )
    work.console.say("Next: invoke cleanup")
