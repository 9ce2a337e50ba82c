"""The project's own role and database in a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrations_tools.engines.cluster.state import Cluster
from migrations_tools.errors import CannotProceed

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

# Since PostgreSQL 15 the schema `public` belongs to whoever owns the database (its release notes, E.1.2).
_OWNED_PUBLIC_SINCE = 15


def create_role_and_database(
    cluster: Cluster, user: str, password: str, database: str, *, superuser: bool = False, token: str = ""
) -> None:
    """Make the role (login, may create databases) and its database, so that the application's own names work.

    What exists already (`postgres`) is taken over and changed. `token` is written as the database's comment before
    anything else happens in it. The password leaves this process as a SCRAM verifier only, so that no log can hold it.
    Raises CannotProceed for the superuser's own name and for an empty password, which SCRAM cannot check.
    """
    if user == cluster.state.superuser:
        raise CannotProceed(f"The role {user} is the embedded engine's own.", "Give the application another user.")
    if not password:
        raise CannotProceed(f"The role {user} has no password.", "Set one for the time of the run, as PGPASSWORD does.")
    with cluster.connect() as connection:
        _make_role(connection, user, password, superuser)
        _make_database(connection, user, database)
        if token:
            _comment(connection, database, token)
    if cluster.state.major < _OWNED_PUBLIC_SINCE:
        _give_public(cluster, user, database)


def _make_role(connection: psycopg.Connection[Any], user: str, password: str, superuser: bool) -> None:
    from psycopg import sql

    verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256")
    exists = connection.execute("SELECT FROM pg_catalog.pg_roles WHERE rolname = %s", [user]).fetchone() is not None
    statement = sql.SQL("{} ROLE {} LOGIN CREATEDB {} PASSWORD {}").format(
        sql.SQL("ALTER" if exists else "CREATE"),
        sql.Identifier(user),
        sql.SQL("SUPERUSER" if superuser else "NOSUPERUSER"),
        sql.Literal(verifier.decode()),
    )
    connection.execute(statement)


def _make_database(connection: psycopg.Connection[Any], user: str, database: str) -> None:
    question = "SELECT FROM pg_catalog.pg_database WHERE datname = %s"
    exists = connection.execute(question, [database]).fetchone() is not None
    connection.execute(
        _named("ALTER DATABASE {} OWNER TO {}" if exists else "CREATE DATABASE {} OWNER {}", database, user)
    )


def _named(statement: Any, *names: str) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(statement).format(*(sql.Identifier(name) for name in names))


def _comment(connection: psycopg.Connection[Any], database: str, token: str) -> None:
    from psycopg import sql

    statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(token))
    connection.execute(statement)


def _give_public(cluster: Cluster, user: str, database: str) -> None:
    with cluster.connect(database) as connection:
        connection.execute(_named("ALTER SCHEMA public OWNER TO {}", user))
