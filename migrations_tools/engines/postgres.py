"""The temp database server, reached from the host: connections that have proven where they lead, scratch databases."""

from __future__ import annotations

import hashlib
import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

from migrations_tools.engines.connections import Options, dial
from migrations_tools.engines.limit import Limit
from migrations_tools.errors import CannotProceed, WrongDatabase

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

# What a run's token starts with.
MARK_START = "migrations_tools "
Query = Callable[..., list[tuple[Any, ...]]]
_IDENTITY: LiteralString = (
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
    " nullif(pg_catalog.current_setting('cluster_name'), ''), oid)"
    " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
)
_OID: LiteralString = (
    "SELECT CAST(oid AS text) FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
)
# What a server makes for itself has a smaller oid (PostgreSQL's transam.h, FirstNormalObjectId).
_CONTENTS: LiteralString = (
    "SELECT 'relation', CAST(CAST(oid AS regclass) AS text) FROM pg_catalog.pg_class"
    " WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
    " UNION ALL SELECT 'function', CAST(CAST(oid AS regprocedure) AS text) FROM pg_catalog.pg_proc WHERE oid >= 16384"
    " UNION ALL SELECT 'type', CAST(CAST(oid AS regtype) AS text) FROM pg_catalog.pg_type"
    " WHERE oid >= 16384 AND typtype IN ('d', 'e')"
    " UNION ALL SELECT 'schema', CAST(nspname AS text) FROM pg_catalog.pg_namespace"
    " WHERE oid >= 16384 AND nspname !~ '^pg_'"
    " UNION ALL SELECT 'extension', CAST(extname AS text) FROM pg_catalog.pg_extension WHERE oid >= 16384"
)
_OTHERS: LiteralString = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = %s AND pid <> pg_catalog.pg_backend_pid()"
)
# Whoever has closed its connection is gone within a few milliseconds.
_LEAVING_LOOKS, _LEAVING_PAUSE = 10, 0.003
_COMMENT: LiteralString = (
    "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database"
    " WHERE datname = pg_catalog.current_database()"
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the temp server listens and who may enter; `token` is what its databases show in their comment.

    `owner` is the role that scratch databases belong to: the application's, where it is not `user` itself.
    `options` are the further parameters of libpq that a connection needs. `patience` is how many seconds a server of
    our own may take to let us in or to give us a lock; 0 leaves that to the options.
    """

    host: str
    port: int
    user: str
    database: str
    token: str
    password: str = field(repr=False, default="")
    owner: str = ""
    options: Options = ()
    patience: int = 0

    @contextmanager
    def connect(self, database: str = "") -> Iterator[psycopg.Connection[Any]]:
        """Open an autocommitting connection, checked for the token before anything else is sent.

        Raises WrongDatabase when the token is not there, CannotProceed when nobody answers, or somebody else's session
        holds what a statement needs.
        """
        import psycopg

        name = database or self.database
        connection = self._dial(name)
        with connection:
            row = connection.execute(_COMMENT).fetchone()
            if not row or row[0] != self.token:
                raise WrongDatabase(
                    f"{self.host}:{self.port}/{name} does not carry this run's token; nothing was sent to it."
                )
            if self.patience:
                connection.execute(f"SET lock_timeout = '{self.patience}s'".encode())
            try:
                yield connection
            except psycopg.errors.LockNotAvailable as error:
                raise CannotProceed(
                    f"On the temp database {name}, another session held a lock for {self._limit.words()}: {error}.",
                    tip="Is an `invoke psql` open in the middle of a transaction? End it and run the command again.",
                ) from error

    @property
    def _limit(self) -> Limit:
        return Limit(self.patience, "database_timeout")

    def _dial(self, name: str) -> psycopg.Connection[Any]:
        import psycopg

        options = ((("connect_timeout", str(self.patience)),) if self.patience else ()) + tuple(self.options)
        try:
            return dial([(self.host, self.port)], self.user, self.password, name, options)
        except psycopg.OperationalError as error:
            late = f" within {self._limit.words()}" if self.patience and "timeout expired" in str(error) else ""
            raise CannotProceed(
                f"The temp database {name} at {self.host}:{self.port} does not answer{late}: {error}".strip()
            ) from error

    def identity(self) -> str:
        """Return what tells the database from one of the same name that was made later.

        Each cluster has a system identifier of its own, each database in it an oid (PostgreSQL manual, "System
        Information Functions", pg_control_system); embedded clusters, copies of one template, differ in their name.
        Where the role may not ask for the identifier, the oid alone tells.
        """
        from psycopg import errors

        with self.connect() as connection:
            try:
                row = connection.execute(_IDENTITY).fetchone()
            except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFunction):
                row = connection.execute(_OID).fetchone()
        return str(row[0]) if row else ""

    def version(self) -> str:
        """Return the server's version as it writes it: `15.14 (Debian 15.14-1)`."""
        with self.connect() as connection:
            return connection.info.parameter_status("server_version") or ""

    def is_left(self, database: str) -> bool:
        """Return whether nobody is connected to a database of ours, allowing a moment to whoever is just leaving."""
        with self.connect() as connection:
            return _is_left(connection, database)

    @contextmanager
    def scratch(self, name: str, template: str) -> Iterator[str]:
        """Make a scratch database, a clone of one of ours, for the time of the block and yield its name.

        It carries the token before it is given. It is dropped at the end, by exact name; what a crash leaves goes
        with the temp volume or cluster, or is in the journal by its name. Raises CannotProceed when it cannot be
        made, or when the server does not clone and an empty database is not the same.
        """
        with self.connect() as connection:
            cloned = _clone(connection, name, self.token, self.owner or self.user, template)
            try:
                mark(connection, name, self.token)
                if not cloned:
                    self._check_nothing_lost(name, template)
                yield name
            finally:
                drop(connection, name)

    def _check_nothing_lost(self, name: str, template: str) -> None:
        with self.connect(template) as pristine, self.connect(name) as empty:
            lost = sorted(contents(pristine) - contents(empty))
        if lost:
            raise CannotProceed(
                f"The server at {self.host}:{self.port} does not clone {template}, and an empty database in its place"
                f" would lack {', '.join(lost[:3])}{' and more' if len(lost) > 3 else ''}."
            )


def drop(connection: psycopg.Connection[Any], database: str) -> None:
    """Drop a database, by exact name, and whoever is still connected to it with it."""
    from psycopg import sql

    _is_left(connection, database)  # the server waits far longer for a session that it finds
    connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def _is_left(connection: psycopg.Connection[Any], database: str) -> bool:
    for _ in range(_LEAVING_LOOKS):
        if connection.execute(_OTHERS, (database,)).fetchall() == [(0,)]:
            return True
        time.sleep(_LEAVING_PAUSE)
    return False


def import_driver() -> None:
    """Import the driver meanwhile: it takes about as long as a probe takes to start, which is waited for elsewhere."""
    Thread(target=importlib.import_module, args=("psycopg",), daemon=True).start()


def birthmark(token: str) -> int:
    """Return the connection limit that a run's databases are created with.

    The limit is the one thing of a run's own that CREATE DATABASE itself can set: a database that was created and
    not yet commented is known by it. It is far above what a server allows, so that it limits nothing.
    """
    return 2**30 + int.from_bytes(hashlib.sha256(token.encode()).digest()[:4], "big") % 2**30


def create(connection: psycopg.Connection[Any], name: str, token: str, owner: str = "", template: str = "") -> None:
    """Create a database that is known by its connection limit; the role's own and empty unless said otherwise."""
    from psycopg import sql

    words = [sql.SQL("CREATE DATABASE {} CONNECTION LIMIT {}").format(sql.Identifier(name), birthmark(token))]
    words += [sql.SQL("OWNER {}").format(sql.Identifier(owner))] if owner else []
    words += [sql.SQL("TEMPLATE {}").format(sql.Identifier(template))] if template else []
    connection.execute(sql.SQL(" ").join(words))


def mark(connection: psycopg.Connection[Any], name: str, token: str) -> None:
    """Write the token as the comment of a database."""
    from psycopg import sql

    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(token)))


def _clone(connection: psycopg.Connection[Any], name: str, token: str, owner: str, template: str) -> bool:
    """Create a clone of one of our databases; an empty one, and False, where the server does not let us clone it.

    Some managed servers clone nothing, or nothing that their own watchers are connected to.
    """
    from psycopg import Error, errors

    try:
        try:
            create(connection, name, token, owner, template)
            return True
        except (errors.FeatureNotSupported, errors.InsufficientPrivilege, errors.ObjectInUse):
            create(connection, name, token, owner)
            return False
    except Error as error:
        raise CannotProceed(f"The scratch database {name} could not be made: {str(error).strip()}.") from error


def contents(connection: psycopg.Connection[Any]) -> set[str]:
    """Return what somebody made in a database, as words: relations, functions, types, schemas, extensions."""
    return {f"{kind} {name}" for kind, name in connection.execute(_CONTENTS)}


def make_extensions(server: Server, database: str, names: Iterable[str]) -> None:
    """Create the extensions in one of our databases where they are missing, with those that they need.

    Raises CannotProceed with every extension that could not be created, the server's reason and the way out.
    """
    import psycopg
    from psycopg import sql

    reasons = []
    with server.connect(database) as connection:
        for name in names:
            statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(name))
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                reasons.append(_extension_words(name, server, error))
    if reasons:
        raise CannotProceed(reasons)


def _extension_words(name: str, server: Server, error: psycopg.Error) -> str:
    from psycopg import errors

    said = error.diag.message_primary or str(error).strip()
    sentence = f"The extension {name} cannot be created as {server.user} at {server.host}:{server.port}: {said}."
    if isinstance(error, errors.InsufficientPrivilege):
        return f"{sentence} It wants a superuser: have one create it in template1, whose copies then hold it."
    if isinstance(error, (errors.FeatureNotSupported, errors.UndefinedFile)):
        return f"{sentence} The server does not have it: `engine: compose` takes the image that does."
    return sentence


def querying(connection: psycopg.Connection[Any]) -> Query:
    """Return the callable that the catalog reader asks its questions through; what has no result gives no rows."""

    def query(statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        done = connection.execute(statement.encode(), parameters or None)
        return done.fetchall() if done.description else []

    return query


def psql_words(database: str, command: str = "") -> tuple[str, ...]:
    """Return psql's options for a database and, where there is one, the command to run.

    psql takes a name with a `=` in it, or one that reads like a URL, for the address of some other server: so the name
    stands in an address of its own, quoted.
    """
    from psycopg.conninfo import make_conninfo

    return ("-d", make_conninfo(dbname=database), *(("-c", command) if command else ()))


def first_statements(database: str, base: str, token: str) -> str:
    """Return the SQL that marks a new database with the token and keeps a pristine copy of it, marked as well.

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


# The databases of a server of our own, in hexadecimal: a name may hold anything.
OTHER_DATABASES = (
    "SELECT pg_catalog.encode(pg_catalog.convert_to(datname, 'UTF8'), 'hex') FROM pg_catalog.pg_database"
    " WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres' ORDER BY datname;\n"
)


def read_names(printed: str) -> list[str]:
    """Return the names that `OTHER_DATABASES` printed."""
    return [bytes.fromhex(line).decode() for line in printed.split()]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    """Quote a text so that neither psql nor a server that still escapes in plain strings reads it otherwise."""
    inner = text.replace("'", "''")
    return "E'" + inner.replace("\\", "\\\\") + "'" if "\\" in text else f"'{inner}'"
