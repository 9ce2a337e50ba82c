"""What the probe can be asked besides a revision: what is here, where it stands, up, down, the models' schema."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tokenize
from typing import TYPE_CHECKING, Any

from .configuration import make_config
from .ddl import as_script
from .environment import (
    EnvironmentRuns,
    database_of,
    default_schema,
    in_environment,
    listed,
    locations,
    metadatas,
    script_of,
    standing,
)
from .gate import GATE
from .own_tables import made_from_the_models, remove_others

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic.runtime.migration import MigrationContext

    from .channel import Talk


def do_hello(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Return what runs here, what the versions folders hold (sha256 by file name), and where the history ends."""
    import alembic
    import sqlalchemy

    config = make_config(request, "current")
    script = script_of(config)
    heads = list(script.get_heads())
    return {
        "python": "%d.%d.%d" % sys.version_info[:3],
        "alembic": alembic.__version__,
        "sqlalchemy": sqlalchemy.__version__,
        "config": config.config_file_name,
        "locations": [{"path": path, "files": _hashes(path)} for path in locations(script)],
        "heads": heads,
        "labels": {head: sorted(_revision(script, head).branch_labels) for head in heads},
        "implied": _implied(script, heads),
    }


def _implied(script: Any, heads: Sequence[str]) -> list[str]:
    """Return the heads that another branch depends on: the version table has no row of theirs (`depends_on`)."""
    below = {name for item in script.walk_revisions() for name in item._all_down_revisions} if len(heads) > 1 else set()
    return [head for head in heads if head in below]


def _revision(script: Any, name: str) -> Any:
    return script.get_revision(name)


def _hashes(folder: str) -> dict[str, str]:
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if name.endswith(".py") and os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def do_current(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Return where each database stands, and the name of its version table."""
    return standing(make_config(request, "current"))


def do_history(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Return every revision, newest first, with its file's text."""
    revisions = []
    for item in script_of(make_config(request, "history")).walk_revisions():
        with tokenize.open(item.path) as file:
            source = file.read()
        revisions.append(
            {
                "revision": item.revision,
                "down": listed(item.down_revision),
                "file": os.path.basename(item.path),
                "doc": item.doc,
                "source": source,
            }
        )
    return {"revisions": revisions}


def do_upgrade(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Take the database up, to the heads when no revision is named; say where it stands then.

    What `alembic.command.upgrade` does, telling after each revision how many are done.
    """
    from alembic.runtime.environment import EnvironmentContext

    revision = request.get("revision") or "heads"
    config = make_config(request, "upgrade", revision)
    script = script_of(config)

    def steps(heads: Any, _context: Any) -> Iterator[Any]:
        found: Any = script._upgrade_revs(revision, heads)
        for done, step in enumerate(found):
            talk.tell(done, len(found), "revisions")
            yield step
        talk.tell(len(found), len(found), "revisions")

    with EnvironmentContext(config, script, fn=steps, as_sql=False, destination_rev=revision):
        script.run_env()
    GATE.release()
    return do_current(request, talk)


def do_downgrade(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Take the database down to a revision; say where it stands then."""
    from alembic import command

    command.downgrade(make_config(request, "downgrade", request["revision"]), request["revision"])
    GATE.release()
    return do_current(request, _talk)


def do_metadata(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Create the models' own schema in each database, as `create_all` would; say which tables it has.

    Of what is `known` (by database: schema, table, and the names of its parts by Alembic's word for them), that which
    env.py's include_name or include_object leave out comes back as `excluded`, and so does what include_object leaves
    out of the models: tables, and `table.name` for parts of them.
    `filled` names the databases that another environment's models have been created in already. With `hand_over`, what
    can be told beforehand is not sent but comes back as the pass's `script`. `own` are the models' tables that env.py
    makes itself.
    """
    passes = EnvironmentRuns("running the migrations")
    filled: set[str] = set(request.get("filled") or [])

    def create(_heads: Any, context: Any) -> list[Any]:
        name = database_of(context)
        # A step's own transaction: with transaction_per_migration there is no other that would be committed.
        with context.begin_transaction(_per_migration=True):
            if name not in filled:
                remove_others(context)
            found = [[each.schema, each.name] for metadata in metadatas(context) for each in metadata.sorted_tables]
            own = bool(made_from_the_models(found))
            made = _create(context, own or name in filled, request.get("hand_over", False) and not own)
            # What env.py leaves out of the models is neither made nor missed.
            excluded = _excluded(context, (request.get("known") or {}).get(name) or [])
            excluded += [each for each in _left_out(context) if each not in excluded]
            excluded = [[schema or default_schema(context), path] for schema, path in excluded]
            passes.note(context, tables=found, excluded=excluded, script=made)
        filled.add(name)
        return []

    in_environment(make_config(request, "current"), create)
    for item in passes.must():
        item["own"] = made_from_the_models(item["tables"])
        if len(item["own"]) == len(item["tables"]):  # when the migrations had run
            item["script"] = None
    return {"passes": passes.seen}


def _create(context: MigrationContext, filled: bool, hand_over: bool) -> dict[str, Any] | None:
    """Create the models, or give the script that does."""
    create = [functools.partial(_create_one, context, metadata, filled) for metadata in metadatas(context)]
    made = as_script(context, create) if hand_over and not filled else None
    if made is None:
        for each in create:
            each(context.connection)
    return made


def _create_one(context: MigrationContext, metadata: Any, filled: bool, connection: Any) -> None:
    from sqlalchemy import text

    for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
        quoted = context.dialect.identifier_preparer.quote(schema)
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS " + quoted))
    metadata.create_all(connection, checkfirst=filled)


def _excluded(context: MigrationContext, known: Iterable[Sequence[Any]]) -> list[list[str | None]]:
    """Return what of the database is left out; what the models have too is `_left_out`'s, but for its name."""
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import MetaData

    filters = AutogenContext(context, metadata=MetaData(), autogenerate=False)
    own = [table for each in metadatas(context) for table in each.tables.values()]
    default = default_schema(context)
    models = {(table.schema or default, table.name): table for table in own}
    excluded = []
    for where, name, *parts in known:
        # As reflection has it, which names no schema for the default one.
        schema = None if where == default else where
        path = name if not schema else schema + "." + name
        model = models.get((where, name))
        names: Any = {"schema_name": schema, "schema_qualified_table_name": path}
        table = _as_known(schema, name, parts[0] if parts else {})
        if not _is_included(filters, table, "table", names, model is not None):
            excluded.append([schema, name])
            continue
        names = {**names, "table_name": name}
        there = {(kind, part.name) for part, kind in _parts(model)} if model is not None else set()
        for part, kind in _parts(table):
            if not _is_included(filters, part, kind, names, (kind, part.name) in there):
                excluded.append([schema, "%s.%s" % (name, part.name)])
    return excluded


def _is_included(filters: Any, item: Any, kind: Any, names: Any, in_models: bool) -> bool:
    """Ask env.py as Alembic does for what the database has, and, but for its name, the models have not."""
    by_name = filters.run_name_filters(item.name, kind, names)
    return bool(by_name and (in_models or filters.run_object_filters(item, item.name, kind, True, None)))


def _as_known(schema: str | None, name: str, parts: dict[str, Any]) -> Any:
    """Make a table of names, as much of one as include_object may look at (not: what a foreign key's columns are)."""
    from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, Table, UniqueConstraint
    from sqlalchemy.types import NullType

    table = Table(name, MetaData(), *(Column(each, NullType()) for each in parts.get("column", ())), schema=schema)
    for each, columns in parts.get("index", {}).items():
        Index(each, *(table.c[column] for column in columns if column in table.c), _table=table)
    for each, columns in parts.get("unique_constraint", {}).items():
        table.append_constraint(UniqueConstraint(*columns, name=each))
    for each, (columns, referent) in parts.get("foreign_key_constraint", {}).items():
        referred = [referent + "." + column for column in columns]
        table.append_constraint(ForeignKeyConstraint(columns, referred, name=each))
    return table


def _left_out(context: MigrationContext) -> list[list[str | None]]:
    """Return the models' tables that include_object leaves out, and what it leaves out of tables (`table.name`)."""
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import MetaData

    filters = AutogenContext(context, metadata=MetaData(), autogenerate=False)
    tables = [table for metadata in metadatas(context) for table in metadata.sorted_tables]
    found: list[list[str | None]] = []
    for table in tables:
        if not filters.run_object_filters(table, table.name, "table", False, None):
            found.append([table.schema, table.name])
            continue
        for part, kind in _parts(table):
            if not filters.run_object_filters(part, part.name, kind, False, None):
                found.append([table.schema, "%s.%s" % (table.name, part.name)])
    return found


def _parts(table: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what of a table Alembic asks include_object about, with the word for it; what has no name is left out."""
    from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

    yield from ((column, "column") for column in table.columns)
    yield from ((index, "index") for index in table.indexes if index.name)
    for constraint in table.constraints:
        if isinstance(constraint.name, str) and isinstance(constraint, UniqueConstraint):
            yield constraint, "unique_constraint"
        elif isinstance(constraint.name, str) and isinstance(constraint, ForeignKeyConstraint):
            yield constraint, "foreign_key_constraint"
