"""cleanup: remove every trace of the run, and prove that nothing else changed."""

from __future__ import annotations

from pathlib import Path

from migrations_tools.errors import Found
from migrations_tools.files import partial
from migrations_tools.journal import Run
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
    proofs = remove_everything(session, run)
    if record.exists(session.journal, run):
        gone = [{"kind": kind, "name": name} for kind, name in run.made if kind != "file"]
        record.note(session.journal, run, session.console.steps, removed=gone)
    show_proofs(session.console, proofs)
    kept = ", ".join(item["path"] for item in run.generated if (session.root / item["path"]).exists())
    session.console.result(f"Clean. What remains: {kept or 'nothing'}.")
    if any(proof.outcome == FAILED for proof in proofs):
        raise Found("Something outside the temp stack is not as it was before the run; see above.")


def remove_everything(session: Session, run: Run) -> list[Proof]:
    """Remove what the run made, then its journal; give the proofs that all else is as it was."""
    proofs = [*select.remove(session, run), files_unchanged(run.hashes, session.root)]
    for path in run.names("file"):
        partial(Path(path)).unlink(missing_ok=True)
    session.journal.forget()
    return proofs
