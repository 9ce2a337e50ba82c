"""The models' DDL as a script, run on a scratch database; a statement that fails is left out, and told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrations_tools.catalog import qualified
from migrations_tools.engines.own_types import copy_schema, copy_type
from migrations_tools.engines.postgres import Server
from migrations_tools.secrets import masked

if TYPE_CHECKING:
    import psycopg

_NAME = r'((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)'
# What SQLAlchemy's own statements make: a table, an index on a table, a constraint of a table, a type.
_MAKES = (
    re.compile(rf"\s*CREATE TABLE {_NAME} \("),
    re.compile(rf"\s*CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?{_NAME} ON {_NAME} "),
    re.compile(rf"\s*ALTER TABLE {_NAME} ADD CONSTRAINT {_NAME} "),
    re.compile(rf"\s*CREATE (?:TYPE|DOMAIN|SEQUENCE) {_NAME} "),
)
# SQLSTATE of what only the history makes: a type (42704), a schema (3F000).
_LACKING = {"42704": (re.compile(r'^type "(.+?)(?:\[\])*" does not exist'), copy_type)}
_LACKING["3F000"] = (re.compile(r'^schema "(.+)" does not exist'), copy_schema)


@dataclass(frozen=True, slots=True)
class FailedStatement:
    """A statement that the server refused, and its words."""

    error: str
    statement: str

    @property
    def names(self) -> tuple[str, ...]:
        """What the statement would have made, and its table; as catalogs print names."""
        found = next((match for each in _MAKES if (match := each.match(self.statement))), None)
        return tuple(_printed(name) for name in found.groups()) if found else ()

    @property
    def paths(self) -> Iterator[str]:
        """The table that could not be made, or the part of a table."""
        names = self.names
        if len(names) == 1:
            yield names[0]
        elif names:
            table, part = names if self.statement.lstrip().startswith("ALTER") else names[::-1]
            yield f"{table}.{part.rpartition('.')[2]}"


def run_script(server: Server, source: str, database: str, script: Mapping[str, Any]) -> tuple[FailedStatement, ...]:
    """Run a script; return the statements that fail, all others done.

    A type or schema that it wants and does not make is the history's own: it is made as `source` has it.
    """
    import psycopg

    with server.connect(database) as connection:
        _as_the_project(connection, server, script)
        try:
            connection.execute(";\n".join(script["statements"]).encode())
        except psycopg.Error:
            # The server has taken all of it back: once more, to see which statement it is.
            return tuple(_run_singly(connection, server, (source, database), script["statements"]))
    return ()


def _as_the_project(connection: psycopg.Connection[Any], server: Server, script: Mapping[str, Any]) -> None:
    import psycopg

    for name, value in script["settings"].items():
        connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
    if script["role"] != server.user:
        connection.execute(psycopg.sql.SQL("SET ROLE {}").format(psycopg.sql.Identifier(script["role"])))


def _run_singly(
    connection: psycopg.Connection[Any], server: Server, places: tuple[str, str], statements: Sequence[str]
) -> Iterator[FailedStatement]:
    import psycopg

    for statement in statements:
        supplied: set[str] = set()
        while True:
            try:
                connection.execute(statement.encode())
            except psycopg.Error as error:
                if connection.closed:
                    raise
                lacking = _lacking(error)
                if lacking and lacking not in supplied and _supply(server, places, error):
                    supplied.add(lacking)
                    continue
                said = masked(str(error).partition("\n")[0])
                yield FailedStatement(f"{type(error).__name__}: {said}", masked(" ".join(statement.split())))
            break


def _lacking(error: psycopg.Error) -> str:
    """Name the type or schema that a statement lacks; empty where it is something else."""
    pattern, _ = _LACKING.get(error.sqlstate or "", (None, None))
    found = pattern.match(error.diag.message_primary or "") if pattern else None
    return found[1] if found else ""


def _supply(server: Server, places: tuple[str, str], error: psycopg.Error) -> bool:
    copy = _LACKING[error.sqlstate or ""][1]
    return copy(server, *places, _lacking(error))


def _printed(name: str) -> str:
    """Write a name of a statement as catalogs print it."""
    parts = [part.strip('"') for part in re.findall(r'"[^"]+"|\w+', name)]
    return qualified(*parts) if len(parts) > 1 else parts[0]
