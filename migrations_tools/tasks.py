"""The tasks: `invoke isolate generate validate`, then `invoke cleanup`.

Each task works alone, in a chain, or tomorrow: what passes between them is the journal on disk. Imports stand
inside the functions so that listing the tasks costs next to nothing.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke import Collection, Context, Exit, task

from migrations_tools import setting_sources, settings
from migrations_tools.errors import SEE_DOCTOR, CannotProceed, MigrationsToolsError

if TYPE_CHECKING:
    from migrations_tools.journal import Journal
    from migrations_tools.sandbox.session import Session

# A short life with many imports: the collector's rounds take a fifth of the start, and one more at the end.
gc.set_threshold(100_000, 50, 100)
atexit.register(gc.freeze)


@contextmanager
def _working(context: Context, name: str, locked: bool = True, quiet: bool = False) -> Iterator[Session]:
    """Open a task's tools and turn what goes wrong into an exit code: the one place where that happens.

    `--dry` is asked for to see something, so that it makes nothing quiet.
    """
    from migrations_tools.inapp.probe_client import ProbeError
    from migrations_tools.journal import Journal
    from migrations_tools.report.console import Console
    from migrations_tools.sandbox.session import Session

    try:
        root = settings.find_root(Path.cwd())
        loaded = settings.load(context.config[settings.SECTION])
        journal = Journal(root, loaded.suffix)
        dry = bool(context.config.run.dry)
        session = Session(root, loaded, journal, Console(name, (quiet or loaded.quiet) and not dry), dry)
        if not locked or session.dry:
            yield session
            return
        with journal.lock(name):
            yield session
    except ProbeError as error:
        _explain(error)
        _keep_traceback(journal, error)
        raise Exit(code=error.exit_code) from error
    except MigrationsToolsError as error:
        _explain(error, name)
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
    sys.stderr.write(_shown(text) + "\n")


def _shown(text: str) -> str:
    # Not masked here: a line to paste may name a secret, as `environment: {SECRET_KEY: change-me}` does.
    from migrations_tools.secrets import harmless

    return harmless(text)


def _explain(error: MigrationsToolsError, task: str = "") -> None:
    _print_error(_words(error, task))


def _words(error: MigrationsToolsError, task: str = "") -> str:
    lines = [*error.reasons, *(f"  {line}" for line in getattr(error, "output", "").splitlines())]
    # `doctor` itself does not send anybody to `doctor`.
    tip = [] if not error.tip or (task == "doctor" and error.tip == SEE_DOCTOR) else [f"TIP: {error.tip}"]
    return "\n".join(["ERROR: " + lines[0], *lines[1:], *tip])


def _keep_traceback(journal: Journal, error: MigrationsToolsError) -> None:
    """Keep the application's own traceback, where there is one, in the tool's folder."""
    trace = getattr(error, "traceback", "")
    if trace:
        from migrations_tools.files import write_whole

        journal.prepare()
        write_whole(journal.error_path, trace, mode=0o600)
        _print_error(f"  the whole of it: {journal.error_path}")


_QUIET = "Print nothing but {}; errors still go to standard error."


@task(help={"quiet": _QUIET.format("whether the stack can be isolated, and warnings")})
def doctor(context: Context, quiet: bool = False) -> None:
    """Report what was found and what is missing; start nothing."""
    from migrations_tools.commands.inspect import doctor as look

    with _working(context, "doctor", locked=False, quiet=quiet) as session:
        look(session)


_POSTGRES = "Another PostgreSQL than the project's: a major version (17), or an image (pgvector/pgvector:pg17)."


@task(help={"postgres": _POSTGRES, "quiet": _QUIET.format("the copy's address")})
def isolate(context: Context, postgres: str = "", quiet: bool = False) -> None:
    """Start a temp copy of the stack beside the running one."""
    from migrations_tools.commands.isolate import isolate as run

    with _working(context, "isolate", quiet=quiet) as session:
        run(session, postgres)


_MESSAGE = "The message of the new revision; made from its operations when empty."
_ALLOW = "A drop that is meant, as CODE:object; may be given several times."


_HEAD = "The head that the new revision is to stand on, when there are several."


_RENAME = "A column that is renamed, not dropped, as TABLE.OLD=NEW; may be given several times."
_RENAME_TABLE = "A table that is renamed, not dropped, as OLD=NEW; may be given several times."
_BACKFILL = "What existing rows get in a column that is NOT NULL, as TABLE.COLUMN=SQL; may be given several times."
_USING = "How values become those of a column's new type, as TABLE.COLUMN=SQL; may be given several times."
_DATA = "A dump of real rows, as pg_dump wrote it, to execute revisions with instead of made ones."
_IMPORT = "A module with models that env.py does not import; may be given several times."
_WISHES = {
    "allow": _ALLOW,
    "rename": _RENAME,
    "rename_table": _RENAME_TABLE,
    "backfill": _BACKFILL,
    "using": _USING,
    "import_": _IMPORT,
}


_QUIET_WRITE = _QUIET.format("the files, what was held back, and findings that are more than notes")


@task(
    help={"message": _MESSAGE, "head": _HEAD, "data": _DATA, "quiet": _QUIET_WRITE, **_WISHES}, iterable=list(_WISHES)
)
def generate(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    context: Context,
    message: str = "",
    head: str = "",
    data: str = "",
    allow: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    rename: list[str] = [],  # noqa: B006 - the same
    rename_table: list[str] = [],  # noqa: B006 - the same
    backfill: list[str] = [],  # noqa: B006 - the same
    using: list[str] = [],  # noqa: B006 - the same
    import_: list[str] = [],  # noqa: B006 - the same
    quiet: bool = False,
) -> None:
    """Write the missing migration, reviewed. Needs `isolate`."""
    from migrations_tools.autogenerate.options import parse_hints
    from migrations_tools.commands.generate import generate as run

    with _working(context, "generate", quiet=quiet) as session:
        wishes = parse_hints(rename, rename_table, backfill, using)
        run(session, message, head, list(allow), write=not session.dry, wishes=wishes, data=data, imports=list(import_))


_FILE = "A revision file or revision to review, may be given several times; else what the base branch does not have."
_SINCE = "Review what comes after this revision of the history, or this branch or commit of git."


@task(
    help={
        "file": _FILE,
        "since": _SINCE,
        "allow": _ALLOW,
        "data": _DATA,
        "quiet": _QUIET.format("findings that are more than notes, and what was not checked"),
    },
    iterable=["file", "allow"],
)
def review(
    context: Context,
    file: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    since: str = "",
    allow: list[str] = [],  # noqa: B006 - the same
    data: str = "",
    quiet: bool = False,
) -> None:
    """Review revision files that exist, by executing them."""
    from migrations_tools.commands.review import review as run

    with _working(context, "review", quiet=quiet) as session:
        run(session, list(file), since, list(allow), data)


_STAIRWAY = "Which revisions go up, down and up again: `new`, `all`, or REV..REV."


_UPGRADED = "A dump, as pg_dump wrote it, that is upgraded from its own revision."


@task(
    help={
        "stairway": _STAIRWAY,
        "data": _UPGRADED,
        "catalog": "A file to keep the catalogs in, for `compare`.",
        "quiet": _QUIET.format("the verdict, and each proof that failed or was not made"),
    }
)
def validate(context: Context, stairway: str = "", data: str = "", catalog: str = "", quiet: bool = False) -> None:
    """Install again from nothing and prove it. Needs `isolate`."""
    from migrations_tools.commands.validate import validate as run

    with _working(context, "validate", quiet=quiet) as session:
        run(session, stairway, data, catalog)


@task(
    help={
        "catalog": "A file that `validate --catalog` wrote; may be given several times.",
        "quiet": _QUIET.format("what differs"),
    },
    iterable=["catalog"],
)
def compare(
    context: Context,
    catalog: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    quiet: bool = False,
) -> None:
    """Report in what the catalogs of fresh installs differ."""
    from migrations_tools.commands.compare import compare_files as run

    with _working(context, "compare", locked=False, quiet=quiet) as session:
        run(session, [Path(name) for name in catalog])


@task(help={"quiet": _QUIET.format("what remains, and what is not as it was")})
def cleanup(context: Context, quiet: bool = False) -> None:
    """Remove the temp stack, exactly; works after any crash."""
    from migrations_tools.commands.cleanup import cleanup as run

    with _working(context, "cleanup", quiet=quiet) as session:
        run(session)


@task(help={"quiet": _QUIET.format("the line that says what stands")})
def status(context: Context, quiet: bool = False) -> None:
    """Report what stands, how far the run got, what comes next."""
    from migrations_tools.commands.inspect import status as look

    with _working(context, "status", locked=False, quiet=quiet) as session:
        look(session)


@task(help={"command": "SQL to run instead of opening a client."})
def psql(context: Context, command: str = "") -> None:
    """Open a client on the temp database. Needs `isolate`."""
    from migrations_tools.commands.inspect import psql as run

    with _working(context, "psql", locked=False) as session:
        run(session, command)


@task(
    help={"quiet": _QUIET.format("what is missing, what was held back, and other findings"), **_WISHES},
    iterable=list(_WISHES),
)
def check(
    context: Context,
    allow: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    rename: list[str] = [],  # noqa: B006 - the same
    rename_table: list[str] = [],  # noqa: B006 - the same
    backfill: list[str] = [],  # noqa: B006 - the same
    using: list[str] = [],  # noqa: B006 - the same
    import_: list[str] = [],  # noqa: B006 - the same
    quiet: bool = False,
) -> None:
    """Report whether a migration is missing; write none."""
    from migrations_tools.autogenerate.options import parse_hints
    from migrations_tools.commands.check import check as run

    with _working(context, "check", quiet=quiet) as session:
        run(session, list(allow), parse_hints(rename, rename_table, backfill, using), list(import_))


_OUTPUT = (
    "A file to write, its form told by its name: .html, .md, .xml (JUnit), .sarif, .json; may be given several times."
)


@task(
    help={
        "output": _OUTPUT,
        "form": "The form, where no name tells it: html, markdown, junit, sarif, json.",
        "quiet": _QUIET.format("the record, where no file is asked for"),
    },
    iterable=["output"],
)
def report(
    context: Context,
    output: list[str] = [],  # noqa: B006 - Invoke fills it, nothing here changes it
    form: str = "",
    quiet: bool = False,
) -> None:
    """Show the last run's record, or write it to files for CI."""
    from migrations_tools.commands.report import report as run

    with _working(context, "report", locked=False, quiet=quiet) as session:
        run(session, list(output), form)


@task(help={"yes": "Write without asking.", "quiet": _QUIET.format("what was written (with `--yes`; else it asks)")})
def init(context: Context, yes: bool = False, quiet: bool = False) -> None:
    """Write a commented invoke.yaml for the project, after asking."""
    from migrations_tools.commands.init import init as run

    with _working(context, "init", locked=False, quiet=quiet and yes) as session:
        run(session, yes)


def _defaults() -> dict[str, Any]:
    """Return the lowest level of Invoke's configuration, read when the tasks are imported.

    Raises Exit with the reasons: Invoke prints its message, where of any other exception it prints a traceback.
    """
    try:
        return setting_sources.defaults(settings.find_root(Path.cwd()), os.environ)
    except CannotProceed as error:
        raise Exit(_shown(_words(error)), code=error.exit_code) from error


ns = Collection(doctor, isolate, generate, review, validate, compare, cleanup, status, psql, check, report, init)
ns.configure(_defaults())
