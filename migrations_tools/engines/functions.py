"""A database's own functions, made in a scratch database: a model's default or check may call what a migration made.

PostgreSQL manual, "System Catalogs" (pg_proc) and "System Information Functions" (pg_get_functiondef).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrations_tools.engines.connections import took
from migrations_tools.engines.postgres import Server

if TYPE_CHECKING:
    from typing import LiteralString

# Functions and procedures; an extension brings its own.
_OWN: LiteralString = (
    "SELECT CAST(n.nspname AS text), pg_catalog.pg_get_functiondef(p.oid),"
    " pg_catalog.format('ALTER %s %I.%I(%s) OWNER TO %I', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,"
    " n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid),"
    " pg_catalog.pg_get_userbyid(p.proowner))"
    " FROM pg_catalog.pg_proc p"
    " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " WHERE p.oid >= 16384 AND p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass"
    " AND d.objid = p.oid AND d.deptype = 'e') ORDER BY p.oid"
)
_SCHEMAS: LiteralString = "SELECT CAST(nspname AS text) FROM pg_catalog.pg_namespace"
# What is in a body may not be there, and is not needed to make a table.
_UNCHECKED: LiteralString = "SET check_function_bodies = off"


def copy_functions(server: Server, source: str, database: str) -> None:
    """Make a database's own functions in another one of ours, in the schemas that both have, for the same owners.

    One that cannot be made there is left out, for its arguments are of a type that is not there, or its language is not
    the role's to use: what needs it fails then, and says so.
    """
    with server.connect(source) as connection:
        found = connection.execute(_OWN).fetchall()
    if not found:
        return
    with server.connect(database) as connection:
        schemas = {name for (name,) in connection.execute(_SCHEMAS).fetchall()}
        connection.execute(_UNCHECKED)
        for statement in (each for schema, *own in found if schema in schemas for each in own):
            took(connection, statement.encode())
