"""The copy's database server: marked as the temp one before anybody else connects, and reached from this machine."""

from __future__ import annotations

import time

from migrations_tools.engines import readiness
from migrations_tools.engines.limit import Limit
from migrations_tools.engines.postgres import OTHER_DATABASES, Server, first_statements, read_names
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.isolation import LOOPBACK
from migrations_tools.sandbox.compose.copy import Copy
from migrations_tools.sandbox.protocol import OWN_PREFIX

_PSQL = (
    'PGPASSWORD="${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")}"'
    ' exec psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U "$2" -d postgres'
)


_NOT_YET = (
    "could not connect",
    "connection to server",
    "starting up",
    "is being accessed by other users",
    "is not running",
    "shutting down",
)


_FINAL = ("authentication failed", "no pg_hba.conf entry", "does not exist", "permission denied")


def mark(copy: Copy, limit: Limit) -> None:
    """Write the token on the temp databases, through their own container, as soon as it accepts connections.

    The application's own comes first; those that the image's start scripts have made beside it follow.
    Raises CannotProceed when the database refuses or does not come up before the limit is over.
    """
    main, token = copy.project.database.name, copy.session.journal.run.token
    statements = first_statements(main, copy.base_of(main), token) + OTHER_DATABASES
    others = _marking(copy, statements, limit, first=True)
    names = [name for name in read_names(others) if name != main and not name.startswith(OWN_PREFIX)]
    if names:
        statements = "".join(first_statements(name, copy.base_of(name), token) for name in names)
        _marking(copy, statements, limit, first=False)


def _marking(copy: Copy, statements: str, limit: Limit, first: bool) -> str:
    """Run statements with the database's own psql, again while it is only coming up; return what they printed."""
    access = copy.project.database
    program = ("sh", "-c", _PSQL, "sh", str(access.port), access.user)
    arguments = ("exec", "--interactive", "--", copy.database_container, *program)
    again = not first
    while True:
        try:
            scope = copy.stack.scope
            return copy.stack.docker.change(scope, *arguments, stdin=statements, again=again, limit=limit)
        except CommandFailed as error:
            _still_coming(copy, error, limit)
        again = True
        time.sleep(_POLL)


def _still_coming(copy: Copy, error: CommandFailed, limit: Limit) -> None:
    containers = [item for item in copy.stack.containers() if item.service == copy.project.database.service]
    stopped = [item for item in containers if item.status not in ("running", "created", "restarting")]
    if stopped:
        raise CannotProceed(readiness.service_failures(copy.stack, stopped)) from error
    if not limit.left:
        late = f"The temp database accepted no connection within {limit.words()}: {error.output or error}"
        raise CannotProceed([late, *readiness.service_failures(copy.stack, containers)]) from error
    final = any(words in error.output for words in _FINAL)
    if final or not any(words in error.output for words in _NOT_YET):
        raise CannotProceed([f"The temp database refused to be marked: {error.output}"]) from error


def server(copy: Copy) -> Server:
    """Return the temp server as seen from this machine: the port that the engine published, on the engine's machine."""
    access = copy.project.database
    name, target = copy.plan.entrance(access.service, access.port)
    container = next((item for item in copy.stack.containers() if item.name == name), None)
    port = container.published.get(f"{target}/tcp") if container else None
    if not port:
        raise CannotProceed(f"The container {name}, through which the temp database is reached, publishes no port.")
    return Server(
        copy.plan.engine_host or LOOPBACK,
        port,
        access.user,
        access.name,
        copy.session.journal.run.token,
        _password(copy),
        options=(("sslmode", "prefer"),),  # whatever this shell's PGSSLMODE says
        patience=copy.session.settings.database_timeout,
    )


def _password(copy: Copy) -> str:
    access = copy.project.database
    if access.password or not access.password_file:
        return access.password
    arguments = ("exec", "--interactive", "--", copy.database_container, "cat", "--", access.password_file)
    return copy.stack.docker.change(copy.stack.scope, *arguments).strip()


_POLL = 0.1


def has_tables(copy: Copy) -> bool:
    """Return whether there is a table in the application's database besides Alembic's own."""
    with server(copy).connect() as connection:
        return connection.execute(_TABLES).fetchone() is not None


_TABLES = """
SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND c.relname NOT LIKE 'alembic\\_version%'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.deptype = 'e')
LIMIT 1"""
