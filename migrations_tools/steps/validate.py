"""validate: the fresh install from nothing, and its proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from migrations_tools.asking import Access
from migrations_tools.errors import Found
from migrations_tools.journal import Run
from migrations_tools.proofs.files import files_unchanged
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, Proof, attempted
from migrations_tools.report import record
from migrations_tools.report.terminal import show_proofs
from migrations_tools.steps import application_proofs, compare, engines, schema_proofs, upgrade_path
from migrations_tools.steps.bench import Bench
from migrations_tools.steps.install import install
from migrations_tools.steps.recording import installed_parts
from migrations_tools.steps.temp import Installation, Temp
from migrations_tools.steps.wishes import existing_dump
from migrations_tools.steps.work import Work, busy, standing_run


def validate(work: Work, stairs: str = "", data: str = "", catalog: str = "") -> None:
    """Install everything again from nothing and prove that it works.

    `stairs` says which revisions go up, down and up again, where it is not as the setting says; `data` is a
    dump that is to be upgraded; `catalog` a file that the catalogs of the fresh install are kept in.

    Raises Found when a proof fails; what was started stays up for inspection.
    """
    run = standing_run(work, "validate")
    wanted = _Wanted(
        stairs or work.settings.stairway, existing_dump(data), compare.file_to_keep(catalog),
        application_proofs.read_access(work.settings),
    )  # fmt: skip
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
        run, proofs, parts = _prove(temp, run, installation, wanted)
        run = work.journal.update(run, stage="validated")
    record.note(work.journal, run, work.console.steps, proofs=record.proofs_json(proofs), **parts)
    _report(work, proofs)


# --- the proofs --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is wanted besides the usual.

    Which revisions walk, a dump to upgrade, a file for the catalogs, and how the application is asked.
    """

    stairs: str
    dump: Path | None
    catalog: Path | None
    access: Access


def _prove(
    temp: Temp, run: Run, installation: Installation, wanted: _Wanted
) -> tuple[Run, list[Proof], dict[str, Any]]:
    console = temp.work.console
    with console.step("Starting a Python where the models are", brief=True):
        run, probe = temp.open_probe(run)
    with probe:
        with console.step("Checking the migrations"):
            run, installed = install(temp, run, probe, installation)
        run = installation.start_application(run)
        with console.step("Comparing the schema with the models'"):
            before = application_proofs.length(temp, installation)
            bench = Bench(temp, run, probe, temp.server(run), installed)
            proofs, parts = schema_proofs.prove(bench, wanted.stairs), installed_parts(bench)
            if wanted.dump:
                proofs.append(attempted(upgrade_path.CLAIM, partial(upgrade_path.prove, bench, wanted.dump)))
            if wanted.catalog:
                compare.keep(bench, wanted.catalog)
            span = (before, application_proofs.length(temp, installation))
    with console.step("Asking the application"):
        client, answered = application_proofs.ask(temp, installation, wanted.access)
    with console.step("Looking at what is up, the logs, and the rest of the machine"):
        first, last = installation.first_proofs(), installation.last_proofs(run)
        clean = application_proofs.clean_logs(temp, installation.logs(), span, installed[0].since, client)
    return run, [*first, *proofs, *answered, *clean, *last, files_unchanged(run.hashes, temp.work.root)], parts


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
    warnings = sum(len(proof.warnings) for proof in proofs)
    said = f"The fresh install works: {len(proofs) - len(unmade)} proofs"
    said += (f", {len(unmade)} not checked" if unmade else "") + (f", {warnings} warnings" if warnings else "")
    work.console.result(f"{said}.", style="bold green" if not (unmade or warnings) else "bold yellow")
    work.console.say("Next: invoke cleanup")
