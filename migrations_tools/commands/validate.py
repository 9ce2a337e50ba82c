"""validate: the fresh install from nothing, and its proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from migrations_tools.autogenerate.options import existing_dump
from migrations_tools.commands import application_proofs, compare
from migrations_tools.errors import Found
from migrations_tools.http_settings import Access
from migrations_tools.proofs.project_files import files_unchanged
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, Proof, attempted
from migrations_tools.report import record
from migrations_tools.report.generate_result import open_words
from migrations_tools.report.terminal import show_proofs
from migrations_tools.sandbox import select
from migrations_tools.sandbox.protocol import Installation, Sandbox
from migrations_tools.sandbox.session import Session, busy, read_standing, with_imports
from migrations_tools.trial import schema_proofs, upgrade_path
from migrations_tools.trial.install import install
from migrations_tools.trial.record_parts import installed_parts
from migrations_tools.trial.scratch import ScratchDatabases


def validate(session: Session, stairs: str = "", data: str = "", catalog: str = "") -> None:
    """Install everything again from nothing and prove that it works.

    `stairs` says which revisions go up, down and up again, where it is not as the setting says; `data` is a
    dump that is to be upgraded; `catalog` a file that the catalogs of the fresh install are kept in.

    Raises Found when a proof fails; what was started stays up for inspection.
    """
    read_standing(session, "validate")
    session = with_imports(session)
    wanted = _Wanted(
        stairs or session.settings.stairway,
        existing_dump(data),
        compare.file_to_keep(catalog),
        application_proofs.read_access(session.settings),
    )
    with session.console.step("Reading what stands, and whether it is apart", brief=True):
        sandbox = select.of_run(session).reopen()
        if not session.dry:
            sandbox.verify()
    if session.dry:
        session.console.say(sandbox.dry_words())
        session.console.say("Dry run: nothing was touched.")
        return
    with busy(session):
        installation = sandbox.reinstall()
        proofs, parts = _prove(sandbox, installation, wanted)
        session.journal.update(stage="validated")
    record.note(session.journal, session.console.steps, proofs=record.proofs_json(proofs), **parts)
    _report(session, proofs)


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


def _prove(sandbox: Sandbox, installation: Installation, wanted: _Wanted) -> tuple[list[Proof], dict[str, Any]]:
    console = sandbox.session.console
    with console.step("Starting a Python where the models are", brief=True):
        probe = sandbox.open_probe()
    with probe:
        with console.step("Checking the migrations"):
            installed = install(sandbox, probe, installation)
        installation.start_application()
        with console.step("Comparing the schema with the models'"):
            before = application_proofs.length(sandbox, installation)
            scratch = ScratchDatabases(sandbox, probe, sandbox.server(), installed)
            proofs, parts = schema_proofs.prove(scratch, wanted.stairs), installed_parts(scratch)
            if wanted.dump:
                proofs.append(attempted(upgrade_path.CLAIM, partial(upgrade_path.prove, scratch, wanted.dump)))
            if wanted.catalog:
                compare.keep(scratch, wanted.catalog)
            span = (before, application_proofs.length(sandbox, installation))
    with console.step("Asking the application"):
        client, answered = application_proofs.ask(sandbox, installation, wanted.access)
    with console.step("Looking at what is up, the logs, and the rest of the machine"):
        first, last = installation.first_proofs(), installation.last_proofs()
        clean = application_proofs.clean_logs(sandbox, installation.logs(), span, installed[0].since, client)
    unchanged = files_unchanged(sandbox.session.journal.run.hashes, sandbox.session.root)
    return [*first, *proofs, *answered, *clean, *last, unchanged], parts


# --- the report --------------------------------------------------------------------------------------------------


def _report(session: Session, proofs: Sequence[Proof]) -> None:
    show_proofs(session.console, proofs)
    failed = [proof.claim for proof in proofs if proof.outcome == FAILED]
    unmade = [proof.claim for proof in proofs if proof.outcome == NOT_CHECKED]
    if failed:
        raise Found(
            f"{len(failed)} of {len(proofs)} proofs failed: {'; '.join(failed)}.",
            tip="The temp stack stays up: `invoke psql` opens its database, `invoke status` names its containers for"
            " `docker logs`, `invoke cleanup` removes it.",
        )
    warnings = sum(len(proof.warnings) for proof in proofs)
    said = f"The fresh install works: {len(proofs) - len(unmade)} proofs"
    said += (f", {len(unmade)} not checked" if unmade else "") + (f", {warnings} warnings" if warnings else "")
    session.console.result(f"{said}.", style="bold green" if not (unmade or warnings) else "bold yellow")
    if held := open_words({f"{item['code']} {item['object']}": None for item in session.journal.run.held}):
        session.console.result(held, style="yellow")
    session.console.say("Next: invoke cleanup")
