"""A dump that the user gives, put into a scratch database of the temp server.

Its statements go over a connection that has proven where it leads, one by one; nothing in a dump can send them
elsewhere. Archives are turned into a script by `pg_restore`, which is given no database to connect to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from migrations_tools.engines.dumps.formats import Format, format_of, opened
from migrations_tools.engines.dumps.script import Command, CopyRows, DumpStatement, Part, parts
from migrations_tools.engines.postgres import Server
from migrations_tools.errors import CannotProceed
from migrations_tools.progress import Counted, silent

if TYPE_CHECKING:
    import psycopg

# Turns an archive of a format into a script, for the time of a block.
Converter: TypeAlias = Callable[[Path, Format], AbstractContextManager[IO[bytes]]]

# Without what needs roles, tablespaces or servers that are elsewhere; `--file -` prints.
OPTIONS = (
    "--no-owner",
    "--no-privileges",
    "--no-tablespaces",
    "--no-security-labels",
    "--no-publications",
    "--no-subscriptions",
    "--file",
    "-",
)

_MOST_TOLD = 5
_MOST_ERRORS = 50
_REFUSED = re.compile(
    r"(CREATE|ALTER|DROP) (DATABASE|TABLESPACE|SUBSCRIPTION)\b|ALTER SYSTEM\b|LOAD\b"
    r"|COPY\b.* (FROM|TO) (PROGRAM\b|'|E')"
)
_LEFT_OUT = re.compile(
    r"GRANT|REVOKE|REASSIGN OWNED|ALTER DEFAULT PRIVILEGES|SECURITY LABEL|DISCARD"
    r"|(?:CREATE|ALTER|DROP) (?:ROLE|USER(?! MAPPING)|GROUP|PUBLICATION)"
    r"|COMMENT ON (?:DATABASE|ROLE|TABLESPACE|SUBSCRIPTION|PUBLICATION)"
    r"|SET (?:SESSION |LOCAL )?(?:ROLE|SESSION AUTHORIZATION|DEFAULT_TABLESPACE)"
    r"|RESET (?:ROLE|SESSION AUTHORIZATION|ALL)"
)
_OWNER = re.compile(r"ALTER .* OWNER TO ")
_OF_EXTENSIONS = re.compile(r"(CREATE|ALTER) EXTENSION|COMMENT ON EXTENSION")
# psql's guard against commands in a dump's data (PostgreSQL 17.6): it has none to guard here.
_HARMLESS = re.compile(r"\\(un)?restrict\s")


@dataclass(frozen=True, slots=True)
class Restored:
    """How many statements a dump had, and how many of which kind were left out: what is about roles and owners."""

    statements: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def restore(server: Server, database: str, path: Path, convert: Converter, tell: Counted = silent) -> Restored:
    """Put a dump into a scratch database of the temp server, as the role that its databases belong to.

    Plain SQL (also compressed by gzip) is looked through first. Raises CannotProceed, with lines, when it holds what
    would lead to another database or out of it; then nothing ran. Raises it too when statements fail, with the first.
    `tell` gets how many statements and megabytes of rows are in; how many there are is not known before.
    """
    format_ = format_of(path)
    if format_ == "plain":
        with opened(path) as file:
            check(path, parts(file))
    with _script(path, format_, convert) as lines, server.connect(database) as connection:
        return _Run(connection, server.owner, path, tell).all(parts(lines))


@contextmanager
def _script(path: Path, format_: Format, convert: Converter) -> Iterator[IO[bytes]]:
    with opened(path) if format_ == "plain" else convert(path, format_) as file:
        yield file


def check(path: Path, script: Iterable[Part]) -> None:
    """Look a script through. Raises CannotProceed with what would lead out of its database, by line."""
    found = [(part.line, words) for part in script if not isinstance(part, CopyRows) and (words := refusal(part))]
    if found:
        more = f" and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
        lines = ", ".join(f"{words} in line {line}" for line, words in found[:_MOST_TOLD])
        raise CannotProceed(
            f"The dump {path} was not restored: it would leave the scratch database by {lines}{more}.",
            tip="Dump the one database without --create and not by pg_dumpall, or take the lines out.",
        )


def refusal(part: DumpStatement | Command) -> str:
    """Return what of a part may not run, in its own words; "" when it may."""
    if isinstance(part, Command):
        return "" if _HARMLESS.match(f"{part.text} ") else f"`{part.text.split()[0]}`"
    return f"`{' '.join(part.head.split()[:2])}`" if _REFUSED.match(part.words) else ""


def left_out(statement: DumpStatement) -> str:
    """Return the kind of a statement that is left out; "" when it is not."""
    match = _LEFT_OUT.match(statement.words)
    if match:
        return match.group()
    return "ALTER … OWNER TO" if _OWNER.match(statement.words) else ""


@dataclass(slots=True)
class _Run:
    """The run of a script on a connection: what was left out of it, and what failed."""

    connection: psycopg.Connection[Any]
    owner: str
    path: Path
    tell: Counted = silent
    count: int = 0
    size: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def all(self, script: Iterator[Part]) -> Restored:
        """Run every statement. Raises CannotProceed with the first errors."""
        self.connection.execute(b"SET synchronous_commit = off; " + self._become_owner())
        for part in script:
            if isinstance(part, DumpStatement):
                self._statement(part, script)
            elif isinstance(part, Command):
                check(self.path, [part])
            if len(self.errors) >= _MOST_ERRORS:
                break
        if self.errors:
            raise CannotProceed(self._sentences(), tip=_TIP)
        return Restored(self.count, dict(sorted(self.skipped.items())))

    def _sentences(self) -> list[str]:
        count = len(self.errors)
        many = f"{count} or more" if count >= _MOST_ERRORS else str(count)
        told = "its error" if count == 1 else "the first errors" if count > _MOST_TOLD else "the errors"
        head = f"The dump {self.path} could not be restored: of its statements, {many} failed; {told}:"
        return [head, *self.errors[:_MOST_TOLD]]

    def _become_owner(self) -> bytes:
        """Return the statement that makes what is made the owner's; empty where the connection is the owner's own."""
        from psycopg import sql

        return sql.SQL("SET ROLE {}").format(sql.Identifier(self.owner)).as_bytes() if self.owner else b""

    def _statement(self, statement: DumpStatement, script: Iterator[Part]) -> None:
        from psycopg import Error

        check(self.path, [statement])
        kind = left_out(statement)
        if kind:
            self.skipped[kind] += 1
            return
        self.count += 1
        self._say()
        try:
            self._run(statement, script)
        except Error as error:
            if self.connection.closed:
                raise CannotProceed(f"Line {statement.line} of {self.path} ended the connection: {error}.") from error
            if _may_fail(statement.words, error.sqlstate or ""):
                self.skipped[statement.head] += 1
            else:
                said = (error.diag.message_primary or str(error)).strip()
                self.errors.append(f"Line {statement.line}, {statement.head}: {said}.")

    def _run(self, statement: DumpStatement, script: Iterator[Part]) -> None:
        if statement.takes_rows:
            self._copy(statement, script)
        elif self.owner and _OF_EXTENSIONS.match(statement.words):
            # Some want a superuser, which the application's role is not. Sent as one, they take effect as one.
            self.connection.execute(b"RESET ROLE; " + statement.text + b" " + self._become_owner())
        else:
            self.connection.execute(statement.text)

    def _copy(self, statement: DumpStatement, script: Iterator[Part]) -> None:
        """Hand the rows over; those of a COPY that fails stay in the script, where nothing asks for them."""
        with self.connection.cursor() as cursor, cursor.copy(statement.text) as copy:
            for part in script:
                if isinstance(part, CopyRows):
                    copy.write(part.data)
                    self.size += len(part.data)
                    self._say()
                    if part.is_last:
                        return

    def _say(self) -> None:
        self.tell(self.count, 0, f"statements, {self.size / 1e6:.1f} MB of rows, of {self.path.name}")


def _may_fail(words: str, state: str) -> bool:
    """Return whether a statement may fail: an older server's unknown setting, what is there already, a comment."""
    return (
        (words.startswith("SET ") and state == "42704")
        or (words.startswith("CREATE SCHEMA") and state == "42P06")
        or (words.startswith("COMMENT ON") and state == "42501")
    )


_TIP = (
    "A statement that needs an extension or a newer PostgreSQL than the temp server's is the usual cause;"
    " pg_dump without the tables or schemas that are not needed, or mend the file."
)
