"""Domains, enum types and schemas that a database has of its own, made in a scratch database as they are there.

PostgreSQL manual, "System Catalogs" (pg_type, pg_enum, pg_constraint).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from migrations_tools.engines.connections import took
from migrations_tools.engines.postgres import Server

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

_TYPE: LiteralString = (
    "SELECT CAST(n.nspname AS text), CAST(t.typname AS text), CAST(t.typtype AS text),"
    " pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,"
    " ARRAY(SELECT 'CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_catalog.pg_get_constraintdef(c.oid)"
    " FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c' ORDER BY c.conname),"
    " ARRAY(SELECT CAST(e.enumlabel AS text) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid"
    " ORDER BY e.enumsortorder), CAST(pg_catalog.pg_get_userbyid(t.typowner) AS text)"
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
    " WHERE t.oid >= 16384 AND t.typtype IN ('d', 'e')"
    " AND (t.typname = %(name)s OR n.nspname || '.' || t.typname = %(name)s)"
)


def copy_type(server: Server, source: str, database: str, name: str) -> bool:
    """Make a domain or enum type as a database has it, by the name that an error gives it; return whether that went."""
    with server.connect(source) as connection:
        found = connection.execute(_TYPE, {"name": name}).fetchall()
    with server.connect(database) as connection:
        return bool(found) and all(took(connection, each) for row in found for each in _statements(row))


def copy_schema(server: Server, source: str, database: str, name: str) -> bool:
    """Make a schema that a database has, for its owner; return whether that went."""
    import psycopg

    owner: LiteralString = (
        "SELECT CAST(pg_catalog.pg_get_userbyid(nspowner) AS text) FROM pg_catalog.pg_namespace WHERE nspname = %s"
    )
    with server.connect(source) as connection:
        row = connection.execute(owner, (name,)).fetchone()
    if row is None:
        return False
    made = psycopg.sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(_identifier(name), _identifier(row[0]))
    with server.connect(database) as connection:
        return took(connection, made)


def _identifier(*names: str) -> psycopg.sql.Identifier:
    import psycopg

    return psycopg.sql.Identifier(*names)


def _statements(row: tuple[Any, ...]) -> Iterator[psycopg.sql.Composed]:
    """Yield the statements that make a type in its schema, for its owner."""
    import psycopg

    schema, name, *_, owner = row
    yield psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(_identifier(schema))
    yield _definition(row)
    yield psycopg.sql.SQL("ALTER TYPE {} OWNER TO {}").format(_identifier(schema, name), _identifier(owner))


def _definition(row: tuple[Any, ...]) -> psycopg.sql.Composed:
    """Write the statement that makes a type."""
    import psycopg

    schema, name, sort, base, not_null, default, checks, labels, _owner = row
    path = _identifier(schema, name)
    if sort == "e":
        words = psycopg.sql.SQL(", ").join(psycopg.sql.Literal(label) for label in labels)
        return psycopg.sql.SQL("CREATE TYPE {} AS ENUM ({})").format(path, words)
    given = [base, *([f"DEFAULT {default}"] if default else []), *(["NOT NULL"] if not_null else []), *checks]
    # What the catalog itself writes is SQL as it is.
    return psycopg.sql.SQL("CREATE DOMAIN {} AS {}").format(path, psycopg.sql.SQL(" ".join(given)))
