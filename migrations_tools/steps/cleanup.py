"""cleanup: remove every trace of the run, and prove that nothing else changed."""

from __future__ import annotations

from pathlib import Path

from migrations_tools.errors import Found
from migrations_tools.files import partial
from migrations_tools.journal import Run
from migrations_tools.proofs.files import files_unchanged
from migrations_tools.proofs.proof import FAILED, Proof
from migrations_tools.report import record
from migrations_tools.report.terminal import show_proofs
from migrations_tools.steps import engines
from migrations_tools.steps.work import Work


def cleanup(work: Work) -> None:
    """Remove every trace of the run but its last report and the new revision files.

    Works after any crash, and twice. Raises Found when something else is not as it was before.
    """
    run = work.journal.read()
    if run is None:
        engines.refuse_lost(work)
        if not work.dry:
            # A file of a copy whose journal somebody deleted may hold passwords.
            work.journal.forget()
        work.console.say("Nothing to clean up: no temp stack stands.")
        return
    if work.dry:
        title = f"Would be removed, if it exists and is marked as {run.temp_project}'s"
        work.console.table(title, ("kind", "name"), run.made)
        work.console.say("Dry run: nothing was removed.")
        return
    proofs = remove_everything(work, run)
    if record.exists(work.journal, run):
        gone = [{"kind": kind, "name": name} for kind, name in run.made if kind != "file"]
        record.note(work.journal, run, work.console.steps, removed=gone)
    show_proofs(work.console, proofs)
    kept = ", ".join(item["path"] for item in run.generated if (work.root / item["path"]).exists())
    work.console.result(f"Clean. What remains: {kept or 'nothing'}.")
    if any(proof.outcome == FAILED for proof in proofs):
        raise Found("Something outside the temp stack is not as it was before the run; see above.")


def remove_everything(work: Work, run: Run) -> list[Proof]:
    """Remove what the run made, then its journal; give the proofs that all else is as it was."""
    proofs = [*engines.remove(work, run), files_unchanged(run.hashes, work.root)]
    for path in run.names("file"):
        partial(Path(path)).unlink(missing_ok=True)
    work.journal.forget()
    return proofs
