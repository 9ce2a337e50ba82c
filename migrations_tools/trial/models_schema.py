"""The schema that the models' own DDL makes, on a scratch database beside each database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from migrations_tools import catalog
from migrations_tools.catalog import Catalog, Table
from migrations_tools.discovery import source_mentions
from migrations_tools.engines.functions import copy_functions
from migrations_tools.engines.postgres import make_extensions
from migrations_tools.errors import CannotProceed
from migrations_tools.trial.equal_defaults import spelled_alike
from migrations_tools.trial.models_script import FailedStatement, run_script
from migrations_tools.trial.scratch import ScratchDatabases

_MODELS = "creating the models' own schema"
_BASE = "creating the schema of the base branch's models"


@dataclass(frozen=True, slots=True)
class Models:
    """The schema that the models' own DDL makes, and what is left out of comparisons; by database.

    That is what env.py leaves out, and what could not be made, of which `unmade` tells why, in lines. `own` are the
    tables that env.py makes from the models itself.
    """

    schemas: Mapping[str, Catalog]
    excluded: Mapping[str, set[str]]
    unmade: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


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
        excluded, scripts, own_tables = _ask(scratch, copies, actual, base)
        made = stack.pop_all()

    def finish() -> Models:
        with made:
            failures: list[FailedStatement] = []
            for name, copy in copies.items():
                own = run_script(scratch.server, name, copy, scripts[copy]) if copy in scripts else ()
                excluded[name] |= {path for each in own for path in each.paths}
                failures += own
            if base and failures:
                first = failures[0]
                raise CannotProceed([f"{first.error} while {_BASE}", f"  statement: {first.statement}"])
            schemas = {
                name: spelled_alike(scratch.server, copy, actual[name], scratch.read(copy))
                for name, copy in copies.items()
            }
            return Models(schemas, excluded, _unmade(scratch, failures), own_tables)

    return finish


def _ask(
    scratch: ScratchDatabases, copies: Mapping[str, str], actual: Mapping[str, Catalog], base: Mapping[str, Any]
) -> tuple[dict[str, set[str]], dict[str, Mapping[str, Any]], tuple[str, ...]]:
    """Create the models of every environment, or get the script that does, for each scratch database.

    Give the tables that all environments leave out, by database, the scripts, by scratch database, and the tables that
    env.py makes itself.
    """
    known = {copy: [known_table(table) for table in actual[name].tables] for name, copy in copies.items()}
    left_out: dict[str, list[set[str]]] = {copy: [] for copy in copies.values()}
    scripts: dict[str, Mapping[str, Any]] = {}
    own: dict[str, None] = {}
    for each in scratch.installed:
        filled = [copy for copy, found in left_out.items() if found]
        do, doing = ("base", _BASE) if base else ("metadata", _MODELS)
        # What is made beside the models of another environment looks at what is there first.
        alone = len(scratch.installed) == 1
        answer = scratch.ask(each, do, doing, copies, known=known, filled=filled, hand_over=alone, **base)
        for item in answer["passes"]:
            excluded = {catalog.qualified(where, table) for where, table in item["excluded"]}
            left_out[item["database"]].append(excluded)
            own.update(dict.fromkeys(catalog.qualified(where or "public", table) for where, table in item["own"]))
            if item["script"]:
                scripts[item["database"]] = item["script"]
    return {name: set.intersection(*left_out[copy]) for name, copy in copies.items()}, scripts, tuple(own)


def _place(scratch: ScratchDatabases, failure: FailedStatement) -> str:
    """Return the line of the project's sources that names what a statement would make; empty where none does."""
    project = scratch.sandbox.project
    names = [name.rpartition(".")[2] for name in failure.names]
    terms = {name: source_mentions.Term("name", name) for name in names}
    if not terms:
        return ""
    found, _ = source_mentions.search(project.build_contexts or (project.root,), project.versions, terms)
    places = [place for name in terms for place in found.get(name, ()) if ".py:" in place]
    return places[0] if places else ""


def _unmade(scratch: ScratchDatabases, failures: Sequence[FailedStatement]) -> tuple[str, ...]:
    """Write why the models' schema cannot be made, with the line of the model."""
    if not failures:
        return ()
    first, more = failures[0], len(failures) - 1
    place = _place(scratch, first)
    return unmade_words(
        (
            first.error,
            f"  statement: {first.statement}",
            *([f"  model: {place}"] if place else []),
            *([f"  and {more} more statements, that need it perhaps"] if more else []),
        )
    )


def unmade_words(reasons: Sequence[str]) -> tuple[str, ...]:
    """Write that the models' schema cannot be made, with the reasons."""
    return (f"{_CANNOT_BE_MADE}: {reasons[0]}", *reasons[1:])


_CANNOT_BE_MADE = "The models' own schema cannot be made, and a fresh install cannot be compared with it"


def known_table(table: Table) -> tuple[str, str, dict[str, Any]]:
    """Return a table of the database as env.py is asked about it: schema, name, and its parts by Alembic's words."""
    keys = [each for each in table.constraints if each.type == "foreign key"]
    return (
        table.schema,
        table.name,
        {
            "column": [column.name for column in table.columns],
            "index": {index.name: index.columns for index in table.indexes},
            "unique_constraint": {each.name: each.columns for each in table.constraints if each.type == "unique"},
            "foreign_key_constraint": {key.name: (key.columns, key.referenced_table) for key in keys},
        },
    )
