"""The models' DDL as a script: what `create_all` would send, for somebody else to send it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.runtime.migration import MigrationContext

# Where what is made goes, and what it is made of, depends on these: whatever was set since the session began, or by its
# address (PostgreSQL manual, "System Views", pg_settings).
_SETTINGS_SQL = (
    "SELECT CAST(name AS text), CAST(setting AS text) FROM pg_catalog.pg_settings"
    " WHERE source IN ('session', 'client') AND context = 'user'"
    " AND name NOT IN ('client_encoding', 'application_name')"
)
_ROLE_SQL = "SELECT CAST(current_user AS text)"


class _NeedsAConnection(Exception):
    """The DDL depends on what only a real connection does or answers."""


def as_script(context: MigrationContext, create: Iterable[Callable[[Any], None]]) -> dict[str, Any] | None:
    """Return what functions of a connection would send, with the role and the settings that they would send it under.

    None where that cannot be told without sending it: a listener of the project's own asks the database, or changes
    what is sent.
    """
    connection: Any = context.connection
    if connection._has_events or connection.engine._has_events:
        return None
    if connection.get_execution_options().get("schema_translate_map"):
        return None
    statements: list[str] = []
    stand_in = _stand_in(connection.dialect, statements)
    try:
        for function in create:
            function(stand_in)
    except Exception:
        # Whatever the reason is: on the real connection it does not matter, or is told as it comes.
        return None
    return {
        "statements": statements,
        "settings": dict(tuple(row) for row in connection.exec_driver_sql(_SETTINGS_SQL)),
        "role": connection.exec_driver_sql(_ROLE_SQL).scalar(),
    }


def _stand_in(dialect: Any, statements: list[str]) -> Any:
    from sqlalchemy.engine.mock import MockConnection

    # Drivers that write parameters with a percent sign take back that every other one is doubled.
    doubled = dialect.identifier_preparer._double_percents

    def note(statement: Any, *parameters: Any, **more: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        if any(parameters) or more or getattr(compiled, "params", None):
            raise _NeedsAConnection
        text = str(compiled)
        statements.append(text.replace("%%", "%") if doubled else text)

    return MockConnection(dialect, note)
