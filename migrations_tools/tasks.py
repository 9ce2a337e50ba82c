"""The tasks: `invoke isolate generate validate`, then `invoke cleanup`.

Each task works alone, in a chain, or tomorrow: what passes between them is the journal on disk. Imports stand
inside the functions so that listing the tasks costs next to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Collection, Context, Exit, task

from migrations_tools import settings
from migrations_tools.errors import CannotProceed, MigrationsToolsError

if TYPE_CHECKING:
    from migrations_tools.journal import Journal
    from migrations_tools.steps.work import Work


@contextmanager
def _working(context: Context, name: str, locked: bool = True) -> Iterator[Work]:
    """Open a task's tools and turn what goes wrong into an exit code: the one place where that happens."""
    from migrations_tools.inapp.client import ProbeError
    from migrations_tools.journal import Journal
    from migrations_tools.report.console import Console
    from migrations_tools.steps.work import Work

    try:
        root = settings.find_root(Path.cwd())
        loaded = settings.load(context.config[settings.SECTION])
        journal = Journal(root, loaded.suffix)
        work = Work(root, loaded, journal, Console(name), bool(context.config.run.dry))
        if not locked or work.dry:
            yield work
            return
        with journal.lock(name):
            yield work
    except ProbeError as error:
        _explain(error)
        _keep_traceback(journal, error)
        raise Exit(code=error.exit_code) from error
    except MigrationsToolsError as error:
        _explain(error)
        raise Exit(code=error.exit_code) from error
    except OSError as error:
        _explain(CannotProceed(f"The system refused: {error}.", tip=_REFUSED))
        raise Exit(code=CannotProceed.exit_code) from error
    except KeyboardInterrupt:
        _print_error("\nInterrupted. What was made is in the journal: `invoke cleanup` removes it.")
        raise Exit(code=130) from None


_REFUSED = (
    "Is there room on the disk, and may this user do that?"
    " What was made is in the journal: `invoke cleanup` removes it."
)


def _print_error(text: str) -> None:
    from migrations_tools.secrets import harmless

    sys.stderr.write(harmless(text) + "\n")


def _explain(error: MigrationsToolsError) -> None:
    lines = [*error.reasons, *(f"  {line}" for line in getattr(error, "output", "").splitlines())]
    _print_error("\n".join(["ERROR: " + lines[0], *lines[1:]]))
    if error.tip:
        _print_error(f"TIP: {error.tip}")


def _keep_traceback(journal: Journal, error: MigrationsToolsError) -> None:
    """Keep the application's own traceback, where there is one, in the tool's folder."""
    trace = getattr(error, "traceback", "")
    if trace:
        journal.prepare()
        journal.error_path.write_text(trace, encoding="utf-8")
        _print_error(f"  the whole traceback: {journal.error_path}")


@task
def doctor(context: Context) -> None:
    """Say what was found and what is missing; start nothing."""
    from migrations_tools.steps.look import doctor as look

    with _working(context, "doctor", locked=False) as work:
        look(work)


_POSTGRES = "Another PostgreSQL than the project's: a major version (17), or an image (pgvector/pgvector:pg17)."


@task(help={"postgres": _POSTGRES})
def isolate(context: Context, postgres: str = "") -> None:
    """Start a temp copy of the stack beside it. Needs Docker."""
    from migrations_tools.steps.isolate import isolate as run

    with _working(context, "isolate") as work:
        run(work, postgres)


_MESSAGE = "The message of the new revision; made from its operations when empty."
_ALLOW = "A drop that is meant, as CODE:object; may be given several times."


_HEAD = "The head that the new revision is to stand on, when there are several."


_RENAME = "A column that is renamed, not dropped, as TABLE.OLD=NEW; may be given several times."
_RENAME_TABLE = "A table that is renamed, not dropped, as OLD=NEW; may be given several times."
_BACKFILL = "What existing rows get in a column that is NOT NULL, as TABLE.COLUMN=SQL; may be given several times."
_DATA = "A dump of real rows, as pg_dump wrote it, to execute revisions with instead of made ones."
_WISHES = {"allow": _ALLOW, "rename": _RENAME, "rename_table": _RENAME_TABLE, "backfill": _BACKFILL}


@task(help={"message": _MESSAGE, "head": _HEAD, "data": _DATA, **_WISHES}, iterable=list(_WISHES))
def generate(
    context: Context,
    message: str = "",
    head: str = "",
    data: str = "",
    allow: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    rename: list[str] = [],  # noqa: B006 - the same
    rename_table: list[str] = [],  # noqa: B006 - the same
    backfill: list[str] = [],  # noqa: B006 - the same
) -> None:
    """Write the missing migration, reviewed. Needs `isolate`."""
    from migrations_tools.steps.generate import generate as run
    from migrations_tools.steps.wishes import parse_wishes

    with _working(context, "generate") as work:
        wishes = parse_wishes(rename, rename_table, backfill)
        run(work, message, head, list(allow), write=not work.dry, wishes=wishes, data=data)


_FILE = "A revision file or revision to review, may be given several times; else what the base branch does not have."
_SINCE = "Review what comes after this revision of the history, or this branch or commit of git."


@task(help={"file": _FILE, "since": _SINCE, "allow": _ALLOW, "data": _DATA}, iterable=["file", "allow"])
def review(
    context: Context,
    file: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    since: str = "",
    allow: list[str] = [],  # noqa: B006 - the same
    data: str = "",
) -> None:
    """Review revision files that exist, by executing them."""
    from migrations_tools.steps.review import review as run

    with _working(context, "review") as work:
        run(work, list(file), since, list(allow), data)


_STAIRWAY = "Which revisions go up, down and up again: `new`, `all`, or REV..REV."


_UPGRADED = "A dump, as pg_dump wrote it, that is upgraded from its own revision."


@task(help={"stairway": _STAIRWAY, "data": _UPGRADED, "catalog": "A file to keep the catalogs in, for `compare`."})
def validate(context: Context, stairway: str = "", data: str = "", catalog: str = "") -> None:
    """Install again from nothing and prove it. Needs `isolate`."""
    from migrations_tools.steps.validate import validate as run

    with _working(context, "validate") as work:
        run(work, stairway, data, catalog)


@task(help={"catalog": "A file that `validate --catalog` wrote; may be given several times."}, iterable=["catalog"])
def compare(context: Context, catalog: list[str] = []) -> None:  # noqa: B006 - Invoke fills it, nothing here changes it
    """Say in what the catalogs of fresh installs differ."""
    from migrations_tools.steps.compare import compare_files as run

    with _working(context, "compare", locked=False) as work:
        run(work, [Path(name) for name in catalog])


@task
def cleanup(context: Context) -> None:
    """Remove the temp stack, exactly; works after any crash."""
    from migrations_tools.steps.cleanup import cleanup as run

    with _working(context, "cleanup") as work:
        run(work)


@task
def status(context: Context) -> None:
    """Say what stands, how far the run got, what comes next."""
    from migrations_tools.steps.look import status as look

    with _working(context, "status", locked=False) as work:
        look(work)


@task(help={"command": "SQL to run instead of opening a client."})
def psql(context: Context, command: str = "") -> None:
    """Open a client on the temp database. Needs `isolate`."""
    from migrations_tools.steps.look import psql as run

    with _working(context, "psql", locked=False) as work:
        run(work, command)


@task(help=_WISHES, iterable=list(_WISHES))
def check(
    context: Context,
    allow: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    rename: list[str] = [],  # noqa: B006 - the same
    rename_table: list[str] = [],  # noqa: B006 - the same
    backfill: list[str] = [],  # noqa: B006 - the same
) -> None:
    """Say whether a migration is missing; write none. Needs Docker."""
    from migrations_tools.steps.check import check as run
    from migrations_tools.steps.wishes import parse_wishes

    with _working(context, "check") as work:
        run(work, list(allow), parse_wishes(rename, rename_table, backfill))


_OUTPUT = (
    "A file to write, its form told by its name: .html, .md, .xml (JUnit), .sarif, .json; may be given several times."
)


@task(
    help={"output": _OUTPUT, "form": "The form, where no name tells it: html, markdown, junit, sarif, json."},
    iterable=["output"],
)
def report(context: Context, output: list[str] = [], form: str = "") -> None:  # noqa: B006 - Invoke fills it, nothing here changes it
    """Give the last run's record as a page, for CI, or as JSON."""
    from migrations_tools.steps.report import report as run

    with _working(context, "report", locked=False) as work:
        run(work, list(output), form)


@task(help={"yes": "Write without asking."})
def init(context: Context, yes: bool = False) -> None:
    """Write a commented invoke.yaml for the project, after asking."""
    from migrations_tools.steps.init import init as run

    with _working(context, "init", locked=False) as work:
        run(work, yes)


ns = Collection(doctor, isolate, generate, review, validate, compare, cleanup, status, psql, check, report, init)
ns.configure(settings.defaults(settings.find_root(Path.cwd())))
