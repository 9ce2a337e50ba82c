"""The models' tables that env.py, or what it imports, makes from the models beside the revisions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .environment import default_schema, metadatas

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_MADE: set[tuple[str | None, str]] = set()
# Those of an extension were made with it.
_TABLES_SQL = (
    "SELECT CAST(n.nspname AS text), CAST(c.relname AS text) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT EXISTS"
    " (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'"
    " AND d.classid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass))"
)


def install() -> None:
    """Note from now on what `create_all()` and `Table.create()` make, other than in a revision."""
    from sqlalchemy import MetaData, Table, event

    event.listen(MetaData, "before_create", _note_all)
    event.listen(Table, "before_create", _note)


def _note_all(metadata: Any, connection: Any, **_: Any) -> None:
    for table in metadata.tables.values():
        _note(table, connection)


def _note(table: Any, connection: Any, **_: Any) -> None:
    if connection.dialect.name == "postgresql" and not _in_a_revision():
        _MADE.add((table.schema, table.name))


def _in_a_revision() -> bool:
    """Return whether Alembic runs its migrations meanwhile, or what stands in their place."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != "alembic.runtime.migration":
        frame = frame.f_back
    return frame is not None


def made_from_the_models(tables: list[list[Any]]) -> list[list[Any]]:
    """Return those of the models' tables that were made beside the revisions, since this process began."""
    return [each for each in tables if tuple(each) in _MADE]


def remove_others(context: MigrationContext) -> None:
    """Remove the models' tables that SQL of env.py's has made in a database that is to get them from the models."""
    connection: Any = context.connection
    there = {tuple(row) for row in connection.exec_driver_sql(_TABLES_SQL)}
    default, quote = default_schema(context), context.dialect.identifier_preparer.quote
    for table in (each for metadata in metadatas(context) for each in metadata.tables.values()):
        name = (table.schema or default, table.name)
        if name in there and (table.schema, table.name) not in _MADE:
            connection.exec_driver_sql("DROP TABLE IF EXISTS %s CASCADE" % ".".join(map(quote, name)))
