"""The schema that the models' own DDL makes, on a scratch database beside each database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrations_tools import catalog
from migrations_tools.catalog import Catalog, Table
from migrations_tools.engines.functions import copy_functions
from migrations_tools.engines.postgres import Server, make_extensions
from migrations_tools.errors import CannotProceed
from migrations_tools.secrets import masked
from migrations_tools.trial.equal_defaults import spelled_alike
from migrations_tools.trial.scratch import ScratchDatabases

if TYPE_CHECKING:
    import psycopg

_MODELS = "creating the models' own schema"
_BASE = "creating the schema of the base branch's models"


@dataclass(frozen=True, slots=True)
class Models:
    """The schema that the models' own DDL makes, and the tables that env.py leaves out of comparisons; by database."""

    schemas: Mapping[str, Catalog]
    excluded: Mapping[str, set[str]]


def models_of(scratch: ScratchDatabases, actual: Mapping[str, Catalog], purpose: str = "models", **base: Any) -> Models:
    """Create the models' own schema beside each database; `actual` has the databases' own catalogs.

    `base` (`tree`, `inside`) makes it that of other models: those of the files in `tree`.
    Raises ProbeError or CannotProceed when the models' DDL fails, CannotProceed when an extension cannot be created.
    """
    return begin_models(scratch, actual, purpose, **base)()


def begin_models(
    scratch: ScratchDatabases, actual: Mapping[str, Catalog], purpose: str = "models", **base: Any
) -> Callable[[], Models]:
    """Do of `models_of` what needs the probe; what is given does the rest, for which another thread will do."""
    with ExitStack() as stack:
        copies = stack.enter_context(scratch.copies(purpose, scratch.databases))
        for name, copy in copies.items():
            make_extensions(scratch.server, copy, [extension.name for extension in actual[name].extensions])
            copy_functions(scratch.server, name, copy)
        excluded, scripts = _ask(scratch, copies, actual, base)
        made = stack.pop_all()

    def finish() -> Models:
        with made:
            for copy, script in scripts.items():
                run_script(scratch.server, copy, script, _BASE if base else _MODELS)
            schemas = {
                name: spelled_alike(scratch.server, copy, actual[name], scratch.read(copy))
                for name, copy in copies.items()
            }
            return Models(schemas, excluded)

    return finish


def _ask(
    scratch: ScratchDatabases, copies: Mapping[str, str], actual: Mapping[str, Catalog], base: Mapping[str, Any]
) -> tuple[dict[str, set[str]], dict[str, Mapping[str, Any]]]:
    """Create the models of every environment, or get the script that does, for each scratch database.

    Give the tables that all environments leave out, by database, and the scripts, by scratch database.
    """
    known = {copy: [known_table(table) for table in actual[name].tables] for name, copy in copies.items()}
    left_out: dict[str, list[set[str]]] = {copy: [] for copy in copies.values()}
    scripts: dict[str, Mapping[str, Any]] = {}
    for each in scratch.installed:
        filled = [copy for copy, found in left_out.items() if found]
        do, doing = ("base", _BASE) if base else ("metadata", _MODELS)
        # What is made beside the models of another environment looks at what is there first.
        alone = len(scratch.installed) == 1
        answer = scratch.ask(each, do, doing, copies, known=known, filled=filled, hand_over=alone, **base)
        for item in answer["passes"]:
            excluded = {catalog.qualified(where or "public", table) for where, table in item["excluded"]}
            left_out[item["database"]].append(excluded)
            if item["script"]:
                scripts[item["database"]] = item["script"]
    return {name: set.intersection(*left_out[copy]) for name, copy in copies.items()}, scripts


def run_script(server: Server, database: str, script: Mapping[str, Any], doing: str) -> None:
    """Run a script in one go. Raises CannotProceed with the server's error, and the statement that it is about."""
    import psycopg

    with server.connect(database) as connection:
        for name, value in script["settings"].items():
            connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
        if script["role"] != server.user:
            connection.execute(psycopg.sql.SQL("SET ROLE {}").format(psycopg.sql.Identifier(script["role"])))
        try:
            connection.execute(";\n".join(script["statements"]).encode())
        except psycopg.Error:
            # The server has taken all of it back: once more, to see which statement it is.
            _run_singly(connection, script["statements"], doing)


def _run_singly(connection: psycopg.Connection[Any], statements: Sequence[str], doing: str) -> None:
    import psycopg

    with connection.transaction():
        for statement in statements:
            try:
                connection.execute(statement.encode())
            except psycopg.Error as error:
                raise _failed(error, statement, doing) from error


def _failed(error: Exception, statement: str, doing: str) -> CannotProceed:
    said = masked(str(error).partition("\n")[0])
    return CannotProceed(
        [f"{type(error).__name__} while {doing}: {said}", f"  statement: {masked(' '.join(statement.split()))}"]
    )


def known_table(table: Table) -> tuple[str | None, str, dict[str, Any]]:
    """Return a table of the database as env.py is asked about it: schema, name, and its parts by Alembic's words."""
    keys = [each for each in table.constraints if each.type == "foreign key"]
    return (
        None if table.schema == "public" else table.schema,
        table.name,
        {
            "column": [column.name for column in table.columns],
            "index": {index.name: index.columns for index in table.indexes},
            "unique_constraint": {each.name: each.columns for each in table.constraints if each.type == "unique"},
            "foreign_key_constraint": {key.name: (key.columns, key.referenced_table) for key in keys},
        },
    )
