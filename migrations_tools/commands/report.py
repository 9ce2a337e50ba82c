"""report: the last run's record, in the form that somebody or something wants to read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from migrations_tools.errors import CannotProceed
from migrations_tools.files import write_whole
from migrations_tools.report import record
from migrations_tools.report.renderings import RENDERINGS, SUFFIXES
from migrations_tools.sandbox.session import Session, written


def report(session: Session, outputs: Sequence[str], form: str) -> None:
    """Write the last run's record to files, each in the form that its name tells, or print it.

    Raises CannotProceed when there is no record, or a file's name tells no form and none is given.
    """
    wanted = [(Path(name), form or SUFFIXES.get(Path(name).suffix, "")) for name in outputs]
    reasons = [f"The name {path} does not tell which form is wanted." for path, chosen in wanted if not chosen]
    if form and form not in RENDERINGS:
        reasons.append(f"There is no form {form!r}.")
    if reasons:
        raise CannotProceed(
            reasons, tip=f"Forms: {', '.join(RENDERINGS)}; names end in {', '.join(SUFFIXES)}, or give `--form`."
        )
    found = record.load(session.journal.report_path)
    if not wanted:
        sys.stdout.write(RENDERINGS[form or "markdown"](found))
    for path, chosen in wanted:
        with written(f"The report {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, RENDERINGS[chosen](found), mode=0o644)
        session.console.say(f"Wrote {path}", style="bold green")
