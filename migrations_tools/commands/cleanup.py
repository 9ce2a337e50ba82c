"""cleanup: remove every trace of the run, and prove that nothing else changed."""

from __future__ import annotations

from pathlib import Path

from migrations_tools.errors import Found
from migrations_tools.files import partial
from migrations_tools.proofs.project_files import files_unchanged
from migrations_tools.proofs.proof import FAILED, Proof
from migrations_tools.report import record
from migrations_tools.report.terminal import show_proofs
from migrations_tools.sandbox import select
from migrations_tools.sandbox.session import Session


def cleanup(session: Session) -> None:
    """Remove every trace of the run but its last report and the new revision files.

    Works after any crash, and twice. Raises Found when something else is not as it was before.
    """
    run = session.journal.read()
    if run is None:
        select.refuse_lost(session)
        if not session.dry:
            # A file of a copy whose journal somebody deleted may hold passwords.
            session.journal.forget()
        session.console.say("Nothing to clean up: no temp stack stands.")
        return
    if session.dry:
        title = f"Would be removed, if it exists and is marked as {run.temp_project}'s"
        session.console.table(title, ("kind", "name"), run.made)
        session.console.say("Dry run: nothing was removed.")
        return
    proofs = remove_everything(session)
    try:
        if record.exists(session.journal):
            gone = [{"kind": kind, "name": name} for kind, name in session.journal.run.made if kind != "file"]
            record.note(session.journal, session.console.steps, removed=gone)
    finally:
        session.journal.forget()
    show_proofs(session.console, proofs)
    kept = ", ".join(item["path"] for item in run.generated if (session.root / item["path"]).exists())
    session.console.result(f"Clean. What remains: {kept or 'nothing'}.")
    if any(proof.outcome == FAILED for proof in proofs):
        raise Found("Something outside the temp stack is not as it was before the run; see above.")


def remove_everything(session: Session) -> list[Proof]:
    """Remove what the run made, all but its journal; return the proofs that all else is as it was."""
    proofs = [*select.of_run(session).remove(), files_unchanged(session.journal.run.hashes, session.root)]
    for path in session.journal.run.names("file"):
        partial(Path(path)).unlink(missing_ok=True)
    return proofs
