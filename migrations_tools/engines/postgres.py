"""The temp database server, reached from the host: connections that have proven where they lead, scratch databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migrations_tools.errors import CannotProceed, WrongDatabase

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

Query = Callable[..., list[tuple[Any, ...]]]
_IDENTITY: LiteralString = (
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
    " nullif(pg_catalog.current_setting('cluster_name'), ''), oid)"
    " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
)
_COMMENT: LiteralString = (
    "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database"
    " WHERE datname = pg_catalog.current_database()"
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the temp server listens and who may enter; `token` is what its databases show in their comment.

    `owner` is the role that scratch databases belong to: the application's, where it is not `user` itself.
    """

    host: str
    port: int
    user: str
    database: str
    token: str
    password: str = field(repr=False, default="")
    owner: str = ""

    @contextmanager
    def connect(self, database: str = "") -> Iterator[psycopg.Connection[Any]]:
        """Open an autocommitting connection, checked for the token before anything else is sent.

        Raises WrongDatabase when the token is not there, CannotProceed when nobody answers.
        """
        import psycopg

        name = database or self.database
        try:
            connection = psycopg.connect(
                host=self.host, port=self.port, user=self.user, password=self.password or None, dbname=name,
                autocommit=True, connect_timeout=10, application_name="migrations_tools",
            )  # fmt: skip
        except psycopg.OperationalError as error:
            raise CannotProceed(
                f"The temp database {name} at {self.host}:{self.port} does not answer: {error}".strip()
            ) from error
        with connection:
            row = connection.execute(_COMMENT).fetchone()
            if not row or row[0] != self.token:
                raise WrongDatabase(
                    f"{self.host}:{self.port}/{name} does not carry this run's token; nothing was sent to it."
                )
            yield connection

    def identity(self) -> str:
        """Give what tells the database from one of the same name that was made later.

        Each cluster has a system identifier of its own, each database in it an oid (PostgreSQL manual, "System
        Information Functions", pg_control_system); embedded clusters, copies of one template, differ in their name.
        """
        with self.connect() as connection:
            row = connection.execute(_IDENTITY).fetchone()
        return str(row[0]) if row else ""

    @contextmanager
    def scratch(self, name: str, template: str) -> Iterator[str]:
        """Make a scratch database, a clone of one of ours, for the time of the block; give its name.

        It carries the token from its first moment on. It is dropped at the end, by exact name; what a crash
        leaves goes with the temp volume or cluster, or is in the journal by its name.
        """
        from psycopg import sql

        with self.connect() as connection:
            _create(connection, name, self.owner or self.user, template)
            try:
                comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(self.token))
                connection.execute(comment)
                yield name
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(connection: psycopg.Connection[Any], name: str, owner: str, template: str) -> None:
    """Create a database as a clone of one of ours, or empty where the server does not clone (some managed ones)."""
    from psycopg import errors, sql

    plain = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
    try:
        connection.execute(plain + sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)))
    except (errors.FeatureNotSupported, errors.InsufficientPrivilege):
        connection.execute(plain)


def querying(connection: psycopg.Connection[Any]) -> Query:
    """Give the callable that the catalog reader asks its questions through."""

    def query(statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return connection.execute(statement.encode(), parameters or None).fetchall()

    return query


def psql_words(database: str, command: str = "") -> tuple[str, ...]:
    """Give psql's options for a database and, where there is one, the command to run.

    psql takes a name with a `=` in it, or one that reads like a URL, for the address of some other server: so the name
    stands in an address of its own, quoted.
    """
    from psycopg.conninfo import make_conninfo

    return ("-d", make_conninfo(dbname=database), *(("-c", command) if command else ()))


def first_statements(database: str, base: str, token: str) -> str:
    """Give the SQL that marks a new database with the token and keeps a pristine copy of it, marked as well.

    The pristine copy holds what the image's own start scripts made (extensions, schemas, roles' rights) and is
    what scratch databases are cloned from: nobody is ever connected to it. Safe to run again.
    """
    quoted, name, value = _identifier(database), _identifier(base), _literal(token)
    return (
        f"COMMENT ON DATABASE {quoted} IS {value};\n"
        f"SELECT {_literal(f'CREATE DATABASE {name} TEMPLATE {quoted}')}"
        f" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = {_literal(base)}) \\gexec\n"
        f"COMMENT ON DATABASE {name} IS {value};\n"
    )


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    """Quote a text so that neither psql nor a server that still escapes in plain strings reads it otherwise."""
    inner = text.replace("'", "''")
    return "E'" + inner.replace("\\", "\\\\") + "'" if "\\" in text else f"'{inner}'"
