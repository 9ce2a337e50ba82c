"""Writing SQL for repairs: names, tables, texts."""

from __future__ import annotations

import re
from typing import Final

from migrations_tools.catalog import Table
from migrations_tools.catalog.model import quoted
from migrations_tools.operations import Operation

__all__ = ["name", "operated", "path", "quoted", "table_path"]

# The words that cannot be a column's or table's name without quotes: pg_get_keywords(), "reserved".
_WORDS: Final = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is
isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only
or order outer overlaps placing primary references returning right select session_user similar some symmetric
system_user table tablesample then to trailing true union unique user using variadic verbose when where
window with
"""
_RESERVED: Final = frozenset(_WORDS.split())


def name(text: str) -> str:
    """Write an identifier, in quotes where PostgreSQL needs them."""
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", text) and text not in _RESERVED:
        return text
    return '"' + text.replace('"', '""') + '"'


def path(schema: str, own: str) -> str:
    """Write a name with its schema, if that is not `public`."""
    return name(own) if schema in ("", "public") else f"{name(schema)}.{name(own)}"


def table_path(table: Table) -> str:
    """Write a table's name."""
    return path(table.schema, table.name)


def operated(operation: Operation) -> str:
    """Write the name of the table that an operation is about."""
    return path(operation.schema, operation.table)
